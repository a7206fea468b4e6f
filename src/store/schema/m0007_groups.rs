//! Group types, groups and group snapshots. (`GROUPS` is a word of SQL, hence `volume_groups`.)

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

const TABLES: [(&str, &str); 3] = [
    (
        "group_types",
        "id VARCHAR(36) PRIMARY KEY, name VARCHAR(255) NOT NULL, description LONGTEXT,
         is_public BIGINT NOT NULL, specs LONGTEXT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT",
    ),
    (
        "volume_groups",
        "id VARCHAR(36) PRIMARY KEY, project_id VARCHAR(255) NOT NULL, user_id VARCHAR(255) NOT NULL,
         name VARCHAR(255), description LONGTEXT, status VARCHAR(64) NOT NULL,
         group_type_id VARCHAR(36) NOT NULL, volume_types LONGTEXT NOT NULL, availability_zone VARCHAR(255),
         group_snapshot_id VARCHAR(36), source_group_id VARCHAR(36), replication_status VARCHAR(64) NOT NULL,
         cluster_id VARCHAR(36), created_at BIGINT NOT NULL, updated_at BIGINT, version BIGINT NOT NULL",
    ),
    (
        "group_snapshots",
        "id VARCHAR(36) PRIMARY KEY, group_id VARCHAR(36) NOT NULL, group_type_id VARCHAR(36) NOT NULL,
         project_id VARCHAR(255) NOT NULL, user_id VARCHAR(255) NOT NULL, name VARCHAR(255),
         description LONGTEXT, status VARCHAR(64) NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT,
         version BIGINT NOT NULL",
    ),
];

const INDEXES: [(&str, &str); 7] = [
    ("unique_group_types_name", "group_types (name)"),
    ("volume_groups_project", "volume_groups (project_id, created_at, id)"),
    ("volume_groups_type", "volume_groups (group_type_id)"),
    ("group_snapshots_project", "group_snapshots (project_id, created_at, id)"),
    ("group_snapshots_group", "group_snapshots (group_id)"),
    ("volumes_group", "volumes (group_id)"),
    ("snapshots_group_snapshot", "snapshots (group_snapshot_id)"),
];
