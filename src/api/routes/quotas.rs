//! Limits, quota sets and quota classes.

use axum::http::Method;

use super::{Row, to};
use crate::api::schema::bodies;
use crate::api::v3::quotas::{classes, limits, sets};
use crate::api::{answers, parameters};

pub static LIMITS: &[Row] = &[Row::new("limits.show", Method::GET, "/limits", "", to!(limits::show))
    .gives(&answers::quotas::LIMITS)
    .query(&[parameters::PROJECT])];

const SET: &str = "/os-quota-sets/{project}";
const SHOW: &str = "volume_extension:quotas:show";

pub static SETS: &[Row] = &[
    Row::new("quota.show", Method::GET, SET, SHOW, to!(sets::show))
        .gives(&answers::quotas::SET)
        .query(&[parameters::USAGE]),
    Row::new("quota.defaults", Method::GET, "/os-quota-sets/{project}/defaults", SHOW, to!(sets::defaults))
        .gives(&answers::quotas::DEFAULTS),
    Row::new("quota.update", Method::PUT, SET, "volume_extension:quotas:update", to!(sets::update))
        .gives(&answers::quotas::SET_UPDATED)
        .body(&bodies::QUOTA_UPDATE),
    Row::new("quota.delete", Method::DELETE, SET, "volume_extension:quotas:delete", to!(sets::delete)),
];

const CLASS: &str = "/os-quota-class-sets/{class}";

pub static CLASSES: &[Row] = &[
    Row::new("qclass.show", Method::GET, CLASS, "volume_extension:quota_classes:get", to!(classes::show))
        .gives(&answers::quotas::CLASS),
    Row::new(
        "qclass.update",
        Method::PUT,
        CLASS,
        "volume_extension:quota_classes:update",
        to!(classes::update),
    )
    .gives(&answers::quotas::CLASS_UPDATED)
    .body(&bodies::QUOTA_CLASS_UPDATE),
];
