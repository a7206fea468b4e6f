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
    of(
        "SchedulerHints",
        "OS-SCH-HNT",
        "Pass arbitrary key/value pairs to the scheduler.",
        "2013-04-18T00:00:00+00:00",
    ),
    of("Backups", "backups", "Backups support.", "2012-12-12T00:00:00+00:00"),
    of("Capabilities", "capabilities", "Capabilities support.", "2015-08-31T00:00:00+00:00"),
    of("Cgsnapshots", "cgsnapshots", "cgsnapshots support.", "2014-08-18T00:00:00+00:00"),
    of("Consistencygroups", "consistencygroups", "consistency groups support.", "2014-08-18T00:00:00+00:00"),
    of(
        "VolumeTypeEncryption",
        "encryption",
        "Encryption support for volume types.",
        "2013-07-01T00:00:00+00:00",
    ),
    of("AdminActions", "os-admin-actions", "Enable admin actions.", "2012-08-25T00:00:00+00:00"),
    of(
        "AvailabilityZones",
        "os-availability-zone",
        "Describe Availability Zones.",
        "2013-06-27T00:00:00+00:00",
    ),
    of("ExtendedServices", "os-extended-services", "Extended services support.", "2014-01-10T00:00:00-00:00"),
    of(
        "ExtendedSnapshotAttributes",
        "os-extended-snapshot-attributes",
        "Extended SnapshotAttributes support.",
        "2012-06-19T00:00:00+00:00",
    ),
    of("Hosts", "os-hosts", "Admin-only host administration.", "2011-06-29T00:00:00+00:00"),
    of(
        "QuotaClasses",
        "os-quota-class-sets",
        "Quota classes management support.",
        "2012-03-12T00:00:00+00:00",
    ),
    of("Quotas", "os-quota-sets", "Quota management support.", "2011-08-08T00:00:00+00:00"),
    of("Services", "os-services", "Services support.", "2012-10-28T00:00:00-00:00"),
    of(
        "SnapshotActions",
        "os-snapshot-actions",
        "Enable snapshot manager actions.",
        "2013-07-16T00:00:00+00:00",
    ),
    of(
        "SnapshotManage",
        "os-snapshot-manage",
        "Allows existing backend storage to be 'managed' by Cinder.",
        "2014-12-31T00:00:00+00:00",
    ),
    of(
        "SnapshotUnmanage",
        "os-snapshot-unmanage",
        "Enable volume unmanage operation.",
        "2014-12-31T00:00:00+00:00",
    ),
    of("TypesExtraSpecs", "os-types-extra-specs", "Type extra specs support.", "2011-08-24T00:00:00+00:00"),
    of("TypesManage", "os-types-manage", "Types manage support.", "2011-08-24T00:00:00+00:00"),
    of(
        "UsedLimits",
        "os-used-limits",
        "Provide data on limited resources that are being used.",
        "2013-10-03T00:00:00+00:00",
    ),
    of(
        "VolumeHostAttribute",
        "os-vol-host-attr",
        "Expose host as an attribute of a volume.",
        "2011-11-03T00:00:00+00:00",
    ),
    of(
        "VolumeImageMetadata",
        "os-vol-image-meta",
        "Show image metadata associated with the volume.",
        "2012-12-07T00:00:00+00:00",
    ),
    of(
        "VolumeMigStatusAttribute",
        "os-vol-mig-status-attr",
        "Expose migration_status as an attribute of a volume.",
        "2013-08-08T00:00:00+00:00",
    ),
    of(
        "VolumeTenantAttribute",
        "os-vol-tenant-attr",
        "Expose the internal project_id as an attribute of a volume.",
        "2011-11-03T00:00:00+00:00",
    ),
    of("VolumeActions", "os-volume-actions", "Enable volume actions.", "2012-05-31T00:00:00+00:00"),
    of(
        "VolumeEncryptionMetadata",
        "os-volume-encryption-metadata",
        "Volume encryption metadata retrieval support.",
        "2013-07-10T00:00:00+00:00",
    ),
    of(
        "VolumeManage",
        "os-volume-manage",
        "Allows existing backend storage to be 'managed' by Cinder.",
        "2014-02-10T00:00:00+00:00",
    ),
    of(
        "VolumeTransfer",
        "os-volume-transfer",
        "Volume transfer management support.",
        "2013-05-29T00:00:00+00:00",
    ),
    of("VolumeTypeAccess", "os-volume-type-access", "Volume type access support.", "2014-06-26T00:00:00Z"),
    of(
        "VolumeUnmanage",
        "os-volume-unmanage",
        "Enable volume unmanage operation.",
        "2012-05-31T00:00:00+00:00",
    ),
    of("Qos_specs_manage", "qos-specs", "QoS specs support.", "2013-08-02T00:00:00+00:00"),
    of("Scheduler_stats", "scheduler-stats", "Scheduler stats support.", "2014-09-07T00:00:00+00:00"),
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
