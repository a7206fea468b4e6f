//! `GET /backups/{id}/export_record` and `POST /backups/import_record`.
//!
//! A record is JSON in base64; of one that comes in, id and size must be readable at once.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::load_authorized;
use super::view::{One, Summary};
use crate::api::call::Call;
use crate::api::python;
use crate::api::reply::Reply;
use crate::domain::backup::BackupRecord;
use crate::domain::{Error, Gib, Result};

#[derive(Serialize)]
struct Exported {
    #[serde(rename = "backup-record")]
    record: Record,
}

#[derive(Serialize)]
struct Record {
    backup_service: String,
    backup_url: String,
}

pub async fn export(call: Call) -> Result<Reply> {
    load_authorized(&call).await?;
    let details = call.edge.services.export_backup(&call.ctx, call.param("id")).await?;
    let backup_url = python::to_base64(&details.record().to_string());
    let record = Record { backup_service: details.backup.service.unwrap_or_default(), backup_url };
    Ok(Reply::ok(&Exported { record }))
}

pub async fn import(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    call.require_project()?;
    let fields = call.object("backup-record");
    let url = fields.text("backup_url").unwrap_or_default();
    let record = read(fields.text("backup_service").unwrap_or_default(), &url)?;
    let backup = call.edge.services.import_backup(&call.ctx, &record).await?;
    let links = call.links.of("backups");
    let summary = Summary { backup: &backup, links: &links };
    Ok(Reply::json(StatusCode::CREATED, &One { backup: summary }))
}

fn read(service: String, url: &str) -> Result<BackupRecord> {
    let invalid = |why: &str| Error::invalid(format!("Invalid input received: {why}"));
    let bytes = python::from_base64(url).ok_or_else(|| invalid("Can't decode backup record."))?;
    let record: Value = serde_json::from_slice(&bytes).map_err(|_| invalid("Can't parse backup record."))?;
    let id = record.get("id").ok_or_else(|| invalid("Provided backup record is missing an id"))?;
    let size =
        record.get("size").ok_or_else(|| invalid("Provided backup record is missing size attribute"))?;
    let id = id.as_str().and_then(|id| id.parse().ok());
    let size = size.as_u64().and_then(|size| u32::try_from(size).ok());
    match (id, size) {
        (Some(id), Some(size)) => Ok(BackupRecord { id, size: Gib(size), service, text: record.to_string() }),
        // Upstream fails over these (500).
        _ => Err(invalid("Can't parse backup record.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_say_what_is_wrong_with_them() {
        let told =
            |text: &str| read("s".to_owned(), &python::to_base64(text)).unwrap_err().message().to_owned();
        assert_eq!(told("no json"), "Invalid input received: Can't parse backup record.");
        assert_eq!(told("{}"), "Invalid input received: Provided backup record is missing an id");
        assert_eq!(told("[1]"), "Invalid input received: Provided backup record is missing an id");
        assert_eq!(
            told(r#"{"id": "x"}"#),
            "Invalid input received: Provided backup record is missing size attribute"
        );
        assert_eq!(told(r#"{"id": "x", "size": 1}"#), "Invalid input received: Can't parse backup record.");
        let id = "5c0d3f5e-30a2-4a35-b4d0-6a9a0ff0c8a9";
        let good = python::to_base64(&format!(r#"{{"id": "{id}", "size": 3}}"#));
        let record = read("s".to_owned(), &good).unwrap();
        assert_eq!((record.id.to_string(), record.size), (id.to_owned(), Gib(3)));
    }
}
