//! What is on the clusters and not ours.

pub mod create;
pub mod list;
mod page;
pub mod release;

use crate::api::call::Call;
use crate::domain::{Error, Result};

/// `host`, and from some version on `cluster` instead: exactly one of them.
struct Place {
    host: Option<String>,
    cluster: Option<String>,
}

impl Place {
    fn of(call: &Call, since: u16, field: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let field = |name| field(name).filter(|text| !text.is_empty());
        let host = field("host");
        let (cluster, wrong) = if call.version().at_least(since) {
            (field("cluster"), "One and only one of cluster and host must be set.")
        } else {
            (None, "Host field is missing.")
        };
        if host.is_some() == cluster.is_some() {
            return Err(Error::invalid(format!("Invalid input received: {wrong}")));
        }
        Ok(Self { host, cluster })
    }
}
