//! `PUT /snapshots/{id}`.

use super::load_authorized;
use super::view::{One, Shape, View};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::Result;
use crate::domain::snapshot::SnapshotChanges;

pub async fn update(call: Call) -> Result<Reply> {
    let fields = call.object("snapshot");
    let changes = SnapshotChanges {
        name: fields.stripped(["name", "display_name"]),
        description: fields.stripped(["description", "display_description"]),
    };
    load_authorized(&call).await?;
    let snapshot = call.edge.services.update_snapshot(&call.ctx, call.param("id"), &changes).await?;
    let shape = Shape::Detail(call.version());
    Ok(Reply::ok(&One { snapshot: View { snapshot: &snapshot, shape } }))
}
