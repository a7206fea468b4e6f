//! No N+1: whatever is listed costs the same number of SQL statements for one row as for a
//! thousand. Every GET of the API reference that needs no id is asked, and some that do.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::bench::PROJECT;
use super::field::Field;

/// The longest page.
const MANY: usize = 1000;

/// Lists that ask a cluster, and so a worker, which is not here.
const OF_CLUSTERS: [&str; 4] =
    ["/manageable_volumes", "/manageable_snapshots", "/os-volume-manage", "/os-snapshot-manage"];

struct Filled {
    field: Field,
    volume_type: String,
    qos: String,
    private: String,
}

async fn post(field: &Field, path: &str, body: Value) -> Value {
    let answer = field.bench.post(path, body).send().await;
    assert!(answer.status < 300, "{path}: {} {}", answer.status, answer.text);
    answer.json()
}

fn id(answer: &Value) -> String {
    answer.as_object().unwrap().values().next().unwrap()["id"].as_str().unwrap().to_owned()
}

/// A field with `count` of everything.
async fn filled(count: usize) -> Filled {
    let field = Field::new().await;
    let unlimited = [
        "volumes",
        "snapshots",
        "gigabytes",
        "backups",
        "backup_gigabytes",
        "groups",
        "per_volume_gigabytes",
    ];
    let limits: serde_json::Map<_, _> =
        unlimited.iter().map(|key| ((*key).to_owned(), Value::from(-1))).collect();
    let quotas = format!("/os-quota-sets/{PROJECT}");
    field.bench.put(&quotas, json!({"quota_set": limits})).send().await.expect(200);
    let qos = id(&post(&field, "/qos-specs", json!({"qos_specs": {"name": "q", "consumer": "both"}})).await);
    let hidden = json!({"volume_type": {"name": "private", "os-volume-type-access:is_public": false}});
    let private = id(&post(&field, "/types", hidden).await);
    let group = field.group().await;
    let member = field.member(&group).await;
    let mut volume_type = String::new();
    for n in 0..count {
        volume_type = kinds(&field, n, &qos, &private).await;
        resources(&field, n, &group, &member).await;
    }
    Filled { field, volume_type, qos, private }
}

/// Types, specs, clusters and the like; the type's id.
async fn kinds(field: &Field, n: usize, qos: &str, private: &str) -> String {
    let specs = json!({"volume_backend_name": "c1", "n": n.to_string()});
    let body = json!({"volume_type": {"name": format!("t{n}"), "extra_specs": specs}});
    let volume_type = id(&post(field, "/types", body).await);
    let associate = format!("/qos-specs/{qos}/associate?vol_type_id={volume_type}");
    assert_eq!(field.bench.get(&associate).send().await.status, 202);
    let add = json!({"addProjectAccess": {"project": format!("p{n}")}});
    let path = format!("/types/{private}/action");
    assert_eq!(field.bench.post(&path, add).send().await.status, 202);
    let encryption = json!({"encryption": {"provider": "luks", "control_location": "front-end"}});
    post(field, &format!("/types/{volume_type}/encryption"), encryption).await;
    post(field, "/qos-specs", json!({"qos_specs": {"name": format!("q{n}"), "key": "1"}})).await;
    let specs = json!({"n": n.to_string()});
    post(field, "/group_types", json!({"group_type": {"name": format!("g{n}"), "group_specs": specs}})).await;
    let default = json!({"default_type": {"volume_type": "t0"}});
    field.bench.put(&format!("/default-types/p{n}"), default).send().await.expect(200);
    field.bench.cluster(&format!("cluster{n}"), &format!("zone{n}")).await;
    volume_type
}

async fn resources(field: &Field, n: usize, group: &str, member: &str) {
    let bench = &field.bench;
    let fields = json!({"size": 1, "name": format!("v{n}"), "metadata": {"n": n.to_string(), "k": "v"}});
    let (used, offered) = (bench.volume(fields).await, field.loner().await);
    bench.place(&used, field.cluster).await;
    let body = json!({"snapshot": {"volume_id": used, "metadata": {"k": "v"}}});
    post(field, "/snapshots", body).await;
    post(field, "/backups", json!({"backup": {"volume_id": offered, "name": "b"}})).await;
    bench.reset(&offered, "available").await;
    post(field, "/volume-transfers", json!({"transfer": {"volume_id": offered, "name": "t"}})).await;
    let attach = json!({"os-attach": {"instance_uuid": uuid::Uuid::new_v4(), "mountpoint": "/dev/vdb"}});
    assert_eq!(bench.post(&format!("/volumes/{used}/action"), attach).send().await.status, 202);
    field.group().await;
    let made = post(field, "/group_snapshots", json!({"group_snapshot": {"group_id": group}})).await;
    let reset = json!({"reset_status": {"status": "available"}});
    bench.post(&format!("/group_snapshots/{}/action", id(&made)), reset).send().await;
    bench.reset(member, "available").await;
    bench.message("no room").await;
}

fn paths(filled: &Filled) -> Vec<String> {
    let document =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/api-ref/openapi.yaml")).unwrap();
    let document: Value = yaml_serde::from_str(&document).unwrap();
    let all = document["paths"].as_object().unwrap();
    let mut paths: Vec<String> = all
        .iter()
        .filter(|(path, item)| item.get("get").is_some() && path.starts_with("/v3/") && !path.contains('{'))
        .map(|(path, _)| path.trim_start_matches("/v3").to_owned())
        .filter(|path| path.len() > 1 && !OF_CLUSTERS.iter().any(|of| path.starts_with(of)))
        .collect();
    assert!(paths.len() >= 35, "{paths:?}");
    let more = [
        "/volumes/detail?all_tenants=1&with_count=true".to_owned(),
        "/snapshots/detail?all_tenants=1&with_count=true".to_owned(),
        format!("/os-quota-sets/{PROJECT}?usage=true"),
        "/scheduler-stats/get_pools?detail=true".to_owned(),
        "/group_types?is_public=None".to_owned(),
        "/groups/detail?list_volume=true".to_owned(),
        format!("/types/{}/os-volume-type-access", filled.private),
        format!("/types/{}/extra_specs", filled.volume_type),
        format!("/qos-specs/{}/associations", filled.qos),
    ];
    paths.extend(more);
    paths
}

/// Path (without ids) → statements of the first and the second request, and the rows it told.
async fn costs(count: usize) -> BTreeMap<String, ((u64, u64), usize)> {
    let filled = filled(count).await;
    let (bench, mut costs) = (&filled.field.bench, BTreeMap::new());
    let store = &bench.services.store;
    for path in paths(&filled) {
        let mut sent = Vec::new();
        let mut rows = 0;
        for _ in 0..2 {
            let before = store.statements();
            let answer = bench.get(&path).send().await;
            assert!(
                answer.status == 200 || answer.status == 300,
                "{path}: {} {}",
                answer.status,
                answer.text
            );
            sent.push(store.statements() - before);
            rows = match answer.json().as_object().and_then(|body| body.values().find_map(Value::as_array)) {
                Some(list) => list.len(),
                None => 0,
            };
        }
        let name = [&filled.volume_type, &filled.private, &filled.qos]
            .iter()
            .fold(path.clone(), |path, id| path.replace(id.as_str(), "ID"));
        costs.insert(name, ((sent[0], sent[1]), rows));
    }
    costs
}

#[tokio::test]
async fn a_list_costs_the_same_for_one_and_for_a_thousand() {
    let (one, many) = (costs(1).await, costs(MANY).await);
    let dearer: Vec<String> = one
        .iter()
        .filter(|(path, (sent, _))| many[*path].0 != *sent)
        .map(|(path, (sent, _))| format!("{path}: {sent:?} for one, {:?} for many", many[path].0))
        .collect();
    assert!(dearer.is_empty(), "{}", dearer.join("\n"));
    let full = many.values().filter(|(_, rows)| *rows >= MANY).count();
    assert!(full >= 24, "only {full} lists were long: {many:?}");
}
