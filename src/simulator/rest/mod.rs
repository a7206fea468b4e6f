//! The REST face: what a v1 gRPC gateway makes of the cluster's API, quirks included
//! (`lightbits-api` §1.5, §1.6).

mod absent;
mod body;
mod call;
mod caller;
mod cluster;
mod message;
mod nodes;
mod policies;
mod projects;
mod routes;
mod settings;
mod snapshots;
mod volumes;

pub use body::Body;
pub use call::Call;
pub use caller::Caller;
pub use routes::{Matched, Route, resolve};

use serde_json::Value;

use super::model::Record;
use super::refusal::Result;
use super::rules::Moment;

/// What a write decided, and its answer.
pub type Decided = Result<(Vec<Record>, Value)>;

/// How an operation is carried out: by looking, or by deciding on records.
#[derive(Clone, Copy)]
pub enum Handler {
    Read(fn(&Moment<'_>, &Call) -> Result<Value>),
    Write(fn(&Moment<'_>, &Call) -> Decided),
}
