//! Typed identifiers. A `VolumeId` is never a `SnapshotId`, and neither is a `String`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text was not a lower-case, dashed UUID. Cinder looks ids up textually, so any other
/// spelling of an existing id is simply not found (404), never a 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnId;

macro_rules! uuid_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A fresh random (version 4) id.
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                canonical(text).map(Self)
            }
        }
    )+};
}

fn canonical(text: &str) -> Result<Uuid, NotAnId> {
    let canonical_form = text.len() == 36 && !text.bytes().any(|b| b.is_ascii_uppercase());
    if !canonical_form {
        return Err(NotAnId);
    }
    Uuid::try_parse(text).map_err(|_| NotAnId)
}

uuid_id! {
    /// A Cinder volume. On its cluster the object is named `volume-<id>`.
    VolumeId,
    /// A Cinder snapshot. On its cluster the object is named `snapshot-<id>`.
    SnapshotId,
    VolumeTypeId,
    GroupTypeId,
    /// A group of volumes; it exists in the gateway only, a cluster knows nothing of it.
    GroupId,
    GroupSnapshotId,
    QosSpecsId,
    MessageId,
    AttachmentId,
    /// A volume offered to another project.
    TransferId,
    /// An image of the image service.
    ImageId,
    /// A backup. Imported ones keep the id they were exported with.
    BackupId,
    /// A durable operation (`domain::operation`).
    OperationId,
    /// A Lightbits cluster: the UUID the cluster itself reports, so that the same cluster
    /// reached by two names is still one cluster.
    ClusterId,
    /// The UUID a Lightbits cluster gave to one of its volumes or snapshots.
    BackendUuid,
}

macro_rules! text_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

text_id! {
    /// A Keystone project, as in the token (normally 32 hex digits; never validated).
    ProjectId,
    /// A Keystone user, as in the token.
    UserId,
    /// A project *on a Lightbits cluster* (`default` unless configured otherwise).
    LightosProject,
    /// The operator's name of a cluster in `clusters.toml`; what Cinder clients see in
    /// `hearth@<name>#<name>`.
    ClusterName,
    /// The local request id `req-<uuid>`, returned in `x-openstack-request-id`.
    RequestId,
}

impl RequestId {
    /// Mints a fresh `req-<uuid>`.
    pub fn mint() -> Self {
        Self(format!("req-{}", Uuid::new_v4()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_spelling_is_an_id() {
        let id = VolumeId::random();
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in [
            String::new(),
            id.to_string().to_uppercase(),
            id.as_uuid().simple().to_string(),
            format!("{{{id}}}"),
            "../../etc/passwd".to_owned(),
        ] {
            assert_eq!(bad.parse::<VolumeId>(), Err(NotAnId), "{bad}");
        }
    }
}
