# Stock Cinder 29 as a deployment runs it: cinder-api under uwsgi with two processes, cinder-scheduler, and
# cinder-volume with one unmodified Lightbits driver per simulated cluster; MariaDB and RabbitMQ beside it.
# Sourced, by the benchmark and by the differential test, after tests/lib/processes.sh and tests/peers/clusters.sh.
# STOCK_PROCESSES are those of the API, STOCK_DB_OPTIONS are MariaDB's and STOCK_ERL_OPTIONS RabbitMQ's.
declare -a STOCK_DB_OPTIONS=()

# stock_start CLUSTER…: infrastructure, schema and configuration, then the services. Sets STOCK_URL.
# With STOCK_AUTH=keystone the callers' headers (X-User-Id, X-Project-Id, X-Roles) are believed, as if Keystone's
# filter had put them there; otherwise everybody is an administrator. STOCK_KEYSTONE is asked about projects, if given.
stock_start() {
  STOCK=$RUN/stock; STOCK_VENV=$(venv stock)
  mkdir -p "$STOCK"
  free_port stock_port stock_db_port
  STOCK_URL=http://127.0.0.1:$stock_port
  stock_database
  stock_broker
  stock_config "$@"
  stock_run cinder-manage db sync >"$RUN/stock-sync.log" 2>&1
  stock_services
}

stock_database() {
  local dir AS
  as_user mysql dir
  cat >"$dir/stock.sql" <<'SQL'
CREATE DATABASE cinder CHARACTER SET utf8mb4;
CREATE USER cinder@'127.0.0.1' IDENTIFIED BY 'cinder';
GRANT ALL ON *.* TO cinder@'127.0.0.1';
SQL
  as_started mariadb-install-db --no-defaults --datadir="$dir/data" --skip-test-db \
    --auth-root-authentication-method=normal >"$RUN/stock-install.log" 2>&1
  start stock-db mariadbd --no-defaults --datadir="$dir/data" --bind-address=127.0.0.1 --port="$stock_db_port" \
    --socket="$dir/s" --pid-file="$dir/pid" --init-file="$dir/stock.sql" --skip-name-resolve \
    --character-set-server=utf8mb4 --innodb-buffer-pool-size=512M --max-connections=800 "${STOCK_DB_OPTIONS[@]}"
  NAME=stock-db await 60 MariaDB stock_sql -e 'SELECT 1'
}
stock_sql() { mariadb --no-defaults -h 127.0.0.1 -P "$stock_db_port" -u cinder -pcinder -N -B "$@"; }

stock_broker() {
  local dist epmd
  free_port stock_broker_port dist epmd
  mkdir -p "$STOCK/rabbit"
  printf 'loopback_users = none\n' >"$STOCK/rabbit/rabbitmq.conf"
  printf '[].\n' >"$STOCK/rabbit/plugins"
  STOCK_RABBIT=(env HOME="$STOCK/rabbit" ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT="$epmd"
    RABBITMQ_NODENAME=bench@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT="$stock_broker_port"
    RABBITMQ_DIST_PORT="$dist" RABBITMQ_MNESIA_BASE="$STOCK/rabbit/db" RABBITMQ_LOG_BASE="$STOCK/rabbit/log"
    RABBITMQ_PID_FILE="$STOCK/rabbit/pid" RABBITMQ_ENABLED_PLUGINS_FILE="$STOCK/rabbit/plugins"
    RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_CONFIG_FILE="$STOCK/rabbit/rabbitmq"
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} ${STOCK_ERL_OPTIONS:-}")
  # Not as its children, or the port mapper would outlive us.
  start stock-epmd epmd -address 127.0.0.1 -port "$epmd"
  start stock-broker "${STOCK_RABBIT[@]}" /usr/lib/rabbitmq/bin/rabbitmq-server
  await_port stock-broker "$stock_broker_port" 90
}

stock_config() { # CLUSTER…
  local name listed
  cp "$STOCK_VENV/etc/cinder/"{api-paste.ini,resource_filters.json} "$STOCK/"
  if [ -n "${STOCK_KEYSTONE:-}" ]; then
    cat >>"$STOCK/api-paste.ini" <<C
[filter:believe]
paste.filter_factory = stock_believes:factory
auth_url = $STOCK_KEYSTONE/v3
C
    sed -i 's/ authtoken keystonecontext / believe keystonecontext /' "$STOCK/api-paste.ini"
  else
    sed -i 's/ authtoken keystonecontext / keystonecontext /' "$STOCK/api-paste.ini"
  fi
  mkdir -p "$STOCK/locks" "$STOCK/coordination"
  listed=$(IFS=,; echo "$*")
  {
    cat <<C
[DEFAULT]
transport_url = rabbit://guest:guest@127.0.0.1:$stock_broker_port/
auth_strategy = ${STOCK_AUTH:-noauth}
host = stock
my_ip = 127.0.0.1
state_path = $STOCK
api_paste_config = $STOCK/api-paste.ini
resource_query_filters_file = $STOCK/resource_filters.json
public_endpoint = $STOCK_URL
enabled_backends = $listed
glance_api_servers = http://127.0.0.1:9
quota_volumes = -1
quota_gigabytes = -1
[database]
connection = mysql+pymysql://cinder:cinder@127.0.0.1:$stock_db_port/cinder?charset=utf8mb4
max_pool_size = 20
[oslo_concurrency]
lock_path = $STOCK/locks
[coordination]
backend_url = file://$STOCK/coordination
[privsep_osbrick]
helper_command = $STOCK_VENV/bin/privsep-helper
[cinder_sys_admin]
helper_command = $STOCK_VENV/bin/privsep-helper
C
    for name in "$@"; do
      local -n addresses="CLUSTER_${name}_ADDRESSES" port="CLUSTER_${name}_PORT" jwt="CLUSTER_${name}_JWT"
      cat <<C
[$name]
volume_driver = cinder.volume.drivers.lightos.LightOSVolumeDriver
volume_backend_name = $name
lightos_api_address = $(IFS=,; echo "${addresses[*]}")
lightos_api_port = $port
lightos_jwt = $(cat "$jwt")
lightos_default_num_replicas = 1
C
    done
  } >"$STOCK/cinder.conf"
}

stock_run() { local command=$1; shift; "$STOCK_VENV/bin/$command" --config-file "$STOCK/cinder.conf" "$@"; }

# The services alone, for the cold start; the API answers some time after this returns.
stock_services() {
  local name
  for name in cinder-scheduler cinder-volume; do
    PATH=$STOCK_VENV/bin:$PATH start "$name" "$STOCK_VENV/bin/$name" --config-file "$STOCK/cinder.conf" \
      --log-file "$RUN/$name-app.log"
  done
  PYTHONPATH=$ROOT/tests/peers start cinder-api "$STOCK_VENV/bin/uwsgi" --http-socket "127.0.0.1:$stock_port" --module cinder.wsgi.api:application \
    --processes "${STOCK_PROCESSES:-2}" --threads 1 --master --die-on-term --lazy-apps --enable-threads --need-app --buffer-size 65535 \
    --add-header "Connection: close" --thunder-lock --disable-logging --log-5xx --venv "$STOCK_VENV" \
    --pyargv "--config-file $STOCK/cinder.conf --log-file $RUN/cinder-api-app.log"
}
stock_stop_services() { local name; for name in cinder-api cinder-volume cinder-scheduler; do stop "$name"; done; }

# stock_backends_up PROJECT NUMBER: as the API tells
stock_backends_up() {
  [ "$(curl -fs -H "X-Auth-Token: bench:$1" -H "X-User-Id: bench" -H "X-Project-Id: $1" -H "X-Roles: admin" "$STOCK_URL/v3/$1/os-services?binary=cinder-volume" |
    grep -o '"state": "up"' | wc -l)" -ge "$2" ]
}

# stock_fill VOLUME NUMBER: so many copies of a volume that was made through the API, straight into the database,
# since stock Cinder would take half an hour
stock_fill() {
  stock_sql cinder <<SQL
SET SESSION max_recursive_iterations = 1000000, group_concat_max_len = 65535;
CREATE TEMPORARY TABLE copies AS
  WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < $2) SELECT n, UUID() AS id FROM s;
SELECT GROUP_CONCAT('\`', column_name, '\`') INTO @columns FROM information_schema.columns
  WHERE table_schema = 'cinder' AND table_name = 'volumes' AND column_name NOT IN ('id', 'created_at', 'display_name');
SET @copy = CONCAT('INSERT INTO volumes (id, created_at, display_name, ', @columns, ')
  SELECT copies.id, NOW() - INTERVAL n SECOND, CONCAT("fill-", n), v.* FROM copies,
  (SELECT ', @columns, ' FROM volumes WHERE id = "$1") v');
EXECUTE IMMEDIATE @copy;
INSERT INTO volume_metadata (created_at, deleted, volume_id, \`key\`, value)
  SELECT NOW(), 0, copies.id, m.\`key\`, m.value FROM copies, volume_metadata m WHERE m.volume_id = '$1';
SQL
}
