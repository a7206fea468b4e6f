//! Where Cinder's columns are not our fields: what administrators may filter and order by there.

/// Of one resource.
#[derive(Debug)]
pub struct Columns {
    /// They are there, and of every row null, as far as anybody can see.
    pub null: &'static [&'static str],
    /// Names that are those of fields here, and of no column.
    pub unknown: &'static [&'static str],
    /// What can be filtered by, and is no column to order by.
    pub unordered: &'static [&'static str],
}

impl Columns {
    /// Whether an order may name the key at all.
    pub fn may_order_by(&self, key: &str) -> bool {
        !self.unknown.contains(&key) && !self.unordered.contains(&key)
    }
}

const fn nulls(null: &'static [&'static str]) -> Columns {
    Columns { null, unknown: &[], unordered: &[] }
}

static VOLUME: Columns = Columns {
    null: &[
        "_name_id",
        "cluster_name",
        "consistencygroup_id",
        "deleted",
        "deleted_at",
        "ec2_id",
        "encryption_key_id",
        "launched_at",
        "previous_status",
        "provider_auth",
        "provider_geometry",
        "provider_id",
        "provider_location",
        "replication_driver_data",
        "replication_extended_status",
        "replication_status",
        "scheduled_at",
        "service_uuid",
        "shared_targets",
        "terminated_at",
    ],
    unknown: &["description", "image_metadata"],
    unordered: &["consumes_quota"],
};

static SNAPSHOT: Columns = Columns {
    null: &[
        "cgsnapshot_id",
        "deleted",
        "deleted_at",
        "encryption_key_id",
        "provider_auth",
        "provider_id",
        "provider_location",
        "scheduled_at",
    ],
    unknown: &["description"],
    unordered: &["availability_zone", "consumes_quota"],
};

static ATTACHMENT: Columns = Columns {
    null: &["attach_time", "connection_info", "connector", "deleted", "deleted_at", "detach_time"],
    unknown: &[],
    unordered: &["project_id"],
};

static BACKUP: Columns = Columns {
    null: &[
        "deleted",
        "deleted_at",
        "encryption_key_id",
        "host",
        "num_dependent_backups",
        "restore_volume_id",
        "service_metadata",
        "temp_snapshot_id",
        "temp_volume_id",
    ],
    unknown: &["description"],
    unordered: &[],
};

static MESSAGE: Columns = Columns {
    null: &["action_id", "deleted", "deleted_at", "detail_id", "updated_at"],
    unknown: &["guaranteed_until", "level"],
    unordered: &[],
};

static GROUP: Columns = nulls(&["cluster_name", "deleted", "deleted_at"]);
static GROUP_SNAPSHOT: Columns = nulls(&["deleted", "deleted_at"]);
static VOLUME_TYPE: Columns = nulls(&["deleted", "deleted_at", "qos_specs_id"]);
static OTHER: Columns = nulls(&[]);

/// The columns of a resource, by its name in `resource_filters`.
pub fn of(resource: &str) -> &'static Columns {
    match resource {
        "volume" => &VOLUME,
        "snapshot" => &SNAPSHOT,
        "attachment" => &ATTACHMENT,
        "backup" => &BACKUP,
        "message" => &MESSAGE,
        "group" => &GROUP,
        "group_snapshot" => &GROUP_SNAPSHOT,
        "volume_type" => &VOLUME_TYPE,
        _ => &OTHER,
    }
}
