//! A client of a gateway. Every answer it gets is one the API reference describes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use hearth::api::answers::exchange::Exchange;
use serde_json::{Value, json};

pub const PROJECT: &str = "c0ffee";

/// A client of the volume API. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    base: String,
    http: reqwest::Client,
}

/// Status and body, or that nobody knows.
pub type Answer = Result<(u16, Value), String>;

impl Api {
    pub(super) fn of(url: &str, http: reqwest::Client) -> Self {
        Self { base: format!("{url}/v3/{PROJECT}"), http }
    }

    pub async fn call(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        request = request.header("OpenStack-API-Version", "volume 3.71");
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        let text = answer.text().await.map_err(|error| error.to_string())?;
        let exchange = Exchange {
            method: &method,
            path: &format!("/v3/{PROJECT}{path}"),
            request: body.as_ref(),
            version: headers.get("openstack-api-version").and_then(|version| version.to_str().ok()),
            status,
            body: &text,
        };
        exchange.check().unwrap_or_else(|why| panic!("not as the API reference has it: {why}"));
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(reqwest::Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(reqwest::Method::POST, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(reqwest::Method::DELETE, path, None).await
    }

    /// Accepted; its id.
    pub async fn create(&self, fields: Value) -> String {
        let (status, body) = self.post("/volumes", json!({"volume": fields})).await.unwrap();
        assert_eq!(status, 202, "{body}");
        body["volume"]["id"].as_str().unwrap().to_owned()
    }

    /// A snapshot, available; its id.
    pub async fn snapshot(&self, volume: &str) -> String {
        let body = json!({"snapshot": {"volume_id": volume}});
        let (status, body) = self.post("/snapshots", body).await.unwrap();
        assert_eq!(status, 202, "{body}");
        let id = body["snapshot"]["id"].as_str().unwrap().to_owned();
        let began = Instant::now();
        loop {
            let (_, body) = self.get(&format!("/snapshots/{id}")).await.unwrap();
            if body["snapshot"]["status"] == "available" {
                return id;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "{body}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Every volume of the project, by id.
    pub async fn volumes(&self) -> BTreeMap<String, Value> {
        let mut all = BTreeMap::new();
        let mut marker = String::new();
        loop {
            let (status, body) = self.get(&format!("/volumes/detail?limit=1000{marker}")).await.unwrap();
            assert_eq!(status, 200, "{body}");
            let page = body["volumes"].as_array().unwrap();
            let id = |volume: &Value| volume["id"].as_str().unwrap().to_owned();
            all.extend(page.iter().map(|volume| (id(volume), volume.clone())));
            if page.len() < 1000 {
                return all;
            }
            marker = format!("&marker={}", id(page.last().unwrap()));
        }
    }
}

/// These volumes once none of them is on its way any more.
pub async fn until_final(api: &Api, ids: &[String]) -> BTreeMap<String, Value> {
    let began = Instant::now();
    loop {
        let mut all = api.volumes().await;
        all.retain(|id, _| ids.contains(id));
        let on_the_way =
            all.values().filter(|volume| volume["status"].as_str().unwrap().ends_with("ing")).count();
        if on_the_way == 0 && all.len() == ids.iter().collect::<BTreeSet<_>>().len() {
            return all;
        }
        assert!(
            began.elapsed() < Duration::from_secs(180),
            "{on_the_way} of {} are still on the way",
            ids.len()
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// `count` requests, so many at a time.
pub async fn all_at_once<T, F>(count: usize, at_a_time: usize, ask: impl Fn(usize) -> F) -> Vec<T>
where
    F: Future<Output = T>,
{
    use futures::StreamExt as _;
    futures::stream::iter(0..count).map(ask).buffered(at_a_time).collect().await
}
