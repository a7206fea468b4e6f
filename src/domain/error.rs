//! The one error of the gateway.
//!
//! `message` is for the user and ends up in the response body; `detail` is for the operator and
//! ends up in the log, never in an answer. The kind says what happened in the domain; only
//! `api::fault` knows which status code that is.

use std::fmt;

pub type Result<T, E = Error> = std::result::Result<T, E>;

type Detail = Box<dyn std::error::Error + Send + Sync + 'static>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request is wrong in itself or in the present state of the resource (400).
    Invalid,
    /// No token, or not a valid one (401).
    Unauthenticated,
    /// Known caller, not allowed (403).
    Forbidden,
    /// No such resource, or none that this caller may know of (404).
    NotFound,
    /// Another resource or request is in the way (409).
    Conflict,
    /// `If-Match` did not match (412).
    PreconditionFailed,
    /// The request body is too large (413, the size limiter's shape).
    TooLarge,
    /// A quota is used up (413 with `Retry-After: 0`).
    OverQuota,
    /// The API version asked for is not one we speak (406).
    NotAcceptable,
    /// The content type is not one we read (415).
    UnsupportedMediaType,
    /// The method is known and will never work here (405).
    MethodNotAllowed,
    /// A feature this deployment does not have (501).
    NotImplemented,
    /// Try again later: Keystone, the database or a cluster is away (503).
    Unavailable,
    /// A defect of ours (500). The user gets Cinder's fixed text; `detail` has the cause.
    Internal,
}

/// See the module documentation. `Display` prints the user's message only.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    detail: Option<Detail>,
}

macro_rules! constructors {
    ($($name:ident => $kind:ident),+ $(,)?) => {$(
        pub fn $name(message: impl Into<String>) -> Self {
            Self::new(ErrorKind::$kind, message)
        }
    )+};
}

impl Error {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), detail: None }
    }

    constructors! {
        invalid => Invalid,
        unauthenticated => Unauthenticated,
        forbidden => Forbidden,
        not_found => NotFound,
        conflict => Conflict,
        precondition_failed => PreconditionFailed,
        too_large => TooLarge,
        over_quota => OverQuota,
        not_acceptable => NotAcceptable,
        unsupported_media_type => UnsupportedMediaType,
        method_not_allowed => MethodNotAllowed,
        not_implemented => NotImplemented,
        unavailable => Unavailable,
    }

    /// A defect. `context` says what was being done; the user never sees it.
    pub fn internal(context: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Internal,
            message: "The server has either erred or is incapable of performing the requested operation."
                .to_owned(),
            detail: Some(context.into().into()),
        }
    }

    /// Attaches the cause for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Detail>) -> Self {
        self.detail = Some(cause.into());
        self
    }

    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }
    /// What the user is told.
    pub fn message(&self) -> &str {
        &self.message
    }
    /// What the log is told, with the chain of causes.
    pub fn detail(&self) -> Option<String> {
        let mut text = self.detail.as_ref()?.to_string();
        let mut source = self.detail.as_ref()?.source();
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        Some(text)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
