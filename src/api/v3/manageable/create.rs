//! Taking volumes and snapshots in. The reply is that of 3.0 at every version, as upstream.

use serde_json::Value;

use super::Place;
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::api::v3::{snapshots, volumes};
use crate::domain::manageable::{NewManagedSnapshot, NewManagedVolume, Reference};
use crate::domain::{Microversion, Result};

/// Since which version a cluster may be named instead of a host.
const CLUSTER: u16 = 16;

pub async fn volume(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    call.require_project()?;
    let fields = call.object("volume");
    let place = Place::of(&call, CLUSTER, |name| fields.text(name))?;
    let stripped = |name| fields.nonempty(name).map(|text| text.trim().to_owned());
    let new = NewManagedVolume {
        host: place.host.unwrap_or_default(),
        cluster: place.cluster,
        reference: reference(fields.get("ref")),
        name: stripped("name"),
        description: stripped("description"),
        volume_type: fields.nonempty("volume_type"),
        availability_zone: fields.text("availability_zone"),
        bootable: fields.boolean("bootable").unwrap_or_default(),
        metadata: fields.metadata("metadata").unwrap_or_default(),
    };
    let details = call.edge.services.manage_volume(&call.ctx, &new).await?;
    let links = call.links.of("volumes");
    let sees =
        volumes::view::Sees { version: Microversion::v(0), ..volumes::view::Sees::without_extensions(&call) };
    let volume = volumes::view::Detail { details: &details, links: &links, sees };
    Ok(Reply::accepted(&volumes::view::One { volume }))
}

pub async fn snapshot(call: Call) -> Result<Reply> {
    let fields = call.object("snapshot");
    let volume_id = fields.text("volume_id").unwrap_or_default();
    let details = volumes::load_named(&call, &volume_id).await?;
    call.authorize(&volumes::target(&details))?;
    call.require_project()?;
    let new = NewManagedSnapshot {
        volume_id,
        reference: reference(fields.get("ref")),
        name: fields.text("name"),
        description: fields.text("description"),
        metadata: fields.metadata("metadata").unwrap_or_default(),
    };
    let snapshot = call.edge.services.manage_snapshot(&call.ctx, &new).await?;
    let view = snapshots::view::View { snapshot: &snapshot, shape: snapshots::view::Shape::Summary };
    Ok(Reply::accepted(&snapshots::view::One { snapshot: view }))
}

/// A bare text is a name.
fn reference(given: Option<&Value>) -> Reference {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match given {
        Some(Value::Object(map)) => {
            Reference { name: map.get("source-name").and_then(text), id: map.get("source-id").and_then(text) }
        }
        Some(Value::String(name)) => Reference { name: Some(name.clone()), id: None },
        _ => Reference::default(),
    }
}
