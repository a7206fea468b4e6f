//! What the operations are called, and on which page they stand.

use serde_json::{Value, json};

use crate::api::routes::Row;

/// Version discovery and health.
pub const DISCOVERY: &str = "Versions and health";

/// A page, and the first words of the ids on it.
const PAGES: &[(&str, &[&str])] = &[
    (DISCOVERY, &["versions", "healthcheck"]),
    ("Volumes", &["volumes", "va", "vm", "venc"]),
    ("Snapshots", &["snap", "sa", "sm"]),
    ("Attachments", &["att"]),
    ("Backups", &["bak", "ba"]),
    ("Transfers", &["vt", "ot"]),
    ("Volume types", &["types", "es", "ta", "te", "dt"]),
    ("QoS specs", &["qos"]),
    ("Groups", &["grp", "ga", "gsn"]),
    ("Group types", &["gt", "gs"]),
    ("Consistency groups", &["cg", "cgs"]),
    ("Manageable volumes and snapshots", &["mv", "omv", "ms", "oms"]),
    ("Limits and quotas", &["limits", "quota", "qclass"]),
    ("Services and pools", &["svc", "pools", "caps", "hosts", "az", "clu", "work"]),
    ("Messages, filters and extensions", &["msg", "rf", "extensions"]),
    ("Fleet", &["cluster", "placement"]),
];

/// `(one, many)` by the first word of an id.
const NOUNS: &[(&str, &str, &str)] = &[
    ("volumes", "a volume", "volumes"),
    ("snap", "a snapshot", "snapshots"),
    ("att", "an attachment", "attachments"),
    ("bak", "a backup", "backups"),
    ("vt", "a transfer", "transfers"),
    ("ot", "a transfer (old path)", "transfers (old path)"),
    ("types", "a volume type", "volume types"),
    ("qos", "QoS specs", "QoS specs"),
    ("grp", "a group", "groups"),
    ("gsn", "a group snapshot", "group snapshots"),
    ("gt", "a group type", "group types"),
    ("gs", "a spec of a group type", "the specs of a group type"),
    ("cg", "a consistency group", "consistency groups"),
    ("cgs", "a snapshot of a consistency group", "snapshots of consistency groups"),
    ("mv", "", "volumes on a backend that can be taken in"),
    ("omv", "", "volumes on a backend that can be taken in (old path)"),
    ("ms", "", "snapshots on a backend that can be taken in"),
    ("oms", "", "snapshots on a backend that can be taken in (old path)"),
    ("extensions", "an extension", "extensions"),
    ("msg", "a message", "messages"),
    ("svc", "", "services"),
    ("hosts", "what projects have on a host", "hosts"),
    ("az", "", "availability zones"),
    ("clu", "a Cinder cluster", "Cinder clusters"),
    ("vm", "one metadatum of a volume", "the metadata of a volume"),
    ("sm", "one metadatum of a snapshot", "the metadata of a snapshot"),
    ("es", "one extra spec of a volume type", "the extra specs of a volume type"),
    ("dt", "the default type of a project", "the default types of all projects"),
    ("quota", "the quotas of a project", ""),
    ("qclass", "a quota class", ""),
    ("limits", "the limits of the project", ""),
    ("rf", "", "by what lists can be filtered"),
    ("ta", "", "the projects that may use a private type"),
    ("te", "the encryption of a volume type", ""),
    ("venc", "one part of the encryption of a volume", "the encryption of a volume"),
    ("cluster", "a cluster", "the clusters"),
];

/// Where verb and noun do not say it.
const SENTENCES: &[(&str, &str)] = &[
    ("volumes.summary", "Count volumes and sum up their sizes"),
    ("va.os-extend", "Extend a volume"),
    ("va.os-update_readonly_flag", "Make a volume read-only, or writable again"),
    ("va.os-set_bootable", "Say whether a volume can be booted from"),
    ("va.revert", "Revert a volume to its newest snapshot"),
    ("va.os-set_image_metadata", "Set image metadata of a volume"),
    ("va.os-show_image_metadata", "Show the image metadata of a volume"),
    ("va.os-unset_image_metadata", "Remove image metadata of a volume"),
    ("va.os-retype", "Change the type of a volume"),
    ("va.os-reset_status", "Reset the status of a volume"),
    ("va.os-force_delete", "Delete a volume whatever its status"),
    ("va.os-attach", "Mark a volume as attached"),
    ("va.os-detach", "Mark a volume as detached"),
    ("va.os-reserve", "Reserve a volume"),
    ("va.os-unreserve", "Give back a reserved volume"),
    ("va.os-begin_detaching", "Begin to detach a volume"),
    ("va.os-roll_detaching", "Do not detach a volume after all"),
    ("va.os-initialize_connection", "Connect a volume to a host"),
    ("va.os-terminate_connection", "Disconnect a volume from a host"),
    ("va.os-force_detach", "Detach a volume by force"),
    ("va.os-volume_upload_image", "Upload a volume as an image"),
    ("va.os-reimage", "Write an image over a volume"),
    ("va.os-migrate_volume", "Move a volume to another backend"),
    ("va.os-migrate_volume_completion", "Complete the move of a volume"),
    ("va.os-unmanage", "Let go of a volume, which stays on its backend"),
    ("va.os-extend_volume_completion", "Complete the extension of a volume"),
    ("vm.create", "Add metadata to a volume"),
    ("vm.replace", "Replace the metadata of a volume"),
    ("sm.create", "Add metadata to a snapshot"),
    ("sm.replace", "Replace the metadata of a snapshot"),
    ("sa.os-reset_status", "Reset the status of a snapshot"),
    ("sa.os-force_delete", "Delete a snapshot whatever its status"),
    ("sa.os-update_snapshot_status", "Tell the progress of an assisted snapshot"),
    ("sa.os-unmanage", "Let go of a snapshot, which stays on its backend"),
    ("att.complete", "Complete an attachment"),
    ("ba.os-reset_status", "Reset the status of a backup"),
    ("ba.os-force_delete", "Delete a backup whatever its status"),
    ("bak.restore", "Restore a backup"),
    ("bak.export", "Export the record of a backup"),
    ("bak.import", "Import the record of a backup"),
    ("vt.accept", "Accept a transfer"),
    ("ot.accept", "Accept a transfer (old path)"),
    ("es.create", "Add extra specs to a volume type"),
    ("gs.create", "Add specs to a group type"),
    ("ta.add", "Let a project use a private type"),
    ("ta.remove", "Let a project no longer use a private type"),
    ("te.item", "Show one part of the encryption of a volume type"),
    ("dt.set", "Set the default type of a project"),
    ("dt.unset", "Unset the default type of a project"),
    ("qos.delete_keys", "Delete keys of QoS specs"),
    ("qos.associations", "List the volume types that have QoS specs"),
    ("qos.associate", "Give a volume type QoS specs"),
    ("qos.disassociate", "Take QoS specs from a volume type"),
    ("qos.disassociate_all", "Take QoS specs from all volume types"),
    ("ga.delete", "Delete a group"),
    ("ga.reset_status", "Reset the status of a group"),
    ("ga.create-from-src", "Create a group from another or from a group snapshot"),
    ("ga.enable_replication", "Enable the replication of a group"),
    ("ga.disable_replication", "Disable the replication of a group"),
    ("ga.failover_replication", "Fail a group over"),
    ("ga.list_replication_targets", "List where a group is replicated to"),
    ("gsn.reset_status", "Reset the status of a group snapshot"),
    ("cg.create_from_src", "Create a consistency group from another or from a snapshot"),
    ("cg.update2", "Update a consistency group"),
    ("cg.update", "Update a consistency group (older path)"),
    ("mv.create", "Take in a volume"),
    ("omv.create", "Take in a volume (old path)"),
    ("ms.create", "Take in a snapshot"),
    ("oms.create", "Take in a snapshot (old path)"),
    ("quota.defaults", "Show the default quotas"),
    ("quota.delete", "Give a project the default quotas again"),
    ("svc.enable", "Enable a service"),
    ("svc.disable", "Disable a service"),
    ("svc.disable-log-reason", "Disable a service and say why"),
    ("svc.freeze", "Freeze a backend"),
    ("svc.thaw", "Thaw a backend"),
    ("svc.failover_host", "Fail a backend over"),
    ("svc.failover", "Fail a backend over (newer path)"),
    ("svc.get-log", "Show the log levels"),
    ("svc.set-log", "Set log levels"),
    ("pools", "List the pools as placement sees them"),
    ("caps", "Show the capabilities of a backend"),
    ("hosts.update", "Enable or disable a host"),
    ("hosts.update_all", "Refused, as upstream"),
    ("clu.enable", "Enable a Cinder cluster"),
    ("clu.disable", "Disable a Cinder cluster"),
    ("work.cleanup", "Have what was left undone done"),
    ("cluster.register", "Register a cluster"),
    ("cluster.remove", "Remove a cluster"),
    ("cluster.cordon", "Keep new volumes away from a cluster"),
    ("cluster.uncordon", "Let new volumes onto a cluster again"),
    ("placement.explain", "Explain why a volume is where it is"),
];

fn kind(id: &str) -> &str {
    id.split('.').next().unwrap_or_default()
}

/// The page of an operation.
pub fn tag(id: &str) -> &'static str {
    PAGES.iter().find(|(_, kinds)| kinds.contains(&kind(id))).map_or("", |(tag, _)| tag)
}

pub fn tags() -> Value {
    PAGES.iter().map(|(tag, _)| json!({"name": tag})).collect()
}

/// What it does, in a few words.
pub fn summary(row: &Row) -> String {
    if let Some((_, told)) = SENTENCES.iter().find(|(id, _)| *id == row.id) {
        return (*told).to_owned();
    }
    let noun = NOUNS.iter().find(|(noun, ..)| *noun == kind(row.id));
    let (one, many) = noun.map_or(("", ""), |(_, one, many)| (*one, *many));
    match row.id.split('.').nth(1).unwrap_or_default() {
        "list" => format!("List {many}"),
        "detail" => format!("List {many} in detail"),
        "create" => format!("Create {one}"),
        "show" => format!("Show {one}"),
        "update" => format!("Update {one}"),
        "delete" => format!("Delete {one}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::fleet;
    use crate::api::routes::TABLE;

    #[test]
    fn every_operation_has_a_name_and_a_page() {
        let all = || TABLE.iter().copied().flatten().chain(fleet::TABLE);
        for row in all() {
            let told = summary(row);
            assert!(told.split(' ').nth(1).is_some_and(|word| !word.is_empty()), "{}: {told:?}", row.id);
            assert!(!tag(row.id).is_empty(), "{}", row.id);
        }
        for (id, _) in SENTENCES {
            assert!(all().any(|row| row.id == *id), "{id}");
        }
    }
}
