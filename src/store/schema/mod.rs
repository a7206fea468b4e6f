//! The schema, one file a migration.
//!
//! Every statement can be run twice (`IF NOT EXISTS`), because MariaDB commits each DDL
//! statement by itself: a migration that was killed half way is simply run again.

mod m0001_base;
mod m0002_attachments;
mod m0003_qos_and_encryption;
mod m0005_transfers;
mod m0006_adopted;
mod m0007_groups;
mod m0009_backups;
mod m0010_services;
mod m0011_imported_backups;

pub(super) use m0001_base::LEASES_TABLE;

use super::Dialect;

pub(super) struct Migration {
    pub(super) id: i64,
    pub(super) name: &'static str,
    pub(super) statements: fn(Dialect) -> Vec<String>,
}

/// In order. Never edited once released; a change is a new migration.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration { id: 1, name: "base", statements: m0001_base::statements },
    Migration { id: 2, name: "attachments", statements: m0002_attachments::statements },
    Migration { id: 3, name: "qos_and_encryption", statements: m0003_qos_and_encryption::statements },
    Migration { id: 5, name: "transfers", statements: m0005_transfers::statements },
    Migration { id: 6, name: "adopted", statements: m0006_adopted::statements },
    Migration { id: 7, name: "groups", statements: m0007_groups::statements },
    Migration { id: 9, name: "backups", statements: m0009_backups::statements },
    Migration { id: 10, name: "services", statements: m0010_services::statements },
    Migration { id: 11, name: "imported_backups", statements: m0011_imported_backups::statements },
];
