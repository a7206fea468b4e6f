//! The three outcomes of a call, in types: done, refused, unknown (design, invariant 3).
//!
//! A *refusal* is the cluster's own definite word that the call has changed nothing. Everything
//! else that is not success is *trouble*, and after trouble a mutating call may or may not have
//! happened, unless `Trouble::is_unsent` says that it never left this process. The table from
//! call and status to outcome is in `answer.rs`.

use std::fmt;

use crate::domain::ClusterId;

use super::Endpoint;

/// What came of a mutating call.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "an unknown outcome binds the object to its cluster"]
pub enum Outcome<T> {
    /// Accepted. The object may still be on its way (`Creating`, `Updating`, `Deleting`).
    Done(T),
    /// This call has changed nothing. (An *earlier* call of unknown outcome is still unknown.)
    Refused(Refusal),
    /// It may have happened or may still happen. Stay on this cluster and resolve by name.
    Unknown(Trouble),
}

impl<T> Outcome<T> {
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Done(value) => Outcome::Done(f(value)),
            Self::Refused(refusal) => Outcome::Refused(refusal),
            Self::Unknown(trouble) => Outcome::Unknown(trouble),
        }
    }
}

/// Why the cluster said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The name is taken (409 to a create).
    AlreadyExists,
    /// The object, or one the request names, is not there.
    NotFound,
    /// The state of the object or a stale ETag forbids it now: read it again, then decide.
    /// The two cannot be told apart by status (`lightbits-api` §1.8).
    Busy,
    /// The request is wrong in itself.
    Invalid,
    /// No token, an expired one, or one signed by a key the cluster does not know.
    Unauthenticated,
    /// The token's role lacks the right.
    PermissionDenied,
    /// Too many commands.
    Exhausted,
    /// This release or installation has no such call.
    Unsupported,
}

impl Reason {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AlreadyExists => "already exists",
            Self::NotFound => "not found",
            Self::Busy => "not possible in its present state",
            Self::Invalid => "invalid request",
            Self::Unauthenticated => "not authenticated",
            Self::PermissionDenied => "permission denied",
            Self::Exhausted => "too many requests",
            Self::Unsupported => "not supported",
        }
    }
}

/// A definite no, with the cluster's own words (cut to a bounded length).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Reason,
    pub status: u16,
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (HTTP {})", self.reason.as_str(), self.status)?;
        if self.message.is_empty() { Ok(()) } else { write!(f, ": {}", self.message) }
    }
}

/// Why there is no definite answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// All of the lane's permits were taken for as long as the call could wait. Not sent.
    #[error("the {lane} lane is full")]
    Saturated { lane: &'static str },
    /// The credentials could not be read or minted. Not sent.
    #[error("credentials: {0}")]
    Credentials(String),
    /// No endpoint let itself be connected to. Not sent.
    #[error("no endpoint is reachable: {tried}")]
    Unreachable { tried: String },
    /// Another cluster answers there. Not sent, apart from asking it who it is.
    #[error("cluster at {endpoint} is {found}, expected {expected}")]
    WrongCluster { endpoint: Endpoint, found: ClusterId, expected: ClusterId },
    /// The cluster would not even say who it is, so that nothing else was asked. Not sent.
    #[error("cluster at {endpoint} does not tell its UUID: {refusal}")]
    Unverified { endpoint: Endpoint, refusal: Refusal },
    /// No whole answer before the deadline.
    #[error("no answer from {endpoint} in time")]
    Deadline { endpoint: Endpoint },
    /// The connection broke before the answer was complete.
    #[error("connection to {endpoint} broke: {why}")]
    Interrupted { endpoint: Endpoint, why: String },
    /// A status that is no proof of anything (5xx, 408, …).
    #[error("{endpoint} answered HTTP {status}: {message}")]
    Failed { endpoint: Endpoint, status: u16, message: String },
    /// The answer is not one of a Lightbits cluster: HTML, a redirect, cut short, too large.
    #[error("{endpoint} answered HTTP {status} with {what}")]
    Garbled { endpoint: Endpoint, status: u16, what: String },
    /// The pages of a list repeat themselves: it cannot be read whole.
    #[error("the pages of a list repeat themselves")]
    EndlessList,
    /// A read was definitely refused.
    #[error("refused: {0}")]
    Refused(Refusal),
}

impl Trouble {
    /// The call itself never left this process: whatever was asked for has not been done by it.
    /// For a mutating call only; a read has nothing to lose.
    pub const fn is_unsent(&self) -> bool {
        matches!(
            self,
            Self::Saturated { .. }
                | Self::Credentials(_)
                | Self::Unreachable { .. }
                | Self::WrongCluster { .. }
                | Self::Unverified { .. }
        )
    }

    /// The refusal within, of a read or of the identity check.
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) | Self::Unverified { refusal, .. } => Some(refusal),
            _ => None,
        }
    }

    /// One word for metrics.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Saturated { .. } => "saturated",
            Self::Credentials(_) => "credentials",
            Self::Unreachable { .. } => "unreachable",
            Self::WrongCluster { .. } => "wrong-cluster",
            Self::Unverified { .. } => "unverified",
            Self::Deadline { .. } => "deadline",
            Self::Interrupted { .. } => "interrupted",
            Self::Failed { .. } => "failed",
            Self::Garbled { .. } => "garbled",
            Self::EndlessList => "endless-list",
            Self::Refused(_) => "refused",
        }
    }
}

/// A client cannot be made from these settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    #[error("cluster {0} has no endpoint")]
    NoEndpoint(String),
    #[error("CA file {path}: {why}")]
    Ca { path: String, why: String },
    #[error("TLS: {0}")]
    Tls(String),
}
