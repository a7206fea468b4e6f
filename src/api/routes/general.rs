//! What belongs to no resource.

use axum::http::Method;

use super::{Row, to};
use crate::api::v3::{extensions, resource_filters};

pub static EXTENSIONS: &[Row] = &[
    Row::new("extensions.list", Method::GET, "/extensions", "", to!(extensions::list)),
    Row::new("extensions.show", Method::GET, "/extensions/{alias}", "", to!(extensions::show)),
];

pub static RESOURCE_FILTERS: &[Row] =
    &[Row::new("rf.list", Method::GET, "/resource_filters", "", to!(resource_filters::list)).since(33)];
