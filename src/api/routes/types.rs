//! Volume types, extra specs and access.

use axum::http::{Method, StatusCode};

use super::{CONFLICT, Row, to};
use crate::api::schema::{bodies, type_parts};
use crate::api::v3::types::{access, change, encryption, extra_specs, list, show};
use crate::api::v3::{default_types, volumes};
use crate::api::{answers, parameters};

const ACCEPTED: StatusCode = StatusCode::ACCEPTED;

pub static TYPES: &[Row] = &[
    Row::new("types.list", Method::GET, "/types", "volume_extension:type_get_all", to!(list::list))
        .gives(&answers::types::LIST)
        .lists(&list::RULES, 0)
        .query(&[parameters::IS_PUBLIC]),
    Row::new("types.show", Method::GET, "/types/{id}", "volume_extension:type_get", to!(show::show))
        .gives(&answers::types::SHOW),
    Row::new("types.create", Method::POST, "/types", "volume_extension:type_create", to!(change::create))
        .gives(&answers::types::CREATED)
        .refuses(CONFLICT)
        .body(&bodies::TYPE_CREATE),
    Row::new("types.update", Method::PUT, "/types/{id}", "volume_extension:type_update", to!(change::update))
        .gives(&answers::types::UPDATED)
        .refuses(CONFLICT)
        .body(&bodies::TYPE_UPDATE),
    Row::new(
        "types.delete",
        Method::DELETE,
        "/types/{id}",
        "volume_extension:type_delete",
        to!(change::delete),
    )
    .success(ACCEPTED),
];

const ALL: &str = "/types/{id}/extra_specs";
const ONE: &str = "/types/{id}/extra_specs/{key}";

pub static EXTRA_SPECS: &[Row] = &[
    Row::new("es.list", Method::GET, ALL, "volume_extension:types_extra_specs:index", to!(extra_specs::list))
        .gives(&answers::types::EXTRA_SPECS),
    Row::new(
        "es.create",
        Method::POST,
        ALL,
        "volume_extension:types_extra_specs:create",
        to!(extra_specs::create),
    )
    .gives(&answers::types::EXTRA_SPECS_SENT)
    .body(&bodies::EXTRA_SPECS_CREATE),
    Row::new("es.show", Method::GET, ONE, "volume_extension:types_extra_specs:show", to!(extra_specs::show))
        .gives(&answers::types::EXTRA_SPEC),
    Row::new(
        "es.update",
        Method::PUT,
        ONE,
        "volume_extension:types_extra_specs:update",
        to!(extra_specs::update),
    )
    .gives(&answers::types::EXTRA_SPEC)
    .body(&bodies::EXTRA_SPEC_UPDATE),
    Row::new(
        "es.delete",
        Method::DELETE,
        ONE,
        "volume_extension:types_extra_specs:delete",
        to!(extra_specs::delete),
    )
    .success(ACCEPTED),
];

pub static ACCESS: &[Row] = &[
    Row::new(
        "ta.list",
        Method::GET,
        "/types/{id}/os-volume-type-access",
        "volume_extension:volume_type_access:get_all_for_type",
        to!(access::list),
    )
    .gives(&answers::types::PROJECTS),
    Row::new(
        "ta.add",
        Method::POST,
        "/types/{id}/action",
        "volume_extension:volume_type_access:addProjectAccess",
        to!(access::add),
    )
    .action("addProjectAccess")
    .body(&bodies::ADD_ACCESS)
    .refuses(CONFLICT)
    .success(ACCEPTED),
    Row::new(
        "ta.remove",
        Method::POST,
        "/types/{id}/action",
        "volume_extension:volume_type_access:removeProjectAccess",
        to!(access::remove),
    )
    .action("removeProjectAccess")
    .body(&bodies::REMOVE_ACCESS)
    .success(ACCEPTED),
];

const ENCRYPTION: &str = "/types/{id}/encryption";
const ENCRYPTION_PART: &str = "/types/{id}/encryption/{key}";
const VOLUME_ENCRYPTION: &str = "volume_extension:volume_encryption_metadata";

/// Of types, and as volumes show it.
pub static TYPE_ENCRYPTION: &[Row] = &[
    Row::new(
        "te.show",
        Method::GET,
        ENCRYPTION,
        "volume_extension:volume_type_encryption:get",
        to!(encryption::show),
    )
    .gives(&answers::types::ENCRYPTION),
    Row::new(
        "te.item",
        Method::GET,
        ENCRYPTION_PART,
        "volume_extension:volume_type_encryption:get",
        to!(encryption::item),
    )
    .gives(&answers::types::ENCRYPTION_PART),
    Row::new(
        "te.create",
        Method::POST,
        ENCRYPTION,
        "volume_extension:volume_type_encryption:create",
        to!(encryption::create),
    )
    .gives(&answers::types::ENCRYPTION_CREATED)
    .refuses(CONFLICT)
    .body(&type_parts::ENCRYPTION_CREATE),
    Row::new(
        "te.update",
        Method::PUT,
        ENCRYPTION_PART,
        "volume_extension:volume_type_encryption:update",
        to!(encryption::update),
    )
    .gives(&answers::types::ENCRYPTION_UPDATED)
    .body(&type_parts::ENCRYPTION_UPDATE),
    Row::new(
        "te.delete",
        Method::DELETE,
        ENCRYPTION_PART,
        "volume_extension:volume_type_encryption:delete",
        to!(encryption::delete),
    )
    .success(ACCEPTED),
    Row::new(
        "venc.list",
        Method::GET,
        "/volumes/{id}/encryption",
        VOLUME_ENCRYPTION,
        to!(volumes::encryption::list),
    )
    .gives(&answers::volumes::ENCRYPTION),
    Row::new(
        "venc.show",
        Method::GET,
        "/volumes/{id}/encryption/{key}",
        VOLUME_ENCRYPTION,
        to!(volumes::encryption::show),
    )
    .gives(&answers::BARE),
];

const DEFAULT_TYPE: &str = "/default-types/{id}";

pub static DEFAULT_TYPES: &[Row] = &[
    Row::new(
        "dt.list",
        Method::GET,
        "/default-types",
        "volume_extension:default_get_all",
        to!(default_types::list),
    )
    .gives(&answers::types::DEFAULT_TYPES)
    .since(62),
    Row::new("dt.show", Method::GET, DEFAULT_TYPE, "volume_extension:default_get", to!(default_types::show))
        .gives(&answers::types::DEFAULT_TYPE)
        .since(62),
    Row::new(
        "dt.set",
        Method::PUT,
        DEFAULT_TYPE,
        "volume_extension:default_set_or_update",
        to!(default_types::set),
    )
    .gives(&answers::types::DEFAULT_TYPE)
    .since(62)
    .body(&type_parts::DEFAULT_TYPE_SET),
    Row::new(
        "dt.unset",
        Method::DELETE,
        DEFAULT_TYPE,
        "volume_extension:default_unset",
        to!(default_types::unset),
    )
    .since(62)
    .success(StatusCode::NO_CONTENT),
];
