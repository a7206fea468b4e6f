# certificate FOLDER ADDRESS…: cert.pem and key.pem, self-signed, as a Lightbits cluster has after installation
certificate() {
  local dir=$1; shift
  mkdir -p "$dir"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=lightbits \
    -addext "subjectAltName=$(printf 'IP:%s,' "$@" | sed 's/,$//')" -addext basicConstraints=critical,CA:FALSE \
    -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
}
# jwt_key FOLDER: an RSA pair of which a cluster gets the public half
jwt_key() { openssl genrsa -out "$1/jwt.key" 2048 2>/dev/null && openssl rsa -in "$1/jwt.key" -pubout -out "$1/jwt.pub" 2>/dev/null; }
# jwt KEY ROLE [SECONDS]: a token of that role, e.g. default:admin
jwt() {
  local now signed; now=$(date +%s)
  url64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
  signed=$(printf '{"alg":"RS256","typ":"JWT","kid":"%s:root"}' "${2%%:*}" | url64).$(
    printf '{"sub":"hearth-tests","iat":%d,"exp":%d,"roles":["%s"]}' "$now" $((now + ${3:-3600})) "$2" | url64)
  printf %s "$signed.$(printf %s "$signed" | openssl dgst -sha256 -sign "$1" -binary | url64)"
}
