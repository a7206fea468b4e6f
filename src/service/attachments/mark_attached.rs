//! `os-attach`: the caller says that it has attached the volume. A server or host that has an
//! attachment of it already keeps that one.

use super::invalid;
use crate::domain::attachment::Attachment;
use crate::domain::status::{AttachStatus, VolumeStatus, migration_is_idle};
use crate::domain::volume::{ATTACHED_MODE, READONLY, Volume};
use crate::domain::{AttachmentId, Ctx, Error, Result};
use crate::service::Services;
use crate::service::volumes::{parse_id, visible};

/// What the caller says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldAttach {
    pub instance_id: Option<String>,
    pub host: Option<String>,
    pub mountpoint: Option<String>,
    /// `rw` or `ro`.
    pub mode: String,
}

impl Services {
    /// Marks the volume attached.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` for the status or a mode the volume does not have.
    pub async fn mark_attached(&self, ctx: &Ctx, id: &str, attach: &OldAttach) -> Result<()> {
        let id = parse_id(id)?;
        self.store
            .write("mark a volume attached", |tx, _| {
                Box::pin(async move {
                    let mut volume = visible(tx, ctx, id).await?;
                    if let Err(refusal) = may_attach(&mut volume, attach) {
                        return Ok(Err(refusal));
                    }
                    let others = tx.attachments_of(id).await?;
                    let outcome = join(ctx, &mut volume, &others, attach);
                    volume.updated_at = Some(ctx.clock.now());
                    tx.update_volume(&volume).await?;
                    if let Ok(Some(new)) = &outcome {
                        tx.insert_attachment(new).await?;
                    }
                    Ok(outcome.map(drop))
                })
            })
            .await?
    }
}

/// The first half of the checks. That nobody has said anything of reading is settled with it, also
/// for what is refused later.
pub(super) fn may_attach(volume: &mut Volume, attach: &OldAttach) -> Result<()> {
    if volume.status == VolumeStatus::Maintenance {
        return Err(invalid("The volume cannot be attached in maintenance mode.".to_owned()));
    }
    let readonly = volume.admin_metadata.entry(READONLY.to_owned()).or_insert_with(|| "False".to_owned());
    if readonly == "True" && attach.mode != "ro" {
        let id = volume.id;
        return Err(Error::invalid(format!("Invalid attaching mode '{}' for volume {id}.", attach.mode)));
    }
    Ok(())
}

/// Changes the volume; the new attachment, if one is needed.
pub(super) fn join(
    ctx: &Ctx,
    volume: &mut Volume,
    others: &[Attachment],
    attach: &OldAttach,
) -> Result<Option<Attachment>> {
    let other_mode = volume.admin_metadata.get(ATTACHED_MODE).is_some_and(|mode| *mode != attach.mode);
    if volume.status == VolumeStatus::Attaching && other_mode {
        return Err(invalid("being attached by different mode".to_owned()));
    }
    let host = attach.host.as_deref().filter(|host| !host.is_empty()).map(as_host_name);
    let is_its_own = |other: &&Attachment| match &attach.instance_id {
        Some(instance) => other.instance_id.as_ref() == Some(instance),
        None => other.host == host,
    };
    if others.iter().any(|other| is_its_own(&other)) {
        volume.attach_to(VolumeStatus::InUse, volume.attach_status);
        return Ok(None);
    }
    let idle = migration_is_idle(volume.migration_status.as_deref());
    if volume.status == VolumeStatus::InUse && !volume.multiattach && idle {
        return Err(invalid(
            "volume is already attached and multiple attachments are not enabled".to_owned(),
        ));
    }
    volume.attach_to(VolumeStatus::InUse, AttachStatus::Attached);
    volume.admin_metadata.insert(ATTACHED_MODE.to_owned(), attach.mode.clone());
    let now = ctx.clock.now();
    Ok(Some(Attachment {
        id: AttachmentId::random(),
        volume_id: volume.id,
        project_id: volume.project_id.clone(),
        instance_id: attach.instance_id.clone(),
        host,
        mountpoint: attach.mountpoint.clone(),
        status: AttachStatus::Attached,
        mode: Some(attach.mode.clone()),
        attached_at: Some(now),
        connector: None,
        connection_info: None,
        created_at: now,
        // Cinder makes it first and marks it attached then.
        updated_at: Some(ctx.clock.now()),
        version: 1,
    }))
}

/// What of a text can be the name of a host: letters, digits, dots and dashes.
fn as_host_name(text: &str) -> String {
    let latin = text.chars().filter(|c| u32::from(*c) < 256);
    let dashed = latin.map(|c| if c == ' ' || c == '_' { '-' } else { c });
    let kept: String = dashed.filter(|c| c.is_alphanumeric() || matches!(c, '.' | '-')).collect();
    kept.to_lowercase().trim_matches(['.', '-']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_named_as_the_name_service_would() {
        for (told, kept) in [
            ("host", "host"),
            ("My_Host 1", "my-host-1"),
            ("-a.b!", "a.b"),
            ("\u{4e2d}", ""),
            ("Wörth.", "wörth"),
        ] {
            assert_eq!(as_host_name(told), kept);
        }
    }
}
