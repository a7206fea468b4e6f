//! What the names of the objects of imported backups begin with: those of all others are made from
//! ids.

use crate::store::Dialect;

pub(super) fn statements(dialect: Dialect) -> Vec<String> {
    let columns = "backup_id VARCHAR(36) PRIMARY KEY, service_metadata VARCHAR(255) NOT NULL";
    vec![dialect.create_table("imported_backups", columns)]
}
