//! `/clusters`: groups of `cinder-volume` services that share one backend, as Cinder means the
//! word. A Lightbits cluster is not one of them: it is a backend with one service of its own
//! (`os-services`), whose replicas are the gateway's and need no name. So there is never any, as
//! in a stock deployment without clustered services; what is asked for is checked all the same.

use serde::Serialize;

use super::services::VOLUME_BINARY;
use crate::api::call::Call;
use crate::api::python::{self, quoted};
use crate::api::reply::Reply;
use crate::domain::{Error, Result};

const FILTERS: [&str; 6] = ["name", "binary", "is_up", "disabled", "num_hosts", "num_down_hosts"];
/// Since 3.26.
const REPLICATION: [&str; 3] = ["replication_status", "frozen", "active_backend_id"];

#[derive(Serialize)]
struct List {
    clusters: [(); 0],
}

/// The short list and the detailed one.
pub async fn list(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let since = call.version().at_least(26);
    let known = |key: &str| FILTERS.contains(&key) || (since && REPLICATION.contains(&key));
    let unknown: Vec<&str> = call.query.iter().map(|(key, _)| key).filter(|key| !known(key)).collect();
    if !unknown.is_empty() {
        let names = unknown.join(", ");
        return Err(Error::invalid(format!("Invalid input received: Invalid filter keys: {names}")));
    }
    for key in ["disabled", "is_up"] {
        call.query.boolean(key)?;
    }
    Ok(Reply::ok(&List { clusters: [] }))
}

pub async fn show(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let binary = call.query.get("binary").unwrap_or(VOLUME_BINARY);
    Err(not_found(&quoted(binary), call.param("name")))
}

/// Enable and disable.
pub async fn switch(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let fields = call.whole();
    // A null is looked for as it is.
    let binary = match fields.get("binary") {
        Some(given) => python::repr(given),
        None => quoted(VOLUME_BINARY),
    };
    Err(not_found(&binary, &fields.text("name").unwrap_or_default()))
}

fn not_found(binary: &str, name: &str) -> Error {
    let name = quoted(name);
    Error::not_found(format!("Cluster {{'binary': {binary}, 'name': {name}}} could not be found."))
}
