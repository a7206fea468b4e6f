//! Pages, orders, filters and counts of the volume list.

use serde_json::{Value, json};

use super::bench::{Bench, PROJECT};

fn names(list: &Value) -> Vec<&str> {
    list["volumes"].as_array().unwrap().iter().map(|volume| volume["name"].as_str().unwrap()).collect()
}

async fn five(bench: &Bench) {
    for (name, size) in [("a", 3), ("b", 1), ("c", 2), ("d", 1), ("e", 5)] {
        let kind = if size == 1 { "small" } else { "large" };
        bench.volume(json!({"name": name, "size": size, "metadata": {"kind": kind}})).await;
    }
}

#[tokio::test]
async fn pages_link_to_the_next() {
    let bench = Bench::new().await;
    five(&bench).await;
    let mut path = "/volumes/detail?limit=2&sort=name:asc".to_owned();
    let mut seen = Vec::new();
    for page in 0..3 {
        let list = bench.get(&path).send().await.expect(200);
        seen.extend(names(&list).into_iter().map(str::to_owned));
        let next = list["volumes_links"][0]["href"].as_str();
        assert_eq!(next.is_some(), page < 2, "{list}");
        if let Some(next) = next {
            assert!(next.starts_with("http://hearth:8776/v3/volumes/detail?limit=2&sort=name%3Aasc&marker="));
            path = next.trim_start_matches("http://hearth:8776/v3").to_owned();
        }
    }
    assert_eq!(seen, ["a", "b", "c", "d", "e"]);
    assert_eq!(bench.get("/volumes?limit=0").send().await.expect(200), json!({"volumes": []}));
    assert_eq!(names(&bench.get("/volumes?offset=3&sort=name:asc").send().await.expect(200)), ["d", "e"]);
    let told = bench.get("/volumes?marker=00000000-0000-4000-8000-000000000000").send().await;
    assert!(told.fault(404).contains("could not be found"));
}

#[tokio::test]
async fn counts_came_with_3_45() {
    let bench = Bench::new().await;
    five(&bench).await;
    let counted = bench.get("/volumes?limit=2&with_count=true").send().await.expect(200);
    assert_eq!(counted["count"], 5);
    assert!(counted.get("volumes_links").is_some());
    bench.get("/volumes?with_count=maybe").send().await.fault(400);
    let last = bench.get("/volumes?with_count=1").send().await.expect(200);
    assert!(last.get("volumes_links").is_none());
}

#[tokio::test]
async fn filters_are_python_literals() {
    let bench = Bench::new().await;
    five(&bench).await;
    for (query, expected) in [
        ("name=b", vec!["b"]),
        ("size=1", vec!["b", "d"]),
        ("status=creating&size=1", vec!["b", "d"]),
        ("status=%5B%27creating%27%2C+%27error%27%5D", vec!["a", "b", "c", "d", "e"]),
        ("status=error", vec![]),
        ("metadata=%7B%27kind%27%3A+%27small%27%7D", vec!["b", "d"]),
        ("metadata=%7B%22kind%22%3A%22small%22%2C%22x%22%3A%22y%22%7D", vec![]),
        ("bootable=false&name=e", vec!["e"]),
        ("created_at=gt:2020-01-01T00:00:00,lt:2021-01-01", vec![]),
        ("created_at=gte:2020-01-01T00:00:00", vec!["a", "b", "c", "d", "e"]),
        ("no_such_column=1", vec![]),
        ("display_name~=e", vec!["e"]),
        ("display_name~=%25", vec![]),
        ("name~=e", vec!["e"]),
        ("size~=1", vec!["b", "d"]),
        // Of equal keys the last counts.
        ("size=5&size=2", vec!["c"]),
        // Columns that are null, and what is none.
        ("encryption_key_id=None", vec!["a", "b", "c", "d", "e"]),
        ("encryption_key_id=x", vec![]),
        ("description=None", vec![]),
    ] {
        let list = bench.get(&format!("/volumes?sort=name:asc&{query}")).send().await.expect(200);
        assert_eq!(names(&list), expected, "{query}");
    }
    for bad in ["bootable=perhaps", "created_at=soon", "limit=x", "sort=colour", "all_tenants=x", "name=%ff"]
    {
        bench.get(&format!("/volumes?{bad}")).send().await.fault(400);
    }
}

#[tokio::test]
async fn projects_are_kept_apart() {
    let bench = Bench::new().await;
    five(&bench).await;
    let other = bench.post("/volumes", json!({"volume": {"name": "z", "size": 1}})).project("beef");
    other.send().await.expect(202);
    assert_eq!(names(&bench.get("/volumes").project("beef").send().await.expect(200)), ["z"]);
    let all = bench.get("/volumes?all_tenants=1&with_count=1").send().await.expect(200);
    assert_eq!(all["count"], 6);
    assert!(names(&bench.get("/volumes?all_tenants=0").send().await.expect(200)).is_empty());
    // Without that the own project is meant, whatever is asked for.
    assert_eq!(names(&bench.get("/volumes?project_id=beef").send().await.expect(200)).len(), 5);
    let narrowed = bench.get("/volumes?all_tenants=1&project_id=beef").send().await.expect(200);
    assert_eq!(names(&narrowed), ["z"]);
    let summary = bench.get("/volumes/summary").send().await.expect(200);
    let expected = json!({"total_count": 5, "total_size": 12, "metadata": {"kind": ["large", "small"]}});
    assert_eq!(summary["volume-summary"], expected);
    let early =
        bench.get(&format!("/{PROJECT}/volumes/summary?all_tenants=1")).at(35).send().await.expect(200);
    assert_eq!(early["volume-summary"], json!({"total_count": 6, "total_size": 13}));
    assert_eq!(bench.get("/volumes/summary").at(11).send().await.status, 404);
}

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
const BAD_KEY: &str = "Invalid input received: Invalid sort key";
const BAD_DIRECTION: &str = "Invalid input received: Unknown sort direction, must be 'desc' or 'asc'.";

#[tokio::test]
async fn the_marker_is_looked_for_before_the_keys_of_the_order_are() {
    let bench = Bench::new().await;
    for (path, told) in [
        ("/volumes", format!("Volume {NOBODY} could not be found.")),
        ("/volumes/detail", format!("Volume {NOBODY} could not be found.")),
        ("/snapshots", format!("Snapshot {NOBODY} could not be found.")),
        (
            "/attachments",
            format!("Volume attachment could not be found with filter: attachment_id = {NOBODY}."),
        ),
        ("/backups/detail", format!("Backup {NOBODY} could not be found.")),
        ("/groups", format!("Group {NOBODY} could not be found.")),
        ("/group_snapshots", format!("GroupSnapshot {NOBODY} could not be found.")),
        ("/messages", format!("Message {NOBODY} could not be found.")),
        ("/volume-transfers", format!("Transfer {NOBODY} could not be found.")),
        ("/qos-specs", format!("No such QoS spec {NOBODY}.")),
        // Here an unknown marker is none.
        ("/types", BAD_KEY.to_owned()),
        ("/group_types", BAD_KEY.to_owned()),
    ] {
        let ask = |query: String| bench.get(&format!("{path}?{query}")).send();
        let answer = ask(format!("sort=nonsense&marker={NOBODY}")).await;
        let status = if told == BAD_KEY { 400 } else { 404 };
        assert_eq!(answer.fault(status), told, "{path}");
        for wrong in ["sort=nonsense", "sort_key=metadata&sort_dir=asc", "sort=id,nonsense:asc", "sort="] {
            assert_eq!(ask(wrong.to_owned()).await.fault(400), BAD_KEY, "{path} {wrong}");
        }
        // An empty page is one all the same.
        assert_eq!(
            ask(format!("limit=0&marker={NOBODY}&sort=id")).await.status,
            if status == 404 { 404 } else { 200 }
        );
        assert_eq!(ask("limit=0&sort=nonsense".to_owned()).await.fault(400), BAD_KEY, "{path}");
        let answer = ask(format!("sort=nonsense,id:up&marker={NOBODY}")).await;
        assert_eq!(answer.fault(400), BAD_DIRECTION, "{path}");
    }
    bench.get("/volumes?sort=launched_at,encryption_key_id:asc").send().await.expect(200);
    for (path, key) in
        [("/volumes", "description"), ("/snapshots", "availability_zone"), ("/backups", "description")]
    {
        assert_eq!(bench.get(&format!("{path}?sort={key}")).send().await.fault(400), BAD_KEY, "{path} {key}");
    }
    // A known marker does not make the key any better.
    let id = bench.volume(json!({"size": 1})).await;
    let answer = bench.get(&format!("/volumes?sort=nonsense&marker={id}")).send().await;
    assert_eq!(answer.fault(400), BAD_KEY);
}

#[tokio::test]
async fn where_nothing_can_be_found_nobody_looks_at_the_rest() {
    let bench = Bench::new().await;
    let volume = bench.available(json!({"size": 1})).await;
    bench.post("/attachments", json!({"attachment": {"volume_uuid": volume}})).send().await.expect(200);
    for path in
        ["/volumes", "/snapshots", "/attachments", "/backups", "/groups", "/group_snapshots", "/messages"]
    {
        let ask = |query: &str| bench.get(&format!("{path}?no_column=1&{query}")).send();
        let rest = format!("sort=nonsense&marker={NOBODY}");
        let list = ask(&rest).await.expect(200);
        assert_eq!(list.as_object().unwrap().values().next().unwrap(), &json!([]), "{path}");
        // Some look at the words of direction before.
        let early = ["/volumes", "/groups", "/messages"].contains(&path);
        assert_eq!(ask("sort=id:up").await.status, if early { 400 } else { 200 }, "{path}");
        ask("sort=id&sort_key=id").await.fault(400);
        ask("limit=x").await.fault(400);
    }
    let told = bench.get("/volumes?bootable=x&updated_at=None").send().await.fault(400);
    assert_eq!(told, "Invalid None operator", "times are read first");
    // Of two names only the first is renamed to the column.
    let list = bench.get(&format!("/volumes?name=a&name=b&marker={NOBODY}")).send().await.expect(200);
    assert_eq!(list["volumes"], json!([]));
    bench.get(&format!("/volumes?name=a&marker={NOBODY}")).send().await.fault(404);
    // Groups are filtered by keyword, and no keyword may come twice.
    bench.get(&format!("/groups?name=a&name=b&marker={NOBODY}")).send().await.fault(400);
    // A column that has another kind of value is one all the same.
    for query in ["size=x", "deleted=true", "status=%5B%5D"] {
        let answer = bench.get(&format!("/volumes?{query}&sort=nonsense")).send().await;
        assert_eq!(answer.fault(400), BAD_KEY, "{query}");
    }
}

#[tokio::test]
async fn attachments_are_filtered_by_the_columns_of_cinder() {
    let bench = Bench::new().await;
    let volume = bench.available(json!({"size": 1})).await;
    let body = json!({"attachment": {"volume_uuid": volume, "instance_uuid": NOBODY}});
    bench.post("/attachments", body).send().await.expect(200);
    for (query, found) in [
        // No column, although everybody may filter by it.
        ("status=reserved", 0),
        ("status=reserved&sort=size", 0),
        ("attach_status=reserved", 1),
        ("attach_status=attached", 0),
        (&format!("instance_id={NOBODY}"), 1),
        (&format!("instance_uuid={NOBODY}&sort=attached_host:asc,attach_mode"), 1),
        ("instance_id=", 0),
        ("project_id=elsewhere", 1),
        ("all_tenants=1&project_id=elsewhere", 0),
    ] {
        for path in ["/attachments", "/attachments/detail"] {
            let list = bench.get(&format!("{path}?{query}")).send().await.expect(200);
            assert_eq!(list["attachments"].as_array().unwrap().len(), found, "{path}?{query}");
        }
    }
    for key in ["status", "instance_id", "host", "mode"] {
        let answer = bench.get(&format!("/attachments?sort={key}")).send().await;
        assert_eq!(answer.fault(400), BAD_KEY, "{key}");
    }
}

#[tokio::test]
async fn of_several_words_about_the_page_the_first_counts() {
    let bench = Bench::new().await;
    five(&bench).await;
    let answer = bench.get("/volumes/detail?limit=-1&limit=1").send().await;
    assert_eq!(answer.fault(400), "limit param must be positive");
    // The second one is left as a filter, and no column.
    assert!(names(&bench.get("/volumes?limit=2&limit=1").send().await.expect(200)).is_empty());
}
