//! The first schema. Ids are `VARCHAR(36)` (`CHAR` does not read through `Any` on PostgreSQL),
//! truth values and times `BIGINT`, JSON `TEXT`.
//!
//! Metadata is JSON in the row it belongs to: a list costs one statement whatever it carries, and
//! a pair can be searched for as text (`store::row`).

use crate::store::Dialect;

pub(super) fn statements(dialect: Dialect) -> Vec<String> {
    let mut all: Vec<String> =
        TABLES.iter().map(|(name, columns)| dialect.create_table(name, columns)).collect();
    all.extend(INDEXES.iter().map(|(name, on)| {
        let unique = if name.starts_with("unique_") { "UNIQUE " } else { "" };
        format!("CREATE {unique}INDEX IF NOT EXISTS {name} ON {on}")
    }));
    all
}

/// Made ahead of all others: migrations themselves take turns by a lease.
pub(in crate::store) const LEASES_TABLE: &str = "name VARCHAR(255) PRIMARY KEY, owner VARCHAR(64) NOT NULL, \
    epoch BIGINT NOT NULL, expires_at BIGINT NOT NULL";

const TABLES: &[(&str, &str)] = &[
    ("locks", "name VARCHAR(255) PRIMARY KEY, epoch BIGINT NOT NULL"),
    ("leases", LEASES_TABLE),
    (
        "volume_types",
        "id VARCHAR(36) PRIMARY KEY, name VARCHAR(255) NOT NULL, description LONGTEXT,
         is_public BIGINT NOT NULL, qos_specs_id VARCHAR(36), extra_specs LONGTEXT NOT NULL,
         created_at BIGINT NOT NULL, updated_at BIGINT",
    ),
    (
        "volume_type_projects",
        "volume_type_id VARCHAR(36) NOT NULL, project_id VARCHAR(255) NOT NULL,
         PRIMARY KEY (volume_type_id, project_id)",
    ),
    (
        "clusters",
        "id VARCHAR(36) PRIMARY KEY, name VARCHAR(255) NOT NULL, registered BIGINT NOT NULL,
         traits LONGTEXT NOT NULL, intent LONGTEXT NOT NULL, observed VARCHAR(32) NOT NULL,
         observed_reason LONGTEXT, observed_since BIGINT NOT NULL, capacity LONGTEXT,
         description LONGTEXT NOT NULL, polled_at BIGINT, poll_started BIGINT NOT NULL,
         poll_finished BIGINT NOT NULL",
    ),
    (
        "volumes",
        "id VARCHAR(36) PRIMARY KEY, project_id VARCHAR(255) NOT NULL, user_id VARCHAR(255) NOT NULL,
         name VARCHAR(255), description LONGTEXT, status VARCHAR(64) NOT NULL, previous_status VARCHAR(64),
         attach_status VARCHAR(64) NOT NULL, migration_status VARCHAR(255), size BIGINT NOT NULL,
         volume_type_id VARCHAR(36), availability_zone VARCHAR(255), snapshot_id VARCHAR(36),
         source_volid VARCHAR(36), bootable BIGINT NOT NULL, multiattach BIGINT NOT NULL,
         consumes_quota BIGINT NOT NULL, group_id VARCHAR(36), metadata LONGTEXT NOT NULL,
         admin_metadata LONGTEXT NOT NULL, image_metadata LONGTEXT NOT NULL, cluster_id VARCHAR(36),
         lightos_project VARCHAR(255), replicas BIGINT, lightos_uuid VARCHAR(36), name_id VARCHAR(36),
         created_at BIGINT NOT NULL, updated_at BIGINT, version BIGINT NOT NULL",
    ),
    (
        "snapshots",
        "id VARCHAR(36) PRIMARY KEY, volume_id VARCHAR(36) NOT NULL, project_id VARCHAR(255) NOT NULL,
         user_id VARCHAR(255) NOT NULL, name VARCHAR(255), description LONGTEXT, status VARCHAR(64) NOT NULL,
         progress VARCHAR(64), volume_size BIGINT NOT NULL, volume_type_id VARCHAR(36),
         group_snapshot_id VARCHAR(36), consumes_quota BIGINT NOT NULL, metadata LONGTEXT NOT NULL,
         image_metadata LONGTEXT NOT NULL, bootable BIGINT NOT NULL, cluster_id VARCHAR(36),
         lightos_project VARCHAR(255), lightos_uuid VARCHAR(36), created_at BIGINT NOT NULL,
         updated_at BIGINT, version BIGINT NOT NULL",
    ),
    (
        "operations",
        "id VARCHAR(36) PRIMARY KEY, kind VARCHAR(64) NOT NULL, work LONGTEXT NOT NULL,
         status VARCHAR(32) NOT NULL, lane VARCHAR(32) NOT NULL, resource_id VARCHAR(36) NOT NULL,
         cluster_id VARCHAR(36), request_id VARCHAR(64) NOT NULL, project_id VARCHAR(255) NOT NULL,
         user_id VARCHAR(255) NOT NULL, attempt BIGINT NOT NULL, not_before BIGINT NOT NULL,
         note LONGTEXT, created_at BIGINT NOT NULL, lease_owner VARCHAR(64), lease_until BIGINT NOT NULL",
    ),
    (
        "reservations",
        "operation_id VARCHAR(36) PRIMARY KEY, cluster_id VARCHAR(36) NOT NULL,
         lightos_project VARCHAR(255) NOT NULL, name VARCHAR(255) NOT NULL, bytes BIGINT NOT NULL,
         expected_size BIGINT NOT NULL, created_at BIGINT NOT NULL",
    ),
    (
        "placements",
        "volume_id VARCHAR(36) PRIMARY KEY, decided_at BIGINT NOT NULL, explanation LONGTEXT NOT NULL",
    ),
    (
        "quotas",
        "project_id VARCHAR(255) NOT NULL, resource VARCHAR(255) NOT NULL, hard_limit BIGINT NOT NULL,
         PRIMARY KEY (project_id, resource)",
    ),
    (
        "quota_classes",
        "class_name VARCHAR(255) NOT NULL, resource VARCHAR(255) NOT NULL, hard_limit BIGINT NOT NULL,
         PRIMARY KEY (class_name, resource)",
    ),
    (
        "messages",
        "id VARCHAR(36) PRIMARY KEY, project_id VARCHAR(255) NOT NULL, request_id VARCHAR(64) NOT NULL,
         resource_type VARCHAR(64), resource_uuid VARCHAR(36), event_id VARCHAR(255) NOT NULL,
         level VARCHAR(32) NOT NULL, text LONGTEXT NOT NULL, created_at BIGINT NOT NULL,
         expires_at BIGINT NOT NULL",
    ),
    (
        "registrations",
        "id BIGINT PRIMARY KEY, epoch BIGINT NOT NULL, text LONGTEXT NOT NULL, updated_by VARCHAR(255) NOT NULL,
         updated_at BIGINT NOT NULL",
    ),
];

const INDEXES: &[(&str, &str)] = &[
    ("unique_volume_types_name", "volume_types (name)"),
    ("volume_type_projects_project", "volume_type_projects (project_id)"),
    ("volumes_project", "volumes (project_id, created_at, id)"),
    ("volumes_created", "volumes (created_at, id)"),
    ("volumes_use", "volumes (project_id, consumes_quota, volume_type_id, size)"),
    ("volumes_type", "volumes (volume_type_id)"),
    ("volumes_cluster", "volumes (cluster_id)"),
    ("snapshots_project", "snapshots (project_id, created_at, id)"),
    ("snapshots_created", "snapshots (created_at, id)"),
    ("snapshots_use", "snapshots (project_id, consumes_quota, volume_type_id, volume_size)"),
    ("snapshots_volume", "snapshots (volume_id)"),
    ("snapshots_cluster", "snapshots (cluster_id)"),
    ("operations_due", "operations (status, not_before)"),
    ("operations_resource", "operations (resource_id)"),
    ("reservations_cluster", "reservations (cluster_id)"),
    ("messages_project", "messages (project_id, created_at, id)"),
    ("messages_resource", "messages (resource_uuid)"),
    ("messages_expiry", "messages (expires_at)"),
];
