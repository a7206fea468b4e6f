//! The fleet edge, `/fleet/v1`: the clusters, for their operators. The same tokens, policy and
//! fault bodies as the Cinder edge, made from a table of the same kind; no microversions.

mod bodies;
mod clusters;
mod view;

use axum::http::{Method, StatusCode};

use super::routes::{CONFLICT, Row, to};
use super::{answers, parameters};

/// What stands in front of every path of the table.
pub const PREFIX: &str = "/fleet/v1";

pub static TABLE: &[Row] = &[
    Row::new("cluster.list", Method::GET, "/clusters", "fleet:cluster:list", to!(clusters::list))
        .gives(&answers::fleet::LIST),
    Row::new(
        "cluster.register",
        Method::POST,
        "/clusters",
        "fleet:cluster:register",
        to!(clusters::register),
    )
    .gives(&answers::fleet::ONE)
    .refuses(CONFLICT)
    .body(&bodies::REGISTER)
    .success(StatusCode::CREATED),
    Row::new("cluster.show", Method::GET, "/clusters/{name}", "fleet:cluster:show", to!(clusters::show))
        .gives(&answers::fleet::SHOW),
    Row::new(
        "cluster.remove",
        Method::DELETE,
        "/clusters/{name}",
        "fleet:cluster:remove",
        to!(clusters::remove),
    )
    .query(&[parameters::FORCE])
    .refuses(CONFLICT)
    .success(StatusCode::NO_CONTENT),
    Row::new(
        "cluster.cordon",
        Method::POST,
        "/clusters/{name}/action",
        "fleet:cluster:cordon",
        to!(clusters::cordon),
    )
    .gives(&answers::fleet::ONE)
    .refuses(CONFLICT)
    .action("cordon")
    .body(&bodies::CORDON),
    Row::new(
        "cluster.uncordon",
        Method::POST,
        "/clusters/{name}/action",
        "fleet:cluster:uncordon",
        to!(clusters::uncordon),
    )
    .gives(&answers::fleet::ONE)
    .refuses(CONFLICT)
    .action("uncordon")
    .body(&bodies::UNCORDON),
    Row::new(
        "placement.explain",
        Method::GET,
        "/placements/{volume}",
        "fleet:cluster:explain",
        to!(clusters::explain),
    )
    .gives(&answers::fleet::EXPLANATION),
];

#[cfg(test)]
mod tests;
