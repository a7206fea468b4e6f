//! Nova, as far as a volume service needs it: does a server still hold a volume, and telling a
//! server that its volume has grown.
//!
//! Both are asked with the gateway's own account, which needs the role `admin` (or a policy of
//! Nova's to that end) in its project: the servers are other projects'.

mod answer;

use std::sync::Arc;

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::auth::keystone::{KeystoneClient, Missed, Peer, PeerCall, Unavailable};
use crate::domain::operation::ServerEvent;
use crate::domain::{RequestId, VolumeId};

/// Nova tells the attachment's id since 2.89.
const WITH_ATTACHMENT_ID: &str = "compute 2.89";
/// What every Nova knows; later ones take more fields for the same.
const FIRST: &str = "compute 2.1";
/// Nova knows `volume-extended` since 2.51.
const WITH_VOLUME_EXTENDED: &str = "compute 2.51";
/// And `volume-reimaged` since 2.93.
const WITH_VOLUME_REIMAGED: &str = "compute 2.93";

/// The compute service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Compute {
    account: Arc<KeystoneClient>,
    nova: Peer,
}

/// What Nova knows of a server and a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holding {
    /// Nova has no such server, or the server not this volume.
    Nothing,
    /// Under this attachment, if Nova says which.
    Volume { attachment: Option<String> },
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Nova has it. For servers that cannot use it right now (shut off, gone) Nova says so, and
    /// that is theirs to sort out: they see the new size when they start.
    Yes,
    /// Nova refuses it for good.
    No(String),
}

impl Compute {
    /// `account` is ours; `nova` says where it is.
    pub const fn new(account: Arc<KeystoneClient>, nova: Peer) -> Self {
        Self { account, nova }
    }

    /// Does the server use the volume, as far as Nova knows? Where the cloud has no compute
    /// service, no server of Nova's can.
    ///
    /// # Errors
    /// When Nova cannot say.
    pub async fn holding(
        &self,
        server: &str,
        volume: VolumeId,
        request: &RequestId,
    ) -> Result<Holding, Unavailable> {
        let volume = volume.to_string();
        let call = PeerCall {
            method: Method::GET,
            path: &["servers", server, "os-volume_attachments", &volume],
            version: WITH_ATTACHMENT_ID,
            request_id: request.as_str(),
            body: None,
        };
        match self.account.call(&self.nova, &call).await {
            Ok((StatusCode::OK, body)) => answer::attachment(&body),
            Ok((StatusCode::NOT_FOUND, _)) | Err(Missed::NoSuchService) => Ok(Holding::Nothing),
            Ok((status, body)) => Err(answer::unexpected(status, &body)),
            Err(Missed::Unavailable(why)) => Err(why),
        }
    }

    /// Tells servers that a volume of theirs has grown, so that they look at its size, or that
    /// something else is on it.
    ///
    /// # Errors
    /// When Nova cannot be told now; it may be told again.
    pub async fn tell(
        &self,
        servers: &[String],
        volume: VolumeId,
        event: ServerEvent,
        request: &RequestId,
    ) -> Result<Told, Unavailable> {
        let (name, version) = match event {
            ServerEvent::Extended => ("volume-extended", WITH_VOLUME_EXTENDED),
            ServerEvent::Reimaged => ("volume-reimaged", WITH_VOLUME_REIMAGED),
        };
        let events: Vec<_> = servers
            .iter()
            .map(|server| json!({"name": name, "server_uuid": server, "tag": volume}))
            .collect();
        let body = json!({"events": events});
        let call = PeerCall {
            method: Method::POST,
            path: &["os-server-external-events"],
            version,
            request_id: request.as_str(),
            body: Some(&body),
        };
        match self.account.call(&self.nova, &call).await {
            Ok((StatusCode::OK | StatusCode::MULTI_STATUS, body)) => answer::events(&body),
            Ok((StatusCode::NOT_FOUND, _)) => Ok(Told::No("Nova knows none of the servers".to_owned())),
            Ok((status, body)) if is_final(status) => Ok(Told::No(answer::unexpected(status, &body).0)),
            Ok((status, body)) => Err(answer::unexpected(status, &body)),
            Err(Missed::NoSuchService) => Ok(Told::No(Missed::NoSuchService.to_string())),
            Err(Missed::Unavailable(why)) => Err(why),
        }
    }
}

impl Compute {
    /// Asks Nova to copy a volume of a server to another, and to let the server use that one. Nova
    /// tells when it is done (`os-migrate_volume_completion`).
    ///
    /// # Errors
    /// When Nova cannot be asked now; it may have heard all the same.
    pub async fn swap_volume(
        &self,
        server: &str,
        (old, new): (VolumeId, VolumeId),
        request: &RequestId,
    ) -> Result<Told, Unavailable> {
        let (path, body) = (old.to_string(), json!({"volumeAttachment": {"volumeId": new}}));
        let call = PeerCall {
            method: Method::PUT,
            path: &["servers", server, "os-volume_attachments", &path],
            version: FIRST,
            request_id: request.as_str(),
            body: Some(&body),
        };
        match self.account.call(&self.nova, &call).await {
            Ok((status, _)) if status.is_success() => Ok(Told::Yes),
            Ok((status, body)) if is_final(status) => Ok(Told::No(answer::unexpected(status, &body).0)),
            Ok((status, body)) => Err(answer::unexpected(status, &body)),
            Err(Missed::NoSuchService) => Ok(Told::No(Missed::NoSuchService.to_string())),
            Err(Missed::Unavailable(why)) => Err(why),
        }
    }
}

/// Whether asking again would be answered alike. 401 and 403 are not: roles are given later.
fn is_final(status: StatusCode) -> bool {
    status.is_client_error()
        && !matches!(
            status,
            StatusCode::UNAUTHORIZED
                | StatusCode::FORBIDDEN
                | StatusCode::REQUEST_TIMEOUT
                | StatusCode::TOO_MANY_REQUESTS
        )
}
