//! What belongs to no resource.

use axum::http::{Method, StatusCode};

use super::{Row, to};
use crate::api::v3::{extensions, messages, resource_filters};
use crate::api::{answers, parameters};

pub static EXTENSIONS: &[Row] = &[
    Row::new("extensions.list", Method::GET, "/extensions", "", to!(extensions::list))
        .gives(&answers::general::EXTENSIONS),
    Row::new("extensions.show", Method::GET, "/extensions/{alias}", "", to!(extensions::show))
        .gives(&answers::general::ONE_EXTENSION),
];

pub static RESOURCE_FILTERS: &[Row] =
    &[Row::new("rf.list", Method::GET, "/resource_filters", "", to!(resource_filters::list))
        .gives(&answers::general::RESOURCE_FILTERS)
        .query(&[parameters::RESOURCE])
        .since(33)];

pub static MESSAGES: &[Row] = &[
    Row::new("msg.list", Method::GET, "/messages", "message:get_all", to!(messages::list))
        .gives(&answers::general::MESSAGES)
        .lists(&messages::RULES, 5)
        .since(3),
    Row::new("msg.show", Method::GET, "/messages/{id}", "message:get", to!(messages::show))
        .gives(&answers::general::ONE_MESSAGE)
        .since(3),
    Row::new("msg.delete", Method::DELETE, "/messages/{id}", "message:delete", to!(messages::delete))
        .since(3)
        .success(StatusCode::NO_CONTENT),
];
