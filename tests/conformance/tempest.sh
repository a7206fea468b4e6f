# Tempest in front of Keystone, Glance and hearth: no compute, no network, no object store.

tempest_configure() { # FOLDER BACKENDS
  local library
  library=$("$(venv tempest)/bin/python" -c 'import os, tempest; print(os.path.dirname(os.path.dirname(tempest.__file__)))')
  mkdir -p "$1/etc" "$1/locks"
  cat >"$1/.stestr.conf" <<C
[DEFAULT]
test_path=$library/tempest/test_discover
top_dir=$library
group_regex=([^\.]*\.)*
C
  cat >"$1/etc/tempest.conf" <<C
[DEFAULT]
log_file = $1/tempest.log
[oslo_concurrency]
lock_path = $1/locks
[auth]
use_dynamic_credentials = true
create_isolated_networks = false
admin_username = admin
admin_password = secret
admin_project_name = admin
admin_domain_name = Default
tempest_roles = member
admin_system = all
[identity]
uri_v3 = $KEYSTONE_URL/v3
auth_version = v3
region = RegionOne
[identity-feature-enabled]
api_v2 = false
# Neutron is there in name only: tests that would make a network for their users are skipped without it, and make
# none with "create_isolated_networks" off.
[service_available]
cinder = true
neutron = true
nova = false
glance = true
swift = false
barbican = false
[enforce_scope]
cinder = true
[compute]
image_ref = ${TEMPEST_IMAGE:-none}
image_ref_alt = ${TEMPEST_IMAGE:-none}
[image]
catalog_type = image
region = RegionOne
[compute-feature-enabled]
volume_multiattach = true
[volume]
catalog_type = volumev3
region = RegionOne
backend_names = $2
storage_protocol = lightos
vendor_name = LightOS Storage
volume_type_multiattach = multiattach
manage_snapshot_ref = source-name,snapshot-%s
min_microversion = 3.0
max_microversion = latest
build_interval = 0
build_timeout = 60
[volume-feature-enabled]
multi_backend = true
backup = true
snapshot = true
clone = true
manage_volume = true
manage_snapshot = true
extend_attached_volume = true
volume_revert = true
# Lightbits has no snapshot of several volumes at one instant, and such groups end in error, as with stock's driver.
consistency_group = false
concurrency_tests = true
enable_volume_image_dep_tests = true
volume_image_dep_tests = true
C
}

tempest_openstack() {
  "$(venv clients)/bin/openstack" --os-auth-url "$KEYSTONE_URL/v3" --os-username admin --os-password secret \
    --os-project-name admin --os-user-domain-id default --os-project-domain-id default --os-identity-api-version 3 "$@"
}

# Before tempest_configure: sets TEMPEST_IMAGE.
tempest_image() {
  truncate -s 1M "$RUN/image"
  printf 'an image for tempest' | dd of="$RUN/image" conv=notrunc status=none
  TEMPEST_IMAGE=$(tempest_openstack image create --public --disk-format raw --container-format bare --file "$RUN/image" \
    --format value --column id tempest)
}

# The type that tempest.conf names, and the network service it counts on.
tempest_prepare() {
  local port
  free_port port
  start network "$PYTHON" tests/conformance/network_in_name.py "$port"
  await_port network "$port"
  {
    tempest_openstack service create --name neutron network
    tempest_openstack endpoint create --region RegionOne network public "http://127.0.0.1:$port"
    tempest_openstack volume type create --property multiattach="<is> True" multiattach
  } >/dev/null
}

tempest_run() { # FOLDER REGEX
  local bin log=$1/tests.log; bin=$(venv tempest)/bin
  (cd "$1" && TEMPEST_CONFIG_DIR=$1/etc PATH=$bin:$PATH OS_TEST_TIMEOUT=300 \
    "$bin/stestr" run --concurrency "${HEARTH_TEMPEST_WORKERS:-2}" "$2") >"$log" 2>&1 || true
  (cd "$1" && "$bin/stestr" last --subunit) >"$1/last.subunit" || true
  "$bin/python" tests/conformance/verdicts.py "$1/last.subunit" tests/conformance/tempest-exceptions.txt "$2"
}
