# Starting, awaiting and stopping the servers a stage needs. Whatever happens to the stage, they end with it:
# on exit each is told to stop by its own pid, and if the stage is killed outright the kernel tells them.
RUN=$STATE/run/${HEARTH_TEST_STAGE:-$(basename "$0")}
rm -rf "$RUN"; mkdir -p "$RUN"
declare -A pid_of=() stop_signal=()
declare -a start_order=() claimed_ports=() temporary=() AS=()

say() { printf '%s %s\n' "$(date +%T)" "$*"; }

# start NAME COMMAND…: in the background, output to $RUN/NAME.log. STOP is the signal that stops it (TERM),
# AS the setpriv options that make it another user's.
start() {
  local name=$1; shift
  setpriv "${AS[@]}" --pdeathsig "${STOP:-TERM}" "$@" >>"$RUN/$name.log" 2>&1 </dev/null &
  pid_of[$name]=$!; stop_signal[$name]=${STOP:-TERM}; start_order+=("$name")
}
running() { kill -0 "${pid_of[$1]}" 2>/dev/null; }
# stop NAME [SIGNAL]: and wait until it is gone, by force after 20 s
stop() {
  local name=$1 pid=${pid_of[$1]:-}
  [ -n "$pid" ] || return 0
  kill -"${2:-${stop_signal[$name]}}" "$pid" 2>/dev/null || true
  for _ in $(seq 200); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  unset "pid_of[$name]"
}
stop_all() {
  local status=$? i name
  trap '' INT TERM
  for ((i = ${#start_order[@]} - 1; i >= 0; i--)); do stop "${start_order[i]}"; done
  if [ "$status" != 0 ]; then
    for name in $(printf '%s\n' "${start_order[@]}" | sort -u); do
      echo "── the end of $name.log"; tail -n 15 "$RUN/$name.log"
    done
  fi
  for i in "${claimed_ports[@]}"; do rm -f "$STATE/port-$i"; done
  for i in "${temporary[@]}"; do rm -rf "$i"; done
  return "$status"
}
trap stop_all EXIT
trap 'exit 143' TERM INT

# await SECONDS WHAT COMMAND…: until it succeeds; NAME=server gives up at once when that server has died
await() {
  local until=$((SECONDS + $1)) what=$2; shift 2
  until "$@" >/dev/null 2>&1; do
    if [ -n "${NAME:-}" ] && ! running "$NAME"; then say "$NAME died while waiting for $what"; return 1; fi
    [ "$SECONDS" -lt "$until" ] || { say "gave up waiting for $what"; return 1; }
    sleep 0.1
  done
}
listening() { (exec 3<>"/dev/tcp/${2:-127.0.0.1}/$1") 2>/dev/null; }
gone() { ! listening "$1"; }
await_port() { NAME=$1 await "${3:-60}" "$1 to listen on port $2" listening "$2"; }

# as_user USER VAR: a folder for a server that will not run as root, in VAR, and AS for the start of it. It is not
# below $RUN when we are root, since other users may not even pass through the folders above the checkout.
as_user() {
  local _dir
  _dir=$(mktemp -d); temporary+=("$_dir")
  AS=()
  if [ "$(id -u)" = 0 ]; then chown "$1" "$_dir"; AS=(--reuid="$1" --regid="$1" --init-groups); fi
  printf -v "$2" %s "$_dir"
}
as_started() { setpriv "${AS[@]}" --pdeathsig TERM "$@"; }

# free_port VAR…: ports nobody listens on, below the ephemeral range, claimed against the other stages
free_port() {
  local _var _port # underscored: the names to set are the caller's, and may well be "port"
  for _var in "$@"; do
    while :; do
      _port=$((RANDOM % 12000 + 20000))
      listening "$_port" && continue
      (set -C; : >"$STATE/port-$_port") 2>/dev/null && break
    done
    claimed_ports+=("$_port"); printf -v "$_var" %s "$_port"
  done
}
