//! Every 202 is accounted for: the thing exists as asked, or it was deleted as asked, or it is in
//! error (and then the audit has seen that nothing is behind it).

use std::collections::{BTreeMap, BTreeSet};

use hearth::domain::attachment::volume_after;
use hearth::domain::snapshot::Snapshot;
use hearth::domain::status::{SnapshotStatus, VolumeStatus};
use hearth::domain::volume::Volume;
use hearth::store::Store;

use crate::audit;
use crate::gateway::{Api, PROJECT};
use crate::ledger::{Heard, Ledger, Promise};

pub fn promises(ledger: &Ledger, volumes: &[Volume], snapshots: &[Snapshot]) -> Vec<String> {
    let mut wrong = ledger.wrong.lock().unwrap().clone();
    let rows: BTreeMap<String, &Volume> = volumes.iter().map(|row| (row.id.to_string(), row)).collect();
    for (id, promise) in ledger.volumes.lock().unwrap().iter() {
        let row = rows.get(id);
        if let Some(what) = existence(promise, row.is_some()) {
            wrong.push(format!("volume {id} {what}, promised {promise:?}"));
        }
        let Some(row) = row else { continue };
        let good =
            is_of_use(row.status) || matches!(row.status, VolumeStatus::Error | VolumeStatus::ErrorExtending);
        // A growth that was accepted and then refused by the cluster says so by its status.
        let right = promise.sizes.contains(&u64::from(row.size.0));
        if !good || !(right || row.status == VolumeStatus::ErrorExtending) {
            wrong.push(format!("volume {id} is {} of {} GiB, promised {promise:?}", row.status, row.size));
        }
    }
    let rows: BTreeMap<String, &Snapshot> = snapshots.iter().map(|row| (row.id.to_string(), row)).collect();
    for (id, promise) in ledger.snapshots.lock().unwrap().iter() {
        let row = rows.get(id);
        if let Some(what) = existence(promise, row.is_some()) {
            wrong.push(format!("snapshot {id} {what}, promised {promise:?}"));
        }
        if row.is_some_and(|row| !matches!(row.status, SnapshotStatus::Available | SnapshotStatus::Error)) {
            wrong.push(format!("snapshot {id} is {:?}", row.map(|row| row.status)));
        }
    }
    let failed = volumes.iter().filter(|row| !is_of_use(row.status)).count();
    // Nothing here is refused for good by a cluster, apart from a source that was deleted.
    if failed * 10 > volumes.len().max(20) {
        wrong.push(format!("{failed} of {} volumes are in error", volumes.len()));
    }
    println!("{} volumes ({failed} in error), {} snapshots", volumes.len(), snapshots.len());
    wrong
}

/// Statuses that say only who uses the volume; `uses` holds them against the attachments.
const fn is_of_use(status: VolumeStatus) -> bool {
    use VolumeStatus as S;
    matches!(status, S::Available | S::Reserved | S::Attaching | S::InUse | S::Detaching)
}

/// A volume is as its attachments make it, where all its hosts came the new way.
pub async fn uses(ledger: &Ledger, store: &Store) -> Vec<String> {
    let (volumes, _) = audit::rows(store).await;
    let old_way: BTreeSet<String> =
        ledger.hosts.lock().unwrap().keys().map(|(volume, _)| volume.clone()).collect();
    let mut session = store.read().await.unwrap();
    let (mut wrong, mut attached) = (Vec::new(), 0);
    for volume in volumes.iter().filter(|row| is_of_use(row.status)) {
        let attachments = session.attachments_of(volume.id).await.unwrap();
        attached += attachments.len();
        let (status, _) = volume_after(&attachments);
        if volume.status != status && !old_way.contains(&volume.id.to_string()) {
            wrong.push(format!("volume {} is {}, its attachments say {status}", volume.id, volume.status));
        }
    }
    println!("{attached} attachments, {} volumes with hosts that came the old way", old_way.len());
    wrong
}

fn existence(promise: &Promise, exists: bool) -> Option<&'static str> {
    match (promise.deleted, exists) {
        (Heard::Yes, true) => Some("was not deleted"),
        (Heard::No, false) => Some("is lost"),
        _ => None,
    }
}

/// What the API counts against the quota is what there is.
pub async fn quota(api: &Api, volumes: &[Volume], snapshots: &[Snapshot]) -> Vec<String> {
    let (status, body) = api.get(&format!("/os-quota-sets/{PROJECT}?usage=True")).await.unwrap();
    assert_eq!(status, 200, "{body}");
    let of_volumes: u64 = volumes.iter().map(|row| u64::from(row.size.0)).sum();
    let of_snapshots: u64 = snapshots.iter().map(|row| u64::from(row.volume_size.0)).sum();
    let counted = [
        ("volumes", volumes.len() as u64),
        ("snapshots", snapshots.len() as u64),
        ("gigabytes", of_volumes + of_snapshots),
    ];
    let said = |resource: &str| body["quota_set"][resource]["in_use"].as_u64();
    let differs = counted.into_iter().filter(|(resource, count)| said(resource) != Some(*count));
    differs
        .map(|(resource, count)| format!("quota says {:?} {resource}, there are {count}", said(resource)))
        .collect()
}
