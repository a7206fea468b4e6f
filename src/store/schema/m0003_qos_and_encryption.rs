//! What belongs to volume types: QoS specs, encryption, and the default type of a project.

use crate::store::Dialect;

pub(super) fn statements(dialect: Dialect) -> Vec<String> {
    let mut all: Vec<String> =
        TABLES.iter().map(|(name, columns)| dialect.create_table(name, columns)).collect();
    all.push("CREATE UNIQUE INDEX IF NOT EXISTS unique_qos_specs_name ON qos_specs (name)".to_owned());
    all.extend(INDEXES.iter().map(|index| format!("CREATE INDEX IF NOT EXISTS {index}")));
    all
}

const TABLES: [(&str, &str); 3] = [
    (
        "qos_specs",
        "id VARCHAR(36) PRIMARY KEY, name VARCHAR(255) NOT NULL, consumer VARCHAR(16) NOT NULL,
         specs LONGTEXT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT",
    ),
    (
        "type_encryption",
        "volume_type_id VARCHAR(36) PRIMARY KEY, encryption_id VARCHAR(36) NOT NULL,
         provider VARCHAR(255) NOT NULL, control_location VARCHAR(255) NOT NULL, cipher VARCHAR(255),
         key_size BIGINT, created_at BIGINT NOT NULL, updated_at BIGINT",
    ),
    ("default_types", "project_id VARCHAR(255) PRIMARY KEY, volume_type_id VARCHAR(36) NOT NULL"),
];

const INDEXES: [&str; 2] = [
    "volume_types_qos ON volume_types (qos_specs_id)",
    "default_types_type ON default_types (volume_type_id)",
];
