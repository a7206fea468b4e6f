//! Backups.

use crate::store::Dialect;

pub(super) fn statements(dialect: Dialect) -> Vec<String> {
    let mut all = vec![dialect.create_table("backups", COLUMNS)];
    all.extend(INDEXES.iter().map(|index| format!("CREATE INDEX IF NOT EXISTS {index}")));
    all
}

const COLUMNS: &str =
    "id VARCHAR(36) PRIMARY KEY, project_id VARCHAR(255) NOT NULL, user_id VARCHAR(255) NOT NULL,
     volume_id VARCHAR(36) NOT NULL, name VARCHAR(255), description LONGTEXT, status VARCHAR(64) NOT NULL,
     fail_reason LONGTEXT, container VARCHAR(255), availability_zone VARCHAR(255), service VARCHAR(255),
     size BIGINT NOT NULL, object_count BIGINT NOT NULL, snapshot_id VARCHAR(36), parent_id VARCHAR(36),
     metadata LONGTEXT NOT NULL, data_timestamp BIGINT, created_at BIGINT NOT NULL, updated_at BIGINT,
     version BIGINT NOT NULL";

const INDEXES: [&str; 4] = [
    "backups_project ON backups (project_id, created_at, id)",
    "backups_created ON backups (created_at, id)",
    "backups_volume ON backups (volume_id)",
    "backups_parent ON backups (parent_id)",
];
