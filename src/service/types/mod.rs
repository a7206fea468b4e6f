//! Volume types: which one a volume gets; what administrators do to them is in the files beside.

mod access;
mod defaults;
mod encryption;
mod extra_specs;
mod manage;
mod read;

pub use encryption::no_encryption;
pub use extra_specs::{SpecsChange, spec_not_found};
pub use read::Shown;

use super::{Settings, confined_to};
use crate::domain::volume_type::{DEFAULT_TYPE_NAME, VolumeType};
use crate::domain::{Ctx, Error, ProjectId, Result, VolumeTypeId};
use crate::store::Session;

/// The type a request names, by id or name, if this caller may use it.
///
/// # Errors
/// `NotFound`, also for a private type of others.
pub async fn resolve(session: &mut Session, ctx: &Ctx, id_or_name: &str) -> Result<VolumeType> {
    let parsed = id_or_name.parse::<VolumeTypeId>();
    let what = if parsed.is_ok() { "Volume type" } else { "Volume type with name" };
    let missing = || Error::not_found(format!("{what} {id_or_name} could not be found."));
    let by_id = match parsed {
        Ok(id) => session.find_type(id).await?,
        Err(_) => None,
    };
    let found = match by_id {
        Some(found) => found,
        None => session.find_type_by_name(id_or_name).await?.ok_or_else(missing)?,
    };
    match confined_to(ctx) {
        Some(project) if !session.may_use_type(&found, project).await? => Err(missing()),
        _ => Ok(found),
    }
}

/// The cloud's default type: the configured one, else `__DEFAULT__`.
///
/// # Errors
/// `Invalid` when neither exists any more.
pub async fn default(session: &mut Session, settings: &Settings) -> Result<VolumeType> {
    for name in [settings.default_volume_type.as_str(), DEFAULT_TYPE_NAME] {
        if let Some(found) = session.find_type_by_name(name).await? {
            return Ok(found);
        }
    }
    Err(Error::invalid("Invalid input received: No default volume type is configured."))
}

/// The type of a project's volumes that name none: the project's, else the cloud's.
///
/// # Errors
/// `Invalid` when there is none.
pub async fn default_of(
    session: &mut Session,
    settings: &Settings,
    project: &ProjectId,
) -> Result<VolumeType> {
    if let Some(id) = session.default_type_of(project).await?
        && let Some(found) = session.find_type(id).await?
    {
        return Ok(found);
    }
    default(session, settings).await
}

pub(super) fn not_found(id: &str) -> Error {
    Error::not_found(format!("Volume type {id} could not be found."))
}
