//! User messages, extensions, resource filters.

use serde_json::json;

use super::bench::Bench;

#[tokio::test]
async fn messages_are_read_and_deleted() {
    let bench = Bench::new().await;
    let id = bench.message("schedule allocate volume:no room").await;
    let one = format!("/messages/{id}");
    let shown = bench.get(&one).send().await.expect(200);
    assert_eq!(shown["message"]["user_message"], "schedule allocate volume:no room");
    assert_eq!(shown["message"]["created_at"], "1970-01-01T00:00:01");
    assert_eq!(shown["message"]["guaranteed_until"], "1970-01-01T00:00:02");
    assert!(shown["message"].get("resource_uuid").is_none());
    assert_eq!(bench.get(&one).at(2).send().await.status, 404);

    bench.message("another").await;
    let page = bench.get("/messages?limit=1&message_level=ERROR").send().await.expect(200);
    assert_eq!(page["messages"].as_array().unwrap().len(), 1);
    assert!(page.get("messages_links").is_some());
    let none = bench.get("/messages?event_id=other").send().await.expect(200);
    assert_eq!(none, json!({"messages": []}));
    assert_eq!(
        bench.get("/messages?limit=1").at(4).send().await.expect(200)["messages"].as_array().unwrap().len(),
        2
    );
    let odd = bench.get("/messages?limit=x").at(4).send().await.fault(400);
    assert_eq!(odd, "limit param must be an integer");

    let deleted = bench.delete(&one).send().await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    bench.get(&one).send().await.fault(404);
    bench.delete("/messages/x").send().await.fault(404);
}

#[tokio::test]
async fn extensions_and_filters_are_told() {
    let bench = Bench::new().await;
    let list = bench.get("/extensions").send().await.expect(200);
    assert_eq!(list["extensions"].as_array().unwrap().len(), 32);
    let one = bench.get("/extensions/os-services").send().await.expect(200);
    assert_eq!(one["extension"]["links"], json!([]));
    bench.get("/extensions/none").send().await.fault(404);

    let all = bench.get("/resource_filters").send().await.expect(200);
    assert_eq!(all["resource_filters"].as_array().unwrap().len(), 9);
    let pool = bench.get("/resource_filters?resource=pool").send().await.expect(200);
    assert_eq!(pool, json!({"resource_filters": [{"resource": "pool", "filters": ["name", "volume_type"]}]}));
    let none = bench.get("/resource_filters?resource=none").send().await.expect(200);
    assert_eq!(none, json!({"resource_filters": []}));
    assert_eq!(bench.get("/resource_filters").at(32).send().await.status, 404);
}
