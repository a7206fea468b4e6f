//! Taking in what is on a cluster already, under the old paths and those of 3.8; letting go.

use axum::http::{Method, StatusCode};

use super::{Row, to};
use crate::api::schema::manageable as bodies;
use crate::api::v3::manageable::{create, list, release};
use crate::api::{answers, parameters};

const LIST_VOLUMES: &str = "volume_extension:list_manageable";
const MANAGE_VOLUME: &str = "volume_extension:volume_manage";
const LIST_SNAPSHOTS: &str = "snapshot_extension:list_manageable";
const MANAGE_SNAPSHOT: &str = "snapshot_extension:snapshot_manage";

const fn creating(row: Row) -> Row {
    row.success(StatusCode::ACCEPTED)
}

pub static VOLUMES: &[Row] = &[
    Row::new("omv.list", Method::GET, "/os-volume-manage", LIST_VOLUMES, to!(list::volumes))
        .gives(&answers::manageable::VOLUMES)
        .query(&[parameters::PAGE, parameters::HOST]),
    Row::new("omv.detail", Method::GET, "/os-volume-manage/detail", LIST_VOLUMES, to!(list::volumes_detail))
        .gives(&answers::manageable::VOLUMES_DETAIL)
        .query(&[parameters::PAGE, parameters::HOST]),
    creating(
        Row::new("omv.create", Method::POST, "/os-volume-manage", MANAGE_VOLUME, to!(create::volume))
            .gives(&answers::volumes::MANAGE)
            .body(&bodies::MANAGE_VOLUME),
    ),
    Row::new("mv.list", Method::GET, "/manageable_volumes", LIST_VOLUMES, to!(list::volumes))
        .gives(&answers::manageable::VOLUMES)
        .query(&[parameters::PAGE, parameters::HOST])
        .since(8),
    Row::new("mv.detail", Method::GET, "/manageable_volumes/detail", LIST_VOLUMES, to!(list::volumes_detail))
        .gives(&answers::manageable::VOLUMES_DETAIL)
        .query(&[parameters::PAGE, parameters::HOST])
        .since(8),
    creating(
        Row::new("mv.create", Method::POST, "/manageable_volumes", MANAGE_VOLUME, to!(create::volume))
            .gives(&answers::volumes::MANAGE)
            .body(&bodies::MANAGE_VOLUME)
            .since(8),
    ),
];

pub static SNAPSHOTS: &[Row] = &[
    Row::new("oms.list", Method::GET, "/os-snapshot-manage", LIST_SNAPSHOTS, to!(list::snapshots))
        .gives(&answers::manageable::SNAPSHOTS)
        .query(&[parameters::PAGE, parameters::HOST]),
    Row::new(
        "oms.detail",
        Method::GET,
        "/os-snapshot-manage/detail",
        LIST_SNAPSHOTS,
        to!(list::snapshots_detail),
    )
    .gives(&answers::manageable::SNAPSHOTS_DETAIL)
    .query(&[parameters::PAGE, parameters::HOST]),
    creating(
        Row::new("oms.create", Method::POST, "/os-snapshot-manage", MANAGE_SNAPSHOT, to!(create::snapshot))
            .gives(&answers::snapshots::MANAGE)
            .body(&bodies::MANAGE_SNAPSHOT),
    ),
    Row::new("ms.list", Method::GET, "/manageable_snapshots", LIST_SNAPSHOTS, to!(list::snapshots))
        .gives(&answers::manageable::SNAPSHOTS)
        .query(&[parameters::PAGE, parameters::HOST])
        .since(8),
    Row::new(
        "ms.detail",
        Method::GET,
        "/manageable_snapshots/detail",
        LIST_SNAPSHOTS,
        to!(list::snapshots_detail),
    )
    .gives(&answers::manageable::SNAPSHOTS_DETAIL)
    .query(&[parameters::PAGE, parameters::HOST])
    .since(8),
    creating(
        Row::new("ms.create", Method::POST, "/manageable_snapshots", MANAGE_SNAPSHOT, to!(create::snapshot))
            .gives(&answers::snapshots::MANAGE)
            .body(&bodies::MANAGE_SNAPSHOT)
            .since(8),
    ),
];

pub static RELEASE: &[Row] = &[
    Row::new(
        "va.os-unmanage",
        Method::POST,
        "/volumes/{id}/action",
        "volume_extension:volume_unmanage",
        to!(release::volume),
    )
    .action("os-unmanage")
    .body(&bodies::UNMANAGE)
    .success(StatusCode::ACCEPTED),
    Row::new(
        "sa.os-unmanage",
        Method::POST,
        "/snapshots/{id}/action",
        "snapshot_extension:snapshot_unmanage",
        to!(release::snapshot),
    )
    .action("os-unmanage")
    .body(&bodies::UNMANAGE)
    .success(StatusCode::ACCEPTED),
    Row::new(
        "va.os-extend_volume_completion",
        Method::POST,
        "/volumes/{id}/action",
        "volume_extension:volume_admin_actions:extend_volume_completion",
        to!(release::complete_extend),
    )
    .action("os-extend_volume_completion")
    .body(&bodies::EXTEND_COMPLETION)
    .success(StatusCode::ACCEPTED),
];
