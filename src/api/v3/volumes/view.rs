//! A volume as JSON, at the asked microversion.
//!
//! Fields are written in the order in which they came to the API, straight from the domain types
//! into the reply's buffer: a page of a thousand volumes builds no tree in between.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::api::call::Call;
use crate::api::links::Collection;
use crate::api::page::NextLink;
use crate::api::time::Time;
use crate::auth::Target;
use crate::domain::Microversion;
use crate::domain::cluster::host;
use crate::domain::status::migration_is_idle;
use crate::domain::volume::{ATTACHED_MODE, AttachedTo, READONLY, Volume, VolumeDetails};

/// What the caller may see, asked once a request.
#[derive(Debug, Clone, Copy)]
pub struct Sees {
    pub version: Microversion,
    /// Fields of administrators.
    pub admin: bool,
    /// Where an attachment is: administrators and services.
    pub host_names: bool,
    /// The `os-vol-*` attributes, by rule.
    pub tenant: bool,
    pub host: bool,
    pub migration: bool,
    pub image_metadata: bool,
}

impl Sees {
    /// For show and detail.
    pub fn of(call: &Call) -> Self {
        let own = Target::own(&call.ctx);
        Self {
            tenant: call.may("volume_extension:volume_tenant_attribute", &own),
            host: call.may("volume_extension:volume_host_attribute", &own),
            migration: call.may("volume_extension:volume_mig_status_attribute", &own),
            image_metadata: call.may("volume_extension:volume_image_metadata:show", &own),
            ..Self::without_extensions(call)
        }
    }

    /// For the replies of create and update, which lack what extensions add.
    pub fn without_extensions(call: &Call) -> Self {
        let admin = call.ctx.is_admin;
        let service = call.ctx.roles.iter().any(|role| role == "service");
        Self {
            version: call.version(),
            admin,
            host_names: admin || service,
            tenant: false,
            host: false,
            migration: false,
            image_metadata: false,
        }
    }
}

/// One volume in full.
pub struct Detail<'a> {
    pub details: &'a VolumeDetails,
    pub links: &'a Collection,
    pub sees: Sees,
}

impl Serialize for Detail<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.base(&mut map)?;
        self.since(&mut map)?;
        self.extensions(&mut map)?;
        map.end()
    }
}

impl Detail<'_> {
    /// What 3.0 has.
    fn base<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let volume = &self.details.volume;
        map.serialize_entry("id", &volume.id)?;
        map.serialize_entry("status", volume.status.shown().as_str())?;
        map.serialize_entry("size", &volume.size)?;
        map.serialize_entry("availability_zone", &volume.availability_zone)?;
        map.serialize_entry("created_at", &Time(volume.created_at))?;
        map.serialize_entry("updated_at", &volume.updated_at.map(Time))?;
        map.serialize_entry("name", &volume.name)?;
        map.serialize_entry("description", &volume.description)?;
        map.serialize_entry("volume_type", &self.details.type_name.as_deref())?;
        map.serialize_entry("snapshot_id", &volume.snapshot_id)?;
        map.serialize_entry("source_volid", &volume.source_volid)?;
        map.serialize_entry("metadata", &UserMetadata(volume))?;
        map.serialize_entry("links", &self.links.item(volume.id))?;
        map.serialize_entry("user_id", &volume.user_id)?;
        map.serialize_entry("bootable", if volume.bootable { "true" } else { "false" })?;
        map.serialize_entry("encrypted", &false)?;
        map.serialize_entry("replication_status", &None::<&str>)?;
        map.serialize_entry("consistencygroup_id", &self.details.consistency_group)?;
        map.serialize_entry("multiattach", &volume.multiattach)?;
        map.serialize_entry("attachments", &Attachments { of: self.details, hosts: self.sees.host_names })?;
        if self.sees.admin {
            map.serialize_entry("migration_status", &volume.migration_status)?;
        }
        Ok(())
    }

    /// What later microversions added, in their order.
    fn since<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let (volume, sees) = (&self.details.volume, self.sees);
        let since = |minor| sees.version.at_least(minor);
        if since(13) {
            map.serialize_entry("group_id", &volume.group_id)?;
        }
        if since(21) && sees.admin {
            let place = volume.location.as_ref();
            let id = place.and_then(|place| place.uuid.map(|uuid| format!("{} {uuid}", place.project)));
            map.serialize_entry("provider_id", &id)?;
        }
        if since(48) {
            // Each volume is a namespace of its own, so os-brick needs no lock between them; but as
            // long as no cluster has made it nobody knows, and Cinder says yes then.
            let made = volume.location.as_ref().is_some_and(|place| place.uuid.is_some());
            map.serialize_entry("shared_targets", &!made)?;
            map.serialize_entry("service_uuid", &volume.location.as_ref().map(|place| place.cluster_id))?;
        }
        if since(61) && sees.admin {
            map.serialize_entry("cluster_name", &None::<&str>)?;
        }
        if since(63) {
            map.serialize_entry("volume_type_id", &volume.volume_type_id)?;
        }
        if since(65) {
            map.serialize_entry("consumes_quota", &volume.consumes_quota)?;
        }
        Ok(())
    }

    fn extensions<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let (volume, sees) = (&self.details.volume, self.sees);
        if sees.tenant {
            map.serialize_entry("os-vol-tenant-attr:tenant_id", &volume.project_id)?;
        }
        if sees.migration {
            let moving = volume.migration_status.as_deref();
            let shown = moving.filter(|_| !migration_is_idle(moving) || sees.admin);
            map.serialize_entry("os-vol-mig-status-attr:migstat", &shown)?;
            let name_id = volume.location.as_ref().and_then(|place| place.name_id);
            map.serialize_entry("os-vol-mig-status-attr:name_id", &name_id)?;
        }
        if sees.host {
            map.serialize_entry("os-vol-host-attr:host", &self.details.cluster.as_ref().map(host))?;
        }
        if sees.image_metadata && !volume.image_metadata.is_empty() {
            map.serialize_entry("volume_image_metadata", &volume.image_metadata)?;
        }
        Ok(())
    }
}

/// The user's keys with those of the gateway's that users may see.
pub struct UserMetadata<'a>(pub &'a Volume);

/// Of the gateway's own keys, these are shown.
const VISIBLE: [&str; 2] = [READONLY, ATTACHED_MODE];

impl Serialize for UserMetadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (user, own) = (&self.0.metadata, &self.0.admin_metadata);
        if own.is_empty() {
            return user.serialize(serializer);
        }
        let shown = || VISIBLE.iter().filter_map(|key| own.get_key_value(*key));
        let kept = user.iter().filter(|(key, _)| !shown().any(|(own, _)| own == *key));
        serializer.collect_map(kept.chain(shown()))
    }
}

struct Attachments<'a> {
    of: &'a VolumeDetails,
    hosts: bool,
}

impl Serialize for Attachments<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let one = |attachment| Attachment { of: self.of, attachment, hosts: self.hosts };
        serializer.collect_seq(self.of.attachments.iter().map(one))
    }
}

struct Attachment<'a> {
    of: &'a VolumeDetails,
    attachment: &'a AttachedTo,
    hosts: bool,
}

impl Serialize for Attachment<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (volume, attachment) = (&self.of.volume, self.attachment);
        let mut map = serializer.serialize_map(Some(7))?;
        // Yes, the volume's: that is what clients have known since Nova's own volume API.
        map.serialize_entry("id", &volume.id)?;
        map.serialize_entry("attachment_id", &attachment.id)?;
        map.serialize_entry("volume_id", &volume.id)?;
        map.serialize_entry("server_id", &attachment.server_id)?;
        map.serialize_entry("host_name", &attachment.host_name.as_ref().filter(|_| self.hosts))?;
        map.serialize_entry("device", &attachment.device)?;
        map.serialize_entry("attached_at", &attachment.attached_at.map(Time))?;
        map.end()
    }
}

/// One line of the short list.
pub struct Summary<'a> {
    pub volume: &'a Volume,
    pub links: &'a Collection,
}

impl Serialize for Summary<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("id", &self.volume.id)?;
        map.serialize_entry("name", &self.volume.name)?;
        map.serialize_entry("links", &self.links.item(self.volume.id))?;
        map.end()
    }
}

/// `{"volume": …}`.
#[derive(Serialize)]
pub struct One<T> {
    pub volume: T,
}

/// `{"volumes": […]}`.
#[derive(Serialize)]
pub struct List<T> {
    pub volumes: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volumes_links: Option<[NextLink; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}
