# A real Keystone: fernet tokens, SQLite, gunicorn.

# keystone_start VOLUME_URL: bootstraps and fills it; VOLUME_URL (…/v3) is what its catalogue says of us.
# KEYSTONE_CACHE=true lets it remember, for those who make many users. Sets KEYSTONE_URL; every password is "secret". $RUN/keystone/{main,brief}.conf share database and keys, but
# the tokens that "keystone_start_brief" (KEYSTONE_BRIEF_URL) issues last only seconds.
keystone_start() {
  local venv dir=$RUN/keystone
  venv=$(venv keystone)
  free_port keystone_port keystone_brief_port
  KEYSTONE_URL=http://127.0.0.1:$keystone_port KEYSTONE_BRIEF_URL=http://127.0.0.1:$keystone_brief_port
  mkdir -p "$dir/fernet" "$dir/credential"
  chmod 700 "$dir"/*
  keystone_config "$KEYSTONE_URL" 3600 >"$dir/main.conf"
  keystone_config "$KEYSTONE_BRIEF_URL" 3 >"$dir/brief.conf"
  local manage=("$venv/bin/keystone-manage" --config-file "$dir/main.conf") me=(--keystone-user "$(id -un)" --keystone-group "$(id -gn)")
  {
    "${manage[@]}" fernet_setup "${me[@]}"
    "${manage[@]}" credential_setup "${me[@]}"
    "${manage[@]}" db_sync
    "${manage[@]}" bootstrap --bootstrap-password secret --bootstrap-region-id RegionOne \
      --bootstrap-public-url "$KEYSTONE_URL/v3"
  } >"$RUN/keystone-bootstrap.log" 2>&1 || { tail -n 30 "$RUN/keystone-bootstrap.log"; return 1; }
  keystone_serve
  "$(venv clients)/bin/python" tests/keystone/fill.py "$KEYSTONE_URL/v3" "$1" ${GLANCE_URL:+"$GLANCE_URL"}
  say "Keystone is up at $KEYSTONE_URL"
}
keystone_serve() { keystone_process keystone main "$keystone_port"; }
keystone_start_brief() { keystone_process keystone-brief brief "$keystone_brief_port"; }

keystone_process() { # NAME CONFIG PORT
  # Keystone reads the command line of whatever serves it, so the server's options travel in the environment.
  start "$1" env OS_KEYSTONE_CONFIG_DIR="$RUN/keystone" OS_KEYSTONE_CONFIG_FILES="$2.conf" PYTHONWARNINGS=ignore \
    GUNICORN_CMD_ARGS="--config tests/keystone/gunicorn.conf.py --bind 127.0.0.1:$3 --worker-tmp-dir $RUN" \
    "$(venv keystone)/bin/gunicorn"
  NAME=$1 await 60 "$1" keystone_answers "$3"
}
keystone_answers() { curl -fs -m 5 -o /dev/null "http://127.0.0.1:$1/v3"; }

keystone_config() { # URL TOKEN_SECONDS
  cat <<C
[DEFAULT]
public_endpoint = $1/
[database]
connection = sqlite:///$RUN/keystone/keystone.sqlite
[token]
provider = fernet
expiration = $2
[fernet_tokens]
key_repository = $RUN/keystone/fernet
[fernet_receipts]
key_repository = $RUN/keystone/fernet
[credential]
key_repository = $RUN/keystone/credential
[cache]
enabled = ${KEYSTONE_CACHE:-false}
backend = dogpile.cache.memory
[identity]
# The cheapest the hash allows: these passwords guard nothing.
password_hash_rounds = 4
C
}
