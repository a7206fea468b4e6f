//! The numbers of services, and the log levels that administrators set. (`BINARY` is a word of
//! SQL, hence `service_binary`.)

use crate::store::Dialect;

pub(super) fn statements(dialect: Dialect) -> Vec<String> {
    vec![
        dialect.create_table("service_ids", "id BIGINT PRIMARY KEY, cluster_id VARCHAR(36) NOT NULL"),
        "CREATE UNIQUE INDEX IF NOT EXISTS unique_service_ids_cluster ON service_ids (cluster_id)".to_owned(),
        dialect.create_table(
            "log_wishes",
            "serial BIGINT PRIMARY KEY, service_binary VARCHAR(64) NOT NULL, prefix VARCHAR(255) NOT NULL,
             level VARCHAR(32) NOT NULL, created_at BIGINT NOT NULL",
        ),
    ]
}
