//! Volumes offered to other projects. An offer that was taken up or withdrawn is gone.

use crate::store::Dialect;

pub(super) fn statements(dialect: Dialect) -> Vec<String> {
    let mut all = vec![dialect.create_table("transfers", COLUMNS)];
    all.extend(INDEXES.iter().map(|index| format!("CREATE INDEX IF NOT EXISTS {index}")));
    all
}

const COLUMNS: &str =
    "id VARCHAR(36) PRIMARY KEY, volume_id VARCHAR(36) NOT NULL, source_project_id VARCHAR(255) NOT NULL,
     display_name VARCHAR(255), salt VARCHAR(255) NOT NULL, crypt_hash VARCHAR(255) NOT NULL,
     no_snapshots BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT";

const INDEXES: [&str; 2] = [
    "transfers_volume ON transfers (volume_id)",
    "transfers_project ON transfers (source_project_id, created_at, id)",
];
