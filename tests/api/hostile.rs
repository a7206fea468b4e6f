//! Every row of the table under nonsense: whatever is sent, the answer is a refusal in Cinder's
//! shape or a success, never a 500.

use axum::http::Method;
use hearth::api::routes::{Row, TABLE};
use serde_json::{Value, json};

use super::bench::Bench;

/// A path of the row with something in its holes.
fn path(row: &Row, hole: &str) -> String {
    let parts = row.path.split('/').map(|part| if part.starts_with('{') { hole } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn rows() -> impl Iterator<Item = &'static Row> {
    TABLE.iter().copied().flatten()
}

/// Values that have been somebody's surprise before.
fn oddities() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("\u{0}"),
        json!("💾".repeat(300)),
        json!("x".repeat(70_000)),
        json!([]),
        json!([[[[[[]]]]]]),
        json!({}),
        json!({"": ""}),
        json!({"a": {"b": {"c": null}}}),
        json!("00000000-0000-4000-8000-000000000000"),
    ]
}

#[track_caller]
fn no_defect(row: &Row, sent: &str, status: u16, text: &str) {
    let sent: String = sent.chars().take(200).collect();
    assert!(status < 500, "{} {sent}: {status} {text}", row.id);
    if status >= 400 && status != 412 {
        let body: Value = serde_json::from_str(text).unwrap();
        let fault = body.as_object().unwrap().values().next().unwrap();
        assert!(body.get("code").is_some() || fault["code"] == status, "{} {sent}: {text}", row.id);
    }
}

#[tokio::test]
async fn no_body_makes_a_defect() {
    let bench = Bench::new().await;
    let volume = bench.available(json!({"size": 1, "metadata": {"k": "v"}})).await;
    for row in rows().filter(|row| row.body.is_some()) {
        let schema = row.body.unwrap().to_json(hearth::api::openapi::AsOf::All);
        let path = path(row, &volume);
        let mut bodies = oddities();
        for key in schema["properties"].as_object().into_iter().flatten().map(|(key, _)| key) {
            bodies.extend(oddities().into_iter().map(|value| json!({ key: value })));
            let inner = schema["properties"][key]["properties"].as_object();
            for field in inner.into_iter().flatten().map(|(field, _)| field) {
                bodies.extend(oddities().into_iter().map(|value| json!({ key: { field: value } })));
            }
        }
        for body in bodies {
            let sent = body.to_string();
            let answer = bench.ask(row.method.clone(), &path).body(body).send().await;
            no_defect(row, &sent, answer.status, &answer.text);
        }
    }
}

#[tokio::test]
async fn no_query_makes_a_defect() {
    let bench = Bench::new().await;
    let volume = bench.available(json!({"size": 1})).await;
    let keys = [
        "limit",
        "marker",
        "offset",
        "sort",
        "sort_key",
        "sort_dir",
        "with_count",
        "all_tenants",
        "project_id",
        "name",
        "name~",
        "status",
        "size",
        "metadata",
        "glance_metadata",
        "bootable",
        "created_at",
        "host",
        "group_id",
        "consumes_quota",
        "usage",
        "is_public",
        "extra_specs",
        "detail",
        "volume_type",
        "zone",
        "é",
    ];
    let values = [
        "",
        "0",
        "-1",
        "99999999999999999999",
        "null",
        "None",
        "[",
        "['a'",
        "{'a':",
        "{1: 2}",
        "[1,'a',None]",
        "%00",
        "%F0%9F%92%BE",
        "%27%3B%20DROP%20TABLE%20volumes%3B--",
        "name:asc,id:desc,name:asc",
        "gt:,lt:",
        "gt:9999999999-01-01",
        "%25_!",
        "\u{202e}",
    ];
    for row in rows().filter(|row| row.method == Method::GET) {
        let path = path(row, &volume);
        for key in keys {
            for value in values {
                let query = format!("{path}?{}={}", encode(key), encode(value));
                for minor in [0, 71] {
                    let answer = bench.get(&query).at(minor).send().await;
                    no_defect(row, &query, answer.status, &answer.text);
                }
            }
        }
    }
    assert_eq!(bench.get(&format!("/volumes/{volume}")).send().await.status, 200, "the table is still there");
}

/// Only what a URI may not hold; the rest is sent as it is.
fn encode(text: &str) -> String {
    let plain = |c: char| c.is_ascii_graphic() && !"<>\"{}|\\^`#&".contains(c);
    let mut out = String::new();
    for c in text.chars() {
        if plain(c) {
            out.push(c);
        } else {
            let mut buffer = [0; 4];
            out.extend(c.encode_utf8(&mut buffer).bytes().map(|byte| format!("%{byte:02X}")));
        }
    }
    out
}

#[tokio::test]
async fn no_path_makes_a_defect() {
    let bench = Bench::new().await;
    let holes = [
        "x",
        "%00",
        "%FF",
        "..",
        "%2e%2e%2f",
        "00000000-0000-4000-8000-000000000000",
        "default",
        "hearth@c1",
        "%F0%9F%92%BE",
        "a.json",
        ".json",
        "-",
    ];
    let long = "x".repeat(4000);
    for row in rows() {
        for hole in holes.into_iter().chain([long.as_str()]) {
            let path = path(row, hole);
            let answer = bench.ask(row.method.clone(), &path).send().await;
            no_defect(row, &path, answer.status, &answer.text);
        }
    }
}
