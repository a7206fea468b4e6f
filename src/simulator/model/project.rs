//! Projects (the tenants of a cluster) and the public keys that their tokens are signed with.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    pub uuid: Uuid,
    pub name: String,
    pub description: String,
    /// The QoS policy of volumes that name none.
    pub default_policy: Option<Uuid>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    pub project: String,
    pub id: String,
    /// `RS256PubKey`, `TlsCertChainPem` or `TlsPrivKeyPem`.
    pub kind: String,
    /// The PEM text.
    pub payload: String,
}
