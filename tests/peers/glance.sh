# A real Glance: SQLite, images in a folder, Keystone's tokens, gunicorn.

# glance_address: before keystone_start, whose catalogue is to name it. Sets GLANCE_URL.
glance_address() {
  free_port glance_port
  GLANCE_URL=http://127.0.0.1:$glance_port
}

# glance_start: after keystone_start. Its images are in $RUN/glance/store.
glance_start() {
  local venv dir=$RUN/glance
  venv=$(venv glance)
  mkdir -p "$dir"/{store,staging,tasks,cache,locks}
  cp "$venv/etc/glance/glance-api-paste.ini" "$dir/"
  cp -r "$venv/etc/glance/metadefs" "$dir/"
  glance_config >"$dir/glance-api.conf"
  "$venv/bin/glance-manage" --config-file "$dir/glance-api.conf" db_sync >"$RUN/glance-sync.log" 2>&1 ||
    { tail -n 30 "$RUN/glance-sync.log"; return 1; }
  # One process: SQLite answers two that write with "database is locked".
  start glance env OS_GLANCE_CONFIG_DIR="$dir" PYTHONWARNINGS=ignore \
    "$venv/bin/gunicorn" --no-control-socket --worker-class gthread --workers 1 --threads 8 --timeout 300 \
    --graceful-timeout 1 --worker-tmp-dir "$RUN" --bind "127.0.0.1:$glance_port" glance.wsgi.api:application
  await_port glance "$glance_port"
  say "Glance is up at $GLANCE_URL"
}

glance_config() {
  cat <<C
[DEFAULT]
enabled_backends = file:file
transport_url = fake:/
image_cache_dir = $dir/cache
worker_self_reference_url = $GLANCE_URL
[database]
connection = sqlite:///$dir/glance.sqlite
[glance_store]
default_backend = file
[file]
filesystem_store_datadir = $dir/store
[os_glance_staging_store]
filesystem_store_datadir = $dir/staging
[os_glance_tasks_store]
filesystem_store_datadir = $dir/tasks
[paste_deploy]
flavor = keystone
config_file = $dir/glance-api-paste.ini
[oslo_concurrency]
lock_path = $dir/locks
[oslo_reports]
file_event_handler =
[keystone_authtoken]
www_authenticate_uri = $KEYSTONE_URL
auth_url = $KEYSTONE_URL/v3
auth_type = password
interface = public
username = cinder
password = secret
project_name = service
user_domain_id = default
project_domain_id = default
C
}
