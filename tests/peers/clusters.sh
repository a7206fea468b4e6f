# Simulated Lightbits clusters of either make: hearth's own and the second opinion.
# Both set CLUSTER_<name>_PORT, _ADDRESSES (an array), _CA and _JWT (files), for register and clusters_json.
. tests/peers/certificate.sh

# hearth_sim NAME [OPTION…]
hearth_sim() {
  local name=$1 port log; shift
  free_port port
  log=$RUN/$name.log
  start "$name" "$HEARTH" sim --dir "$RUN/$name" --name "$name" --nodes 3 --port "$port" --ip-base "$(own_network "$port")0" "$@"
  NAME=$name await 30 "$name" grep -q '^key ' "$log"
  declare -g "CLUSTER_${name}_PORT=$port" "CLUSTER_${name}_CA=$(awk '/^ca /{print $2}' "$log")" \
    "CLUSTER_${name}_JWT=$(awk '/^jwt /{print $2}' "$log")"
  mapfile -t "CLUSTER_${name}_ADDRESSES" < <(sed -n 's|^endpoint  https://\(.*\):.*|\1|p' "$log")
}

# peer_sim NAME [OPTION…]
peer_sim() {
  local name=$1 port dir=$RUN/$1 network addresses; shift
  free_port port
  network=$(own_network "$port")
  addresses=("${network}1" "${network}2" "${network}3")
  certificate "$dir" "${addresses[@]}"
  jwt_key "$dir"
  (umask 077; jwt "$dir/jwt.key" system:cluster-admin >"$dir/jwt")
  start "$name" "$PYTHON" tests/peers/lightbits_sim.py "${addresses[@]/#/--address=}" --port "$port" \
    --cert "$dir/cert.pem" --key "$dir/key.pem" --verify-jwt "$dir/jwt.pub" "$@"
  NAME=$name await 30 "$name" listening "$port" "${addresses[2]}"
  declare -g "CLUSTER_${name}_PORT=$port" "CLUSTER_${name}_CA=$dir/cert.pem" "CLUSTER_${name}_JWT=$dir/jwt"
  declare -ga "CLUSTER_${name}_ADDRESSES=(${addresses[*]})"
}

# A loopback network that follows from a port claimed already, so that no other stage has it.
own_network() { echo "127.$((64 + $1 / 256 % 128)).$(($1 % 256))."; }

# register FILE NAME [LINE…]: add the cluster to a clusters.toml
register() {
  local file=$1 name=$2; shift 2
  local -n addresses="CLUSTER_${name}_ADDRESSES" port="CLUSTER_${name}_PORT" ca="CLUSTER_${name}_CA" jwt="CLUSTER_${name}_JWT"
  {
    echo "[[cluster]]"
    echo "name = \"$name\""
    printf 'endpoints = ['; printf "\"%s:$port\", " "${addresses[@]}" | sed 's/, $//'; echo "]"
    printf '%s\n' "ca_file = \"$ca\"" "jwt_file = \"$jwt\"" "$@"
  } >>"$file"
}

# clusters_json NAME…: for the Python tests
clusters_json() {
  local name separator='['
  for name in "$@"; do
    local -n addresses="CLUSTER_${name}_ADDRESSES" port="CLUSTER_${name}_PORT" jwt="CLUSTER_${name}_JWT"
    printf '%s{"name": "%s", "port": %s, "jwt": "%s", "addresses": [' "$separator" "$name" "$port" "$(cat "$jwt")"
    printf '"%s", ' "${addresses[@]}" | sed 's/, $//'
    printf ']}'; separator=', '
  done
  echo ']'
}
