//! Reading Nova's answers. What is not as Nova writes it counts as no answer.

use reqwest::StatusCode;
use serde::Deserialize;

use super::{Holding, Told};
use crate::auth::keystone::Unavailable;

#[derive(Deserialize)]
struct Shown {
    #[serde(rename = "volumeAttachment")]
    attachment: Attachment,
}

#[derive(Deserialize)]
struct Attachment {
    attachment_id: Option<String>,
}

#[derive(Deserialize)]
struct Events {
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    server_uuid: String,
    /// 200, or why this server was not told.
    code: u16,
}

/// `GET /servers/{id}/os-volume_attachments/{volume}`.
pub(super) fn attachment(body: &[u8]) -> Result<Holding, Unavailable> {
    let shown: Shown = serde_json::from_slice(body).map_err(|_| nonsense())?;
    Ok(Holding::Volume { attachment: shown.attachment.attachment_id })
}

/// `POST /os-server-external-events`. As in Cinder, a server that was not told is worth a line
/// in the log and no more.
pub(super) fn events(body: &[u8]) -> Result<Told, Unavailable> {
    let events: Events = serde_json::from_slice(body).map_err(|_| nonsense())?;
    for event in events.events.iter().filter(|event| event.code != 200) {
        tracing::warn!(server = event.server_uuid, code = event.code, "Nova did not pass an event on");
    }
    Ok(Told::Yes)
}

fn nonsense() -> Unavailable {
    Unavailable("Nova's answer makes no sense".to_owned())
}

/// Any other answer, for the log: its status, and the beginning of what it says.
pub(super) fn unexpected(status: StatusCode, body: &[u8]) -> Unavailable {
    let said: String = String::from_utf8_lossy(body).chars().filter(|c| !c.is_control()).take(200).collect();
    let hint = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "; give hearth's account the role admin",
        StatusCode::NOT_ACCEPTABLE => "; hearth needs a Nova with compute 2.89 (Xena) or later",
        _ => "",
    };
    Unavailable(format!("Nova answered {status}{hint}: {said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_novas_is_no_answer() {
        for body in [
            "",
            "<html>",
            "{}",
            "[]",
            r#"{"volumeAttachment": []}"#,
            r#"{"volumeAttachment": {"attachment_id": 7}}"#,
        ] {
            assert!(attachment(body.as_bytes()).is_err(), "{body}");
        }
        for body in
            ["", "null", "{}", r#"{"events": [{"code": 200}]}"#, r#"{"events": [{"server_uuid": "s"}]}"#]
        {
            assert!(events(body.as_bytes()).is_err(), "{body}");
        }
        let held =
            attachment(br#"{"volumeAttachment": {"attachment_id": "a", "device": "/dev/vdb"}}"#).unwrap();
        assert_eq!(held, Holding::Volume { attachment: Some("a".to_owned()) });
        assert_eq!(events(br#"{"events": [{"server_uuid": "s", "code": 422}]}"#).unwrap(), Told::Yes);
    }
}
