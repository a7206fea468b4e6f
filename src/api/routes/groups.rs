//! Groups of volumes: types, groups, snapshots, and the legacy consistency groups.

use axum::http::{Method, StatusCode};

use super::{CONFLICT, Handler, Row, to};
use crate::api::schema::{Schema, groups as bodies};
use crate::api::v3::consistency_groups as cg;
use crate::api::v3::group_snapshots as gsn;
use crate::api::v3::group_types::{change, list, specs};
use crate::api::v3::groups as grp;
use crate::api::{answers, parameters};

const ACCEPTED: StatusCode = StatusCode::ACCEPTED;

/// Minor version of group types.
const TYPES_SINCE: u16 = 11;

pub static TYPES: &[Row] = &[
    Row::new("gt.list", Method::GET, "/group_types", "", to!(list::list))
        .gives(&answers::groups::TYPES)
        .query(&[parameters::PAGE, parameters::IS_PUBLIC])
        .since(TYPES_SINCE),
    Row::new("gt.show", Method::GET, "/group_types/{id}", "", to!(list::show))
        .gives(&answers::groups::ONE_TYPE)
        .since(TYPES_SINCE),
    Row::new("gt.create", Method::POST, "/group_types", "group:group_types:create", to!(change::create))
        .gives(&answers::groups::ONE_TYPE)
        .refuses(CONFLICT)
        .since(TYPES_SINCE)
        .body(&bodies::TYPE_CREATE)
        .success(ACCEPTED),
    Row::new("gt.update", Method::PUT, "/group_types/{id}", "group:group_types:update", to!(change::update))
        .gives(&answers::groups::ONE_TYPE)
        .refuses(CONFLICT)
        .since(TYPES_SINCE)
        .body(&bodies::TYPE_UPDATE),
    Row::new(
        "gt.delete",
        Method::DELETE,
        "/group_types/{id}",
        "group:group_types:delete",
        to!(change::delete),
    )
    .since(TYPES_SINCE)
    .success(ACCEPTED),
];

const ALL: &str = "/group_types/{id}/group_specs";
const ONE: &str = "/group_types/{id}/group_specs/{key}";

pub static SPECS: &[Row] = &[
    Row::new("gs.list", Method::GET, ALL, "group:group_types_specs:get_all", to!(specs::list))
        .gives(&answers::groups::SPECS)
        .since(TYPES_SINCE),
    Row::new("gs.create", Method::POST, ALL, "group:group_types_specs:create", to!(specs::create))
        .gives(&answers::groups::SPECS_SENT)
        .since(TYPES_SINCE)
        .body(&bodies::SPECS_CREATE)
        .success(ACCEPTED),
    Row::new("gs.show", Method::GET, ONE, "group:group_types_specs:get", to!(specs::show))
        .gives(&answers::groups::SPEC)
        .since(TYPES_SINCE),
    Row::new("gs.update", Method::PUT, ONE, "group:group_types_specs:update", to!(specs::update))
        .gives(&answers::groups::SPEC)
        .since(TYPES_SINCE)
        .body(bodies::SPEC_UPDATE),
    Row::new("gs.delete", Method::DELETE, ONE, "group:group_types_specs:delete", to!(specs::delete))
        .since(TYPES_SINCE)
        .success(ACCEPTED),
];

const GROUPS_SINCE: u16 = 13;
const SNAPSHOTS_SINCE: u16 = 14;
const REPLICATION_SINCE: u16 = 38;

pub static GROUPS: &[Row] = &[
    Row::new("grp.list", Method::GET, "/groups", "group:get_all", to!(grp::list::list))
        .gives(&answers::groups::LIST)
        .lists(&grp::list::RULES, 0)
        .since(GROUPS_SINCE),
    Row::new("grp.detail", Method::GET, "/groups/detail", "group:get_all", to!(grp::list::detail))
        .gives(&answers::groups::DETAIL)
        .lists(&grp::list::RULES, 0)
        .query(&[parameters::LIST_VOLUME])
        .since(GROUPS_SINCE),
    Row::new("grp.create", Method::POST, "/groups", "group:create", to!(grp::create::create))
        .gives(&answers::groups::CREATED)
        .since(GROUPS_SINCE)
        .body(&bodies::CREATE)
        .success(ACCEPTED),
    Row::new("grp.show", Method::GET, "/groups/{id}", "group:get", to!(grp::list::show))
        .gives(&answers::groups::SHOW)
        .query(&[parameters::LIST_VOLUME])
        .since(GROUPS_SINCE),
    Row::new("grp.update", Method::PUT, "/groups/{id}", "group:update", to!(grp::update::update))
        .since(GROUPS_SINCE)
        .body(&bodies::UPDATE)
        .success(ACCEPTED),
];

const fn action(
    (id, key): (&'static str, &'static str),
    rule: &'static str,
    body: &'static Schema,
    handler: Handler,
) -> Row {
    Row::new(id, Method::POST, "/groups/{id}/action", rule, handler).action(key).body(body).success(ACCEPTED)
}

pub static ACTIONS: &[Row] = &[
    action(("ga.delete", "delete"), "group:delete", &bodies::DELETE, to!(grp::actions::delete))
        .since(GROUPS_SINCE),
    action(
        ("ga.reset_status", "reset_status"),
        "group:reset_status",
        &bodies::RESET_STATUS,
        to!(grp::actions::reset_status),
    )
    .since(20),
    Row::new(
        "ga.create-from-src",
        Method::POST,
        "/groups/action",
        "group:create",
        to!(grp::create::create_from_src),
    )
    .gives(&answers::groups::CREATED)
    .since(SNAPSHOTS_SINCE)
    .action("create-from-src")
    .body(&bodies::CREATE_FROM_SRC)
    .success(ACCEPTED),
    action(
        ("ga.enable_replication", "enable_replication"),
        "group:enable_replication",
        &bodies::ENABLE_REPLICATION,
        to!(grp::replication::enable),
    )
    .since(REPLICATION_SINCE),
    action(
        ("ga.disable_replication", "disable_replication"),
        "group:disable_replication",
        &bodies::DISABLE_REPLICATION,
        to!(grp::replication::disable),
    )
    .since(REPLICATION_SINCE),
    action(
        ("ga.failover_replication", "failover_replication"),
        "group:failover_replication",
        &bodies::FAILOVER_REPLICATION,
        to!(grp::replication::failover),
    )
    .since(REPLICATION_SINCE),
    action(
        ("ga.list_replication_targets", "list_replication_targets"),
        "group:list_replication_targets",
        &bodies::LIST_REPLICATION_TARGETS,
        to!(grp::replication::list_targets),
    )
    .gives(&answers::groups::TARGETS)
    .since(REPLICATION_SINCE)
    .success(StatusCode::OK),
];

const GET_SNAPSHOTS: &str = "group:get_all_group_snapshots";
const GET_SNAPSHOT: &str = "group:get_group_snapshot";
const CREATE_SNAPSHOT: &str = "group:create_group_snapshot";
const DELETE_SNAPSHOT: &str = "group:delete_group_snapshot";
const SNAPSHOT: &str = "/group_snapshots/{id}";

pub static SNAPSHOTS: &[Row] = &[
    Row::new("gsn.list", Method::GET, "/group_snapshots", GET_SNAPSHOTS, to!(gsn::list::list))
        .gives(&answers::groups::SNAPSHOTS)
        .lists(&gsn::list::RULES, 29)
        .since(SNAPSHOTS_SINCE),
    Row::new("gsn.detail", Method::GET, "/group_snapshots/detail", GET_SNAPSHOTS, to!(gsn::list::detail))
        .gives(&answers::groups::SNAPSHOTS_DETAIL)
        .lists(&gsn::list::RULES, 29)
        .since(SNAPSHOTS_SINCE),
    Row::new("gsn.create", Method::POST, "/group_snapshots", CREATE_SNAPSHOT, to!(gsn::change::create))
        .gives(&answers::groups::SNAPSHOT_CREATED)
        .since(SNAPSHOTS_SINCE)
        .body(&bodies::SNAPSHOT_CREATE)
        .success(ACCEPTED),
    Row::new("gsn.show", Method::GET, SNAPSHOT, GET_SNAPSHOT, to!(gsn::list::show))
        .gives(&answers::groups::SNAPSHOT_SHOW)
        .since(SNAPSHOTS_SINCE),
    Row::new("gsn.delete", Method::DELETE, SNAPSHOT, DELETE_SNAPSHOT, to!(gsn::change::delete))
        .since(SNAPSHOTS_SINCE)
        .success(ACCEPTED),
    Row::new(
        "gsn.reset_status",
        Method::POST,
        "/group_snapshots/{id}/action",
        "group:reset_group_snapshot_status",
        to!(gsn::change::reset_status),
    )
    .since(19)
    .action("reset_status")
    .body(&bodies::SNAPSHOT_RESET)
    .success(ACCEPTED),
];

const CG: &str = "/consistencygroups/{id}";

pub static CONSISTENCY_GROUPS: &[Row] = &[
    Row::new("cg.list", Method::GET, "/consistencygroups", "group:get_all", to!(cg::list::list))
        .gives(&answers::groups::CGS)
        .lists(&cg::list::RULES, 0),
    Row::new("cg.detail", Method::GET, "/consistencygroups/detail", "group:get_all", to!(cg::list::detail))
        .gives(&answers::groups::CGS_DETAIL)
        .lists(&cg::list::RULES, 0),
    Row::new("cg.create", Method::POST, "/consistencygroups", "group:create", to!(cg::change::create))
        .gives(&answers::groups::CG_CREATED)
        .body(&bodies::CG_CREATE)
        .success(ACCEPTED),
    Row::new(
        "cg.create_from_src",
        Method::POST,
        "/consistencygroups/create_from_src",
        "group:create",
        to!(cg::change::create_from_src),
    )
    .gives(&answers::groups::CG_CREATED)
    .body(&bodies::CG_CREATE_FROM_SRC)
    .success(ACCEPTED),
    Row::new("cg.show", Method::GET, CG, "group:get", to!(cg::list::show)).gives(&answers::groups::CG_SHOW),
    Row::new(
        "cg.update",
        Method::PUT,
        "/consistencygroups/{id}/update",
        "group:update",
        to!(cg::change::update_old),
    )
    .body(&bodies::CG_UPDATE)
    .success(ACCEPTED),
    Row::new("cg.update2", Method::PUT, CG, "group:update", to!(cg::change::update))
        .body(&bodies::CG_UPDATE)
        .success(ACCEPTED),
    Row::new(
        "cg.delete",
        Method::POST,
        "/consistencygroups/{id}/delete",
        "group:delete",
        to!(cg::change::delete),
    )
    .body(&bodies::CG_DELETE)
    .success(ACCEPTED),
];

pub static CGSNAPSHOTS: &[Row] = &[
    Row::new("cgs.list", Method::GET, "/cgsnapshots", GET_SNAPSHOTS, to!(cg::snapshots::list))
        .gives(&answers::groups::CGSNAPSHOTS)
        .query(&[parameters::STRETCH]),
    Row::new("cgs.detail", Method::GET, "/cgsnapshots/detail", GET_SNAPSHOTS, to!(cg::snapshots::detail))
        .gives(&answers::groups::CGSNAPSHOTS_DETAIL)
        .query(&[parameters::STRETCH]),
    Row::new("cgs.create", Method::POST, "/cgsnapshots", CREATE_SNAPSHOT, to!(cg::snapshots::create))
        .gives(&answers::groups::CGSNAPSHOT_CREATED)
        .body(&bodies::CGSNAPSHOT_CREATE)
        .success(ACCEPTED),
    Row::new("cgs.show", Method::GET, "/cgsnapshots/{id}", GET_SNAPSHOT, to!(cg::snapshots::show))
        .gives(&answers::groups::CGSNAPSHOT_SHOW),
    Row::new("cgs.delete", Method::DELETE, "/cgsnapshots/{id}", DELETE_SNAPSHOT, to!(cg::snapshots::delete))
        .success(ACCEPTED),
];
