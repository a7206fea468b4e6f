# Starting hearth as people do.

# hearth_dev NAME [OPTION…]: sets HEARTH_URL; no-auth, its own simulated clusters, all in $RUN/NAME
hearth_dev() {
  local name=$1 port admin_port; shift
  free_port port
  free_port admin_port
  start "$name" "$HEARTH" dev --listen "127.0.0.1:$port" --admin-listen "127.0.0.1:$admin_port" --dir "$RUN/$name" \
    --net $((192 + port % 60)) "$@"
  HEARTH_URL=http://127.0.0.1:$port
  await_hearth "$name"
}

# hearth_serve NAME: with $RUN/NAME.toml, which hearth_config has begun; HEARTH_URL is where
hearth_serve() { start "$1" "$HEARTH" serve --config "$RUN/$1.toml"; await_hearth "$1"; }
await_hearth() { NAME=$1 await 60 "$1" curl -fs -m 5 -o /dev/null "$HEARTH_URL/healthcheck"; }

# hearth_config NAME: the settings every such hearth has; more may be appended. Sets HEARTH_URL.
hearth_config() {
  local port admin_port
  free_port port admin_port
  mkdir -p "$RUN/$1"
  HEARTH_URL=http://127.0.0.1:$port
  cat >"$RUN/$1.toml" <<C
[server]
listen = "127.0.0.1:$port"
admin_listen = "127.0.0.1:$admin_port"
[database]
url = "sqlite://$RUN/$1/hearth.sqlite"
[fleet]
clusters_file = "$RUN/$1/clusters.toml"
poll_interval = "1s"
C
}

# hearth_keystone NAME: tokens are validated by the Keystone that keystone_start started
hearth_keystone() {
  cat >>"$RUN/$1.toml" <<C
[auth]
strategy = "keystone"
[keystone]
auth_url = "$KEYSTONE_URL/v3"
username = "cinder"
password = "secret"
project_name = "service"
user_domain_name = "Default"
project_domain_name = "Default"
C
  chmod 600 "$RUN/$1.toml"
}

# hearth_data NAME: copies are made, over NVMe/TCP; backups are kept in $RUN/NAME/backups
hearth_data() {
  mkdir -p "$RUN/$1/backups"
  cat >>"$RUN/$1.toml" <<C
[data_path]
connector = "nvme-tcp"
[backup]
posix_path = "$RUN/$1/backups"
C
}
