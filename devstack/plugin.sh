# DevStack plugin of hearth: builds it, makes its account and catalogue entries in Keystone, runs it
# on DevStack's own MySQL.

function install_hearth {
    install_package cargo || true
    (cd "$HEARTH_DIR" && cargo build --release --locked)
    sudo install -m 0755 "$HEARTH_DIR/target/release/hearth" /usr/local/bin/hearth
}

# The certificates, keys and tokens of a simulated cluster are made by its first start, so its
# registration is written after that.
function start_hearth_cluster {
    local name=$1 octet=$2
    local dir=$DATA_DIR/hearth/$name
    mkdir -p "$dir"
    run_process "hearth-$name" "/usr/local/bin/hearth sim --name $name --dir $dir --ip-base 127.0.$octet.0 --port 8443"
    wait_for_service 60 "https://127.0.$octet.1:8443/api/v2/version" || die $LINENO "simulated cluster $name did not start"
}

function register_hearth_cluster {
    local name=$1 octet=$2
    local dir=$DATA_DIR/hearth/$name
    cat >>"$HEARTH_CONF_DIR/clusters.toml" <<TOML
[[cluster]]
name = "$name"
endpoints = ["127.0.$octet.1:8443", "127.0.$octet.2:8443", "127.0.$octet.3:8443"]
ca_file = "$dir/ca.pem"
rsa_key_file = "$dir/root-key.pem"
key_id = "system:root"

TOML
}

function configure_hearth {
    sudo install -d -o "$STACK_USER" -m 0750 "$HEARTH_CONF_DIR"
    recreate_database hearth
    (umask 077; echo -n "$SERVICE_PASSWORD" >"$HEARTH_CONF_DIR/keystone-password"
     database_connection_url hearth | sed 's/+pymysql//; s/?.*//' | tr -d '\n' >"$HEARTH_CONF_DIR/database-url")
    cat >"$HEARTH_CONF" <<TOML
[server]
listen = "$SERVICE_LISTEN_ADDRESS:$HEARTH_PORT"
public_endpoint = "http://$SERVICE_HOST:$HEARTH_PORT"

[database]
url_file = "$HEARTH_CONF_DIR/database-url"

[keystone]
auth_url = "$KEYSTONE_SERVICE_URI/v3"
username = "cinder"
password_file = "$HEARTH_CONF_DIR/keystone-password"
project_name = "$SERVICE_PROJECT_NAME"
user_domain_name = "$SERVICE_DOMAIN_NAME"
project_domain_name = "$SERVICE_DOMAIN_NAME"

[fleet]
clusters_file = "$HEARTH_CONF_DIR/clusters.toml"
TOML
    if [ "$HEARTH_CLUSTERS" = sim ]; then
        (umask 077; : >"$HEARTH_CONF_DIR/clusters.toml")
    fi
}

function create_hearth_accounts {
    create_service_user cinder admin
    get_or_add_user_project_role service cinder "$SERVICE_PROJECT_NAME" "$SERVICE_DOMAIN_NAME" "$SERVICE_DOMAIN_NAME"
    local service url="http://$SERVICE_HOST:$HEARTH_PORT/v3"
    for service in volumev3 block-storage; do
        get_or_create_service "$service" "$service" "Block Storage (hearth)"
        get_or_create_endpoint "$service" "$REGION_NAME" "$url"
    done
}

function start_hearth {
    if [ "$HEARTH_CLUSTERS" = sim ]; then
        start_hearth_cluster lb1 1
        start_hearth_cluster lb2 2
        register_hearth_cluster lb1 1
        register_hearth_cluster lb2 2
    fi
    /usr/local/bin/hearth db migrate --config "$HEARTH_CONF"
    run_process hearth "/usr/local/bin/hearth serve --config $HEARTH_CONF"
    wait_for_service 60 "http://$SERVICE_HOST:$HEARTH_PORT/healthcheck" || die $LINENO "hearth did not start"
}

function stop_hearth {
    stop_process hearth
    stop_process hearth-lb1
    stop_process hearth-lb2
}

if is_service_enabled hearth; then
    case "$1 $2" in
        "stack install") install_hearth ;;
        "stack post-config") configure_hearth; create_hearth_accounts ;;
        "stack extra") start_hearth ;;
        "unstack "*) stop_hearth ;;
        "clean "*) sudo rm -rf "$HEARTH_CONF_DIR" "$DATA_DIR/hearth" ;;
    esac
fi
