//! Services, pools, capabilities, hosts, zones, and Cinder's own clusters.

use super::{Answer, Field, MAYBE_TEXT, MAYBE_TIME, Shape, always, object, sometimes};

const BACKEND: &str = "Of a cinder-volume.";

static SERVICE: Shape = object(&[&[
    always("binary", &Shape::Text),
    always("host", &Shape::Text),
    always("zone", &Shape::Text),
    always("status", &STATUS),
    always("state", &Shape::OneOf(&["up", "down"])),
    always("updated_at", &MAYBE_TIME),
    always("disabled_reason", &MAYBE_TEXT),
    always("cluster", &MAYBE_TEXT).since(7),
    sometimes("replication_status", &MAYBE_TEXT, BACKEND),
    sometimes("active_backend_id", &MAYBE_TEXT, BACKEND),
    sometimes("frozen", &Shape::Boolean, BACKEND),
    sometimes("backend_state", &Shape::OneOf(&["up", "down"]), BACKEND).since(49),
]]);
static STATUS: Shape = Shape::OneOf(&["enabled", "disabled"]);
pub static LIST: Answer = Answer::Json(&object(&[&[always("services", &Shape::List(&SERVICE))]]));

pub static SWITCHED: Answer = Answer::Json(&object(&[&[
    always("host", &Shape::Text),
    always("service", &Shape::Text),
    always("binary", &Shape::Text),
    always("disabled", &Shape::Boolean),
    always("status", &STATUS),
    sometimes("disabled_reason", &MAYBE_TEXT, "The operation is disable-log-reason."),
]]));

static LEVELS: Shape = object(&[&[
    always("host", &Shape::Text),
    always("binary", &Shape::Text),
    always("levels", &Shape::Map(&Shape::Text)),
]]);
pub static LOG_LEVELS: Answer = Answer::Json(&object(&[&[always("log_levels", &Shape::List(&LEVELS))]]));

/// Before the first poll there are no figures.
static GIGABYTES: Shape = Shape::Either(&[&Shape::Number, &Shape::OneOf(&["unknown"])]);
static FIGURES: Shape = object(&[&[
    always("volume_backend_name", &Shape::Text),
    always("vendor_name", &Shape::Text),
    always("driver_version", &Shape::Text),
    always("storage_protocol", &Shape::Text),
    always("pool_name", &Shape::Text),
    always("total_capacity_gb", &GIGABYTES),
    always("free_capacity_gb", &GIGABYTES),
    always("allocated_capacity_gb", &Shape::Number),
    always("provisioned_capacity_gb", &Shape::Number),
    always("reserved_percentage", &Shape::Integer),
    always("max_over_subscription_ratio", &Shape::Text),
    always("thin_provisioning_support", &Shape::Boolean),
    always("thick_provisioning_support", &Shape::Boolean),
    always("multiattach", &Shape::Boolean),
    always("QoS_support", &Shape::Boolean),
    always("online_extend_support", &Shape::Boolean),
    always("replication_enabled", &Shape::Boolean),
    always("availability_zone", &Shape::Text),
    always("location_info", &MAYBE_TEXT),
    always("backend_state", &Shape::OneOf(&["up", "down"])),
    always("timestamp", &MAYBE_TIME),
    always("filter_function", &MAYBE_TEXT),
    always("goodness_function", &MAYBE_TEXT),
]]);
static POOL: Shape =
    object(&[&[always("name", &Shape::Text), sometimes("capabilities", &FIGURES, "Asked for by detail.")]]);
pub static POOLS: Answer = Answer::Json(&object(&[&[always("pools", &Shape::List(&POOL))]]));

static PROPERTY: Shape = object(&[&[
    always("title", &Shape::Text),
    always("description", &Shape::Text),
    always("type", &Shape::Text),
]]);
pub static CAPABILITIES: Answer = Answer::Json(&object(&[&[
    always("namespace", &Shape::Text),
    always("vendor_name", &Shape::Text),
    always("volume_backend_name", &Shape::Text),
    always("pool_name", &MAYBE_TEXT),
    always("driver_version", &Shape::Text),
    always("storage_protocol", &Shape::Text),
    always("display_name", &MAYBE_TEXT),
    always("description", &MAYBE_TEXT),
    always("visibility", &MAYBE_TEXT),
    always("replication_targets", &Shape::List(&Shape::Anything)),
    always("properties", &Shape::Map(&PROPERTY)),
]]));

static HOST: Shape = object(&[&[
    always("host_name", &Shape::Text),
    always("service", &Shape::Text),
    always("zone", &Shape::Text),
    always("service-status", &Shape::OneOf(&["available", "unavailable"])),
    always("service-state", &STATUS),
    always("last-update", &MAYBE_TIME),
]]);
pub static HOSTS: Answer = Answer::Json(&object(&[&[always("hosts", &Shape::List(&HOST))]]));

static RESOURCE: Shape = object(&[&[
    always("host", &Shape::Text),
    always("project", &Shape::Text),
    always("volume_count", &Shape::Text),
    always("total_volume_gb", &Shape::Text),
    always("snapshot_count", &Shape::Text),
    always("total_snapshot_gb", &Shape::Text),
]]);
static ROW: Shape = object(&[&[always("resource", &RESOURCE)]]);
pub static HOST_USE: Answer = Answer::Json(&object(&[&[always("host", &Shape::List(&ROW))]]));

const CHANGED: &str = "Something was asked for.";
const HOST_STATUS: &[Field] =
    &[sometimes("host", &Shape::Text, CHANGED), sometimes("status", &STATUS, CHANGED)];
pub static HOST_UPDATED: Answer = Answer::Json(&object(&[HOST_STATUS]));

static ZONE: Shape = object(&[&[
    always("zoneName", &Shape::Text),
    always("zoneState", &object(&[&[always("available", &Shape::Boolean)]])),
]]);
pub static ZONES: Answer = Answer::Json(&object(&[&[always("availabilityZoneInfo", &Shape::List(&ZONE))]]));

/// As Cinder means the word; there is never any.
const CLUSTER: &[Field] = &[
    always("name", &Shape::Text),
    always("binary", &Shape::Text),
    always("state", &Shape::OneOf(&["up", "down"])),
    always("status", &STATUS),
    always("replication_status", &MAYBE_TEXT).since(26),
];
const CLUSTER_MORE: &[Field] = &[
    always("disabled_reason", &MAYBE_TEXT),
    always("num_hosts", &Shape::Integer),
    always("num_down_hosts", &Shape::Integer),
    always("last_heartbeat", &MAYBE_TIME),
    always("created_at", &Shape::Time),
    always("updated_at", &MAYBE_TIME),
    always("frozen", &Shape::Boolean).since(26),
    always("active_backend_id", &MAYBE_TEXT).since(26),
];
pub static CLUSTERS: Answer =
    Answer::Json(&object(&[&[always("clusters", &Shape::List(&object(&[CLUSTER])))]]));
pub static CLUSTERS_DETAIL: Answer =
    Answer::Json(&object(&[&[always("clusters", &Shape::List(&object(&[CLUSTER, CLUSTER_MORE])))]]));
pub static ONE_CLUSTER: Answer =
    Answer::Json(&object(&[&[always("cluster", &object(&[CLUSTER, CLUSTER_MORE]))]]));

static CLEANED: Shape = object(&[&[
    always("id", &Shape::Integer),
    always("host", &Shape::Text),
    always("binary", &Shape::Text),
    always("cluster_name", &MAYBE_TEXT),
]]);
pub static CLEANUP: Answer = Answer::Json(&object(&[&[
    always("cleaning", &Shape::List(&CLEANED)),
    always("unavailable", &Shape::List(&CLEANED)),
]]));
