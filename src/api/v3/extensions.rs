//! `/extensions`: the 32 aliases every Cinder has. Clients look only at the alias, to find out
//! whether a feature is there at all.

use serde::Serialize;

use crate::api::call::Call;
use crate::api::fault;
use crate::api::reply::Reply;
use crate::domain::{Error, Result};

#[derive(Debug, Serialize)]
struct Extension {
    name: &'static str,
    alias: &'static str,
    description: &'static str,
    updated: &'static str,
    links: [(); 0],
}

const fn of(
    name: &'static str,
    alias: &'static str,
    description: &'static str,
    updated: &'static str,
) -> Extension {
    Extension { name, alias, description, updated, links: [] }
}

static ALL: [Extension; 32] = [
    of("SchedulerHints", "OS-SCH-HNT", "Hints for the placement of a volume.", "2013-04-18T00:00:00+00:00"),
    of("Backups", "backups", "Backups of volumes.", "2012-12-12T00:00:00+00:00"),
    of("Capabilities", "capabilities", "What a backend can do.", "2015-08-31T00:00:00+00:00"),
    of("Cgsnapshots", "cgsnapshots", "Snapshots of consistency groups.", "2014-08-18T00:00:00+00:00"),
    of("Consistencygroups", "consistencygroups", "Consistency groups.", "2014-08-18T00:00:00+00:00"),
    of("VolumeTypeEncryption", "encryption", "Encryption of volume types.", "2013-07-01T00:00:00+00:00"),
    of("AdminActions", "os-admin-actions", "Actions of administrators.", "2012-08-25T00:00:00+00:00"),
    of("AvailabilityZones", "os-availability-zone", "Availability zones.", "2013-06-27T00:00:00+00:00"),
    of("ExtendedServices", "os-extended-services", "More about services.", "2014-01-10T00:00:00-00:00"),
    of(
        "ExtendedSnapshotAttributes",
        "os-extended-snapshot-attributes",
        "Project and progress of snapshots.",
        "2012-06-19T00:00:00+00:00",
    ),
    of("Hosts", "os-hosts", "Hosts of volumes.", "2011-06-29T00:00:00+00:00"),
    of("QuotaClasses", "os-quota-class-sets", "Quota classes.", "2012-03-12T00:00:00+00:00"),
    of("Quotas", "os-quota-sets", "Quotas.", "2011-08-08T00:00:00+00:00"),
    of("Services", "os-services", "Services.", "2012-10-28T00:00:00-00:00"),
    of("SnapshotActions", "os-snapshot-actions", "Actions on snapshots.", "2013-07-16T00:00:00+00:00"),
    of("SnapshotManage", "os-snapshot-manage", "Adoption of snapshots.", "2014-12-31T00:00:00+00:00"),
    of("SnapshotUnmanage", "os-snapshot-unmanage", "Release of snapshots.", "2014-12-31T00:00:00+00:00"),
    of("TypesExtraSpecs", "os-types-extra-specs", "Extra specs of types.", "2011-08-24T00:00:00+00:00"),
    of("TypesManage", "os-types-manage", "Changes of types.", "2011-08-24T00:00:00+00:00"),
    of("UsedLimits", "os-used-limits", "Use of the limits.", "2013-10-03T00:00:00+00:00"),
    of("VolumeHostAttribute", "os-vol-host-attr", "Host of a volume.", "2011-11-03T00:00:00+00:00"),
    of(
        "VolumeImageMetadata",
        "os-vol-image-meta",
        "Image metadata of a volume.",
        "2012-12-07T00:00:00+00:00",
    ),
    of(
        "VolumeMigStatusAttribute",
        "os-vol-mig-status-attr",
        "Migration of a volume.",
        "2013-08-08T00:00:00+00:00",
    ),
    of("VolumeTenantAttribute", "os-vol-tenant-attr", "Project of a volume.", "2011-11-03T00:00:00+00:00"),
    of("VolumeActions", "os-volume-actions", "Actions on volumes.", "2012-05-31T00:00:00+00:00"),
    of(
        "VolumeEncryptionMetadata",
        "os-volume-encryption-metadata",
        "Encryption of a volume.",
        "2013-07-10T00:00:00+00:00",
    ),
    of("VolumeManage", "os-volume-manage", "Adoption of volumes.", "2014-02-10T00:00:00+00:00"),
    of("VolumeTransfer", "os-volume-transfer", "Transfers between projects.", "2013-05-29T00:00:00+00:00"),
    of("VolumeTypeAccess", "os-volume-type-access", "Access to private types.", "2014-06-26T00:00:00Z"),
    of("VolumeUnmanage", "os-volume-unmanage", "Release of volumes.", "2012-05-31T00:00:00+00:00"),
    of("Qos_specs_manage", "qos-specs", "QoS specs.", "2013-08-02T00:00:00+00:00"),
    of(
        "Scheduler_stats",
        "scheduler-stats",
        "Pools as the scheduler sees them.",
        "2014-09-07T00:00:00+00:00",
    ),
];

#[derive(Serialize)]
struct List {
    extensions: &'static [Extension],
}

#[derive(Serialize)]
struct One {
    extension: &'static Extension,
}

pub async fn list(_: Call) -> Result<Reply> {
    Ok(Reply::ok(&List { extensions: &ALL }))
}

pub async fn show(call: Call) -> Result<Reply> {
    let alias = call.param("alias");
    let extension = ALL.iter().find(|extension| extension.alias == alias);
    let extension = extension.ok_or_else(|| Error::not_found(fault::NOT_FOUND))?;
    Ok(Reply::ok(&One { extension }))
}
