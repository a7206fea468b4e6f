//! Attachments.

use crate::store::Dialect;

pub(super) fn statements(dialect: Dialect) -> Vec<String> {
    let mut all = vec![dialect.create_table("attachments", COLUMNS)];
    all.extend(INDEXES.iter().map(|index| format!("CREATE INDEX IF NOT EXISTS {index}")));
    all
}

const COLUMNS: &str =
    "id VARCHAR(36) PRIMARY KEY, volume_id VARCHAR(36) NOT NULL, project_id VARCHAR(255) NOT NULL,
     instance_id VARCHAR(36), host VARCHAR(255), mountpoint VARCHAR(255), status VARCHAR(64) NOT NULL,
     mode VARCHAR(16), attached_at BIGINT, connector LONGTEXT, connection_info LONGTEXT,
     created_at BIGINT NOT NULL, updated_at BIGINT, version BIGINT NOT NULL";

const INDEXES: [&str; 3] = [
    "attachments_volume ON attachments (volume_id)",
    "attachments_project ON attachments (project_id, created_at, id)",
    "attachments_instance ON attachments (instance_id)",
];
