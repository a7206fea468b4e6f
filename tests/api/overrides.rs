//! The operator's `policy.yaml` as callers feel it: rules changed, given back, and broken.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use hearth::auth::policy::{Defaults, Reload};
use hearth::auth::{Authenticator, KeystoneSettings, Policy};
use hearth::domain::Clock;
use serde_json::{Value, json};

use super::bench::{Bench, PROJECT};
use super::fake_keystone::{FakeKeystone, PASSWORD, token};

struct Site {
    bench: Bench,
    policy: Arc<Policy>,
    folder: tempfile::TempDir,
    _keystone: FakeKeystone,
}

fn write(folder: &tempfile::TempDir, rules: &str) -> PathBuf {
    let mut file = tempfile::NamedTempFile::new_in(folder).unwrap();
    file.write_all(rules.as_bytes()).unwrap();
    let path = folder.path().join("policy.yaml");
    file.persist(&path).unwrap();
    path
}

impl Site {
    async fn with(rules: &str, defaults: Defaults) -> Self {
        let keystone = FakeKeystone::start().await;
        for (name, roles) in [
            ("member", &["member", "reader"][..]),
            ("roleless", &[]),
            ("creator", &["creator"]),
            ("admin", &["admin"]),
        ] {
            keystone.knows(name, token(name, PROJECT, roles));
        }
        let settings = KeystoneSettings::new(&keystone.url, "cinder", PASSWORD.into(), "service");
        let authenticator = Authenticator::keystone(settings, Clock::System).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let policy = Arc::new(Policy::from_file(write(&folder, rules), defaults).await.unwrap());
        let of_edge = policy.clone();
        let bench = Bench::with(authenticator, |mut edge| {
            edge.policy = of_edge;
            edge
        });
        Self { bench: bench.await, policy, folder, _keystone: keystone }
    }

    async fn now(&self, rules: &str) -> Result<Reload, String> {
        write(&self.folder, rules);
        self.policy.reload().await.map_err(|error| error.to_string())
    }

    async fn create(&self, who: &str, fields: Value) -> u16 {
        self.bench.post("/volumes", json!({"volume": fields})).token(who).send().await.status
    }
}

#[tokio::test]
async fn a_rule_changes_while_callers_ask() {
    let site = Site::with("'volume:create': role:creator\n", Defaults::New).await;
    let plain = || json!({"size": 1});
    assert_eq!((site.create("member", plain()).await, site.create("creator", plain()).await), (403, 202));

    assert_eq!(site.now("'volume:create': '!'\n").await, Ok(Reload::Replaced));
    assert_eq!((site.create("admin", plain()).await, site.create("creator", plain()).await), (403, 403));

    let broken = site.now("'volume:create': (role:member\n").await.unwrap_err();
    assert!(broken.contains("rule \"volume:create\": it ends where"), "{broken}");
    assert_eq!(site.create("admin", plain()).await, 403, "what was good last stays");
    let broken = site.now("'volume:create': [\n").await.unwrap_err();
    assert!(broken.contains("policy.yaml"), "{broken}");

    assert_eq!(site.now("'volume:create': '@'\n").await, Ok(Reload::Replaced));
    assert_eq!(site.create("roleless", plain()).await, 202);
    assert_eq!(site.now("# given back\n").await, Ok(Reload::Replaced));
    assert_eq!((site.create("roleless", plain()).await, site.create("member", plain()).await), (403, 202));
}

#[tokio::test]
async fn second_rules_have_their_say() {
    let rules = "'volume:multiattach': rule:admin_api\n'volume:create_from_image': '!'\n\
                 'volume:get_snapshot': '!'\n'volume_extension:volume_host_attribute': rule:volume:get\n";
    let site = Site::with(rules, Defaults::New).await;
    let shared = json!({"name": "shared", "extra_specs": {"multiattach": "<is> True"}});
    site.bench.post("/types", json!({"volume_type": shared})).token("admin").send().await.expect(200);
    let fields = json!({"size": 1, "volume_type": "shared"});
    let asked = site.bench.post("/volumes", json!({"volume": fields})).token("member").send().await;
    assert_eq!(asked.fault(403), "Policy doesn't allow volume:multiattach to be performed.");
    assert_eq!(site.create("admin", fields).await, 202);

    let image = json!({"size": 1, "imageRef": "71543ced-a8af-45b6-a5c4-a46282108a90"});
    assert_eq!(
        (site.create("admin", image).await, site.create("member", json!({"size": 1})).await),
        (403, 202)
    );

    let body = json!({"volume": {"size": 1}});
    let made = site.bench.post("/volumes", body).token("member").send().await.expect(202);
    let id = made["volume"]["id"].as_str().unwrap();
    let shown = site.bench.get(&format!("/volumes/{id}")).token("member").send().await.expect(200);
    assert!(shown["volume"].get("os-vol-host-attr:host").is_some());
    site.bench.place(id, site.bench.cluster("c1", "nova").await).await;
    let body = json!({"snapshot": {"volume_id": id}});
    let made = site.bench.post("/snapshots", body).token("member").send().await.expect(202);
    let from = json!({"snapshot_id": made["snapshot"]["id"]});
    let asked = site.bench.post("/volumes", json!({"volume": from})).token("member").send().await;
    assert_eq!(asked.fault(403), "Policy doesn't allow volume:get_snapshot to be performed.");
}

#[tokio::test]
async fn former_names_and_former_defaults() {
    let site = Site::with("'volume_extension:types_manage': role:creator\n", Defaults::NewOrFormer).await;
    let type_by = async |who: &str, name: &str| {
        let body = json!({"volume_type": {"name": name}});
        site.bench.post("/types", body).token(who).send().await.status
    };
    assert_eq!((type_by("creator", "a").await, type_by("admin", "b").await), (200, 403));
    // Whoever is in a project may act there, whatever the role.
    assert_eq!(site.create("roleless", json!({"size": 1})).await, 202);
    assert_eq!(site.bench.get("/volumes").token("roleless").send().await.status, 200);
    assert_eq!(site.bench.get("/os-services").token("roleless").send().await.status, 403);
}
