//! The client against the simulated cluster, which shares no code with it.

use std::net::Ipv4Addr;
use std::time::Duration;

use futures::TryStreamExt;
use hearth::domain::{BackendUuid, Bytes, Clock, ClusterId, ClusterName, Gib, LightosProject};
use hearth::lightbits::{
    Acl, Cluster, CreatePolicy, CreateSnapshot, CreateVolume, Credentials, Deleting, Endpoint, ListFilter,
    NodeState, Outcome, PolicyVisibility, QosLimit, QosRef, Rate, Reason, Resolution, RsaKey, Settings,
    Settled, TlsTrust, Trouble, UpdateVolume, Volume, VolumeState,
};
use hearth::simulator::{self, Options, Quirks, ROOT_KID, Running, Timings};
use serde_json::{Value, json};

use crate::answers::request;
use crate::server::{USER, project};

struct Lab {
    sim: Running,
    cluster: Cluster,
    _dir: tempfile::TempDir,
}

/// A simulated cluster of three nodes on addresses of its own, and a client that knows only the
/// first of them.
async fn lab(network: u8, change: impl FnOnce(&mut Options)) -> Lab {
    let dir = tempfile::tempdir().unwrap();
    let mut options = Options { ip_base: Ipv4Addr::new(127, 77, network, 0), ..Options::new(dir.path()) };
    change(&mut options);
    let sim = simulator::start(options).await.unwrap();
    let first = sim.endpoints()[0];
    let settings = Settings {
        expected_uuid: Some(ClusterId::from_uuid(sim.uuid())),
        credentials: Credentials::RsaKey(RsaKey {
            path: sim.keys().root_key.clone(),
            kid: ROOT_KID.to_owned(),
            subject: "hearth".to_owned(),
            roles: vec!["system:cluster-admin".to_owned()],
        }),
        tls: TlsTrust::File(sim.ca().to_owned()),
        ..Settings::new(ClusterName::new("a"), vec![Endpoint::new(first.ip().to_string(), first.port())])
    };
    let cluster = Cluster::new(settings, Clock::System).unwrap();
    Lab { sim, cluster, _dir: dir }
}

impl Lab {
    async fn direct(&self, path: &str, body: Value) {
        let url = format!("http://{}{path}", self.sim.control());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = http.post(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    }

    async fn fault(&self, operation: &str, action: Value) {
        let rule = json!({"match": {"operation": operation}, "action": action, "count": 1});
        self.direct("/faults", json!({"rules": [rule]})).await;
    }

    /// The volume once it has settled.
    async fn ready(&self, uuid: BackendUuid) -> Volume {
        let look = async {
            loop {
                match self.cluster.volume(USER, &project(), uuid).await.unwrap() {
                    Some(volume) if volume.state.is_ready() => return volume,
                    Some(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                    None => panic!("{uuid} is gone"),
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), look).await.unwrap()
    }

    async fn make(&self, request: &CreateVolume) -> Volume {
        let outcome = self.cluster.create_volume(USER, request).await;
        let Outcome::Done(volume) = outcome else { panic!("{outcome:?}") };
        self.ready(volume.uuid).await
    }

    async fn snap(&self, name: &str, volume: BackendUuid) -> BackendUuid {
        let request = CreateSnapshot {
            project: project(),
            name: name.to_owned(),
            volume,
            description: Some("d".to_owned()),
        };
        let outcome = self.cluster.create_snapshot(USER, &request).await;
        let Outcome::Done(snapshot) = outcome else { panic!("{outcome:?}") };
        snapshot.uuid
    }
}

#[tokio::test]
async fn the_cluster_describes_itself() {
    for quirks in [Quirks::default(), Quirks { emit_defaults: true, ..Quirks::default() }] {
        let lab = lab(1, |options| options.quirks = quirks).await;
        assert_eq!(lab.cluster.version(USER).await.unwrap().as_deref(), Some("v2.0"));
        let status = lab.cluster.cluster_status(USER).await.unwrap();
        assert_eq!(*status.info.uuid.as_uuid(), lab.sim.uuid());
        assert_eq!(status.info.current_max_replicas, 3);
        assert!(status.min_version.unwrap().starts_with("3.18.1"));
        assert_eq!(status.statistics.unwrap().effective_physical, Bytes(100 << 40));
        let nodes = lab.cluster.nodes(USER).await.unwrap();
        assert_eq!(nodes.iter().filter(|node| node.state == NodeState::Active).count(), 3);
        assert_eq!(lab.cluster.node(USER, nodes[1].uuid).await.unwrap().unwrap(), nodes[1]);
        assert_eq!(lab.cluster.servers(USER).await.unwrap().len(), 3);
        assert_eq!(lab.cluster.endpoints().len(), 3, "all nodes are learnt from the first");
    }
}

#[tokio::test]
async fn a_volume_lives_and_dies() {
    // The simulator's time passes only when told to.
    let clock = Clock::manual(Clock::System.now());
    let pass = || clock.advance(Duration::from_secs(1));
    let lab = lab(2, |options| {
        options.timings = Timings::all(Duration::from_secs(1));
        options.clock = clock.clone();
    })
    .await;
    let labels = [("hearth".to_owned(), "x".to_owned())].into();
    let create = CreateVolume { labels, compression: true, ..request("v") };
    let outcome = lab.cluster.create_volume(USER, &create).await;
    let Outcome::Done(young) = outcome else { panic!("{outcome:?}") };
    assert_eq!(young.state, VolumeState::Creating);
    pass();
    let volume = lab.ready(young.uuid).await;
    assert_eq!((volume.size, volume.replicas, volume.compression), (Gib(1).bytes(), 2, true));
    assert_eq!((volume.acl.clone(), volume.ip_acl.clone()), (Acl::Nobody, Acl::Any));
    assert_eq!(volume.labels.len(), 1);
    assert_eq!(lab.cluster.volume_by_name(USER, &project(), "v").await.unwrap(), Some(volume.clone()));
    let again = lab.cluster.create_volume(USER, &request("v")).await;
    assert!(matches!(again, Outcome::Refused(refusal) if refusal.reason == Reason::AlreadyExists));

    let hosts = Acl::Only(vec!["nqn.2014-08.org.nvmexpress:uuid:a".to_owned()]);
    let change = UpdateVolume {
        acl: Some(hosts.clone()),
        size: Some(Gib(2).bytes()),
        if_match: volume.etag.clone(),
        ..UpdateVolume::default()
    };
    let (project, uuid) = (project(), volume.uuid);
    assert_eq!(lab.cluster.update_volume(USER, &project, uuid, &change).await, Outcome::Done(()));
    let busy = lab.cluster.update_volume(USER, &project, uuid, &UpdateVolume::default()).await;
    assert!(matches!(busy, Outcome::Refused(refusal) if refusal.reason == Reason::Busy));
    pass();
    let changed = lab.ready(uuid).await;
    assert_eq!((changed.size, changed.acl), (Gib(2).bytes(), hosts));
    let stale = lab.cluster.update_volume(USER, &project, uuid, &change).await;
    assert!(matches!(stale, Outcome::Refused(refusal) if refusal.reason == Reason::Busy));

    assert_eq!(lab.cluster.delete_volume(USER, &project, uuid).await, Outcome::Done(()));
    let leaving = lab.cluster.volume(USER, &project, uuid).await.unwrap().unwrap();
    assert_eq!(leaving.state, VolumeState::Deleting);
    pass();
    assert_eq!(lab.cluster.volume(USER, &project, uuid).await, Ok(None));
    let twice = lab.cluster.delete_volume(USER, &project, uuid).await;
    assert!(matches!(twice, Outcome::Refused(refusal) if refusal.reason == Reason::NotFound));
}

#[tokio::test]
async fn snapshots_clones_rollback_and_changed_blocks() {
    let lab = lab(3, |_| {}).await;
    let volume = lab.make(&request("v")).await;
    let first = lab.snap("s1", volume.uuid).await;
    lab.direct(&format!("/volumes/{}/write", volume.uuid), json!({"offset": 0, "length": 8192})).await;
    let second = lab.snap("s2", volume.uuid).await;
    let (project, cluster) = (project(), &lab.cluster);
    let blocks = cluster.changed_blocks(USER, &project, second, Some(first), 0).await.unwrap();
    assert_eq!((blocks.ranges.len(), blocks.next_offset_lba), (1, None));
    assert!(blocks.ranges[0].bitmap.iter().any(|byte| *byte != 0));

    assert_eq!(cluster.rollback_volume(USER, &project, volume.uuid, first).await, Outcome::Done(()));
    lab.ready(volume.uuid).await;
    let clone = lab.make(&CreateVolume { source: Some(second), ..request("c") }).await;
    assert_eq!(clone.source_snapshot_uuid, Some(second));
    assert_eq!(cluster.snapshot_by_name(USER, &project, "s2").await.unwrap().unwrap().uuid, second);

    // A snapshot with a clone stays, hidden, until the clone is gone.
    assert_eq!(cluster.delete_snapshot(USER, &project, second).await, Outcome::Done(()));
    let mut filter = ListFilter { project: Some(project.clone()), ..ListFilter::default() };
    let names = |snapshots: Vec<hearth::lightbits::Snapshot>| {
        let mut names: Vec<_> = snapshots.into_iter().map(|snapshot| snapshot.name).collect();
        names.sort();
        names
    };
    assert_eq!(names(cluster.all_snapshots(USER, &filter).await.unwrap()), ["s1"]);
    filter.deleting = Deleting::Shown;
    assert_eq!(names(cluster.all_snapshots(USER, &filter).await.unwrap()), ["s1", "s2"]);
    let clones = ListFilter { clones_of: Some(second), ..filter };
    assert_eq!(cluster.all_volumes(USER, &clones).await.unwrap(), [clone]);
}

#[tokio::test]
async fn policies_and_projects() {
    let lab = lab(4, |_| {}).await;
    let cluster = &lab.cluster;
    let policy = CreatePolicy {
        name: "gold".to_owned(),
        description: None,
        limit: QosLimit::Iops(Rate { read: Some(1024), write: Some(512) }),
        visibility: PolicyVisibility::Global,
        projects: vec![],
    };
    let outcome = cluster.create_policy(USER, &policy).await;
    let Outcome::Done(made) = outcome else { panic!("{outcome:?}") };
    assert_eq!(cluster.policy(USER, made.uuid).await.unwrap().unwrap().limit, policy.limit);
    let faster = CreatePolicy { limit: QosLimit::Bandwidth(Rate { read: Some(9), write: None }), ..policy };
    assert_eq!(cluster.update_policy(USER, made.uuid, &faster).await, Outcome::Done(()));
    assert!(cluster.policies(USER).await.unwrap().iter().any(|policy| policy.limit == faster.limit));

    let tenant = LightosProject::new("tenant-a");
    assert_eq!(cluster.project(USER, &tenant).await, Ok(None));
    assert!(matches!(cluster.create_project(USER, &tenant, "t").await, Outcome::Done(_)));
    let again = cluster.create_project(USER, &tenant, "t").await;
    assert!(matches!(again, Outcome::Refused(refusal) if refusal.reason == Reason::AlreadyExists));
    assert_eq!(cluster.project(USER, &tenant).await.unwrap().unwrap().name, "tenant-a");
    let qos = Some(QosRef::Name("gold".to_owned()));
    let outcome = cluster.create_volume(USER, &CreateVolume { project: tenant, qos, ..request("v") }).await;
    let Outcome::Done(volume) = outcome else { panic!("{outcome:?}") };
    assert_eq!(volume.qos_policy_uuid, Some(made.uuid));
    // All projects at once, for a cluster admin.
    assert_eq!(cluster.all_volumes(USER, &ListFilter::default()).await.unwrap().len(), 1);
    let unknown = cluster.delete_policy(USER, uuid::Uuid::new_v4()).await;
    assert!(
        matches!(&unknown, Outcome::Refused(refusal) if refusal.reason == Reason::NotFound),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_name() {
    let lab = lab(5, |_| {}).await;
    for (number, action) in [
        json!({"kind": "reset", "when": "after"}),
        json!({"kind": "drop", "when": "before"}),
        json!({"kind": "status", "code": 500, "when": "after"}),
        json!({"kind": "status", "code": 503, "when": "before"}),
        json!({"kind": "status", "code": 200, "when": "after", "body": "<html>", "content_type": "text/html"}),
    ]
    .into_iter()
    .enumerate()
    {
        lab.fault("create_volume", action.clone()).await;
        let request = request(&format!("v{number}"));
        let first = lab.cluster.create_volume(USER, &request).await;
        assert!(matches!(&first, Outcome::Unknown(trouble) if !trouble.is_unsent()), "{action}: {first:?}");
        let settled = lab.cluster.settle_volume(USER, &request).await;
        assert!(matches!(settled, Settled::Found(Resolution::Adopt(_))), "{action}: {settled:?}");
    }
    assert_eq!(lab.cluster.all_volumes(USER, &ListFilter::default()).await.unwrap().len(), 5);
}

#[tokio::test]
async fn a_node_that_goes_down_is_left_for_another() {
    let lab = lab(6, |_| {}).await;
    let volume = lab.make(&request("v")).await;
    lab.direct("/nodes/0/down", json!({})).await;
    assert_eq!(lab.ready(volume.uuid).await.uuid, volume.uuid);
    assert!(!lab.cluster.endpoints()[0].current);
    assert_eq!(lab.cluster.delete_volume(USER, &project(), volume.uuid).await, Outcome::Done(()));
}

#[tokio::test]
async fn a_tenants_token_reads_no_statistics() {
    let lab = lab(7, |_| {}).await;
    let first = lab.sim.endpoints()[0];
    let endpoint = Endpoint::new(first.ip().to_string(), first.port());
    let settings = Settings {
        credentials: Credentials::JwtFile(lab.sim.keys().default_admin_jwt.clone()),
        tls: TlsTrust::File(lab.sim.ca().to_owned()),
        ..Settings::new(ClusterName::new("a"), vec![endpoint])
    };
    let tenant = Cluster::new(settings, Clock::System).unwrap();
    assert!(tenant.cluster_info(USER).await.is_ok());
    assert!(tenant.credential_expiry().await.unwrap().is_some());
    let trouble = tenant.cluster_status(USER).await.unwrap_err();
    assert!(matches!(&trouble, Trouble::Refused(r) if r.reason == Reason::PermissionDenied), "{trouble}");
    assert_eq!(
        tenant.all_volumes(USER, &ListFilter { project: Some(project()), ..ListFilter::default() }).await,
        Ok(vec![])
    );
    let everything = tenant.all_volumes(USER, &ListFilter::default()).await;
    assert!(matches!(everything, Err(Trouble::Refused(_))), "{everything:?}");
    // Then project by project; one that may not be listed spoils the whole.
    lab.make(&request("v")).await;
    let known = |names: &[&str]| names.iter().copied().map(LightosProject::new).collect();
    let own = tenant.volumes_everywhere(USER, Deleting::Shown, &known(&["default"])).await.unwrap();
    assert_eq!(own.len(), 1);
    assert!(tenant.volumes_everywhere(USER, Deleting::Shown, &known(&["default", "other"])).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_is_whole() {
    let lab = lab(8, |_| {}).await;
    let requests: Vec<_> = (0..1200).map(|n| request(&format!("v{n}"))).collect();
    let made = futures::future::join_all(requests.iter().map(|r| lab.cluster.create_volume(USER, r))).await;
    assert!(made.iter().all(|outcome| matches!(outcome, Outcome::Done(_))));
    let filter = ListFilter::default();
    let pages: Vec<_> =
        lab.cluster.volume_pages(USER, &filter).map_ok(|page| page.len()).try_collect().await.unwrap();
    assert_eq!(pages, [1000, 200]);
}
