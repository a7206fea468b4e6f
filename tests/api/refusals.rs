//! Who is refused, and how: every row of the route table, asked by callers of every kind, held
//! against what stock Cinder answers them (`tests/conformance/rbac/answers.json`, recorded by the
//! script beside it). Who is let through may fail for other reasons, but never with a 500.

use hearth::api::routes::TABLE;
use hearth::auth::{Authenticator, KeystoneSettings};
use hearth::domain::Clock;
use serde_json::Value;

use super::bench::{Answer, Bench, PROJECT};
use super::fake_keystone::{FakeKeystone, PASSWORD, token};
use super::scene::Scene;

const REQUESTS: &str = include_str!("../conformance/rbac/requests.txt");
const ANSWERS: &str = include_str!("../conformance/rbac/answers.json");

/// Who asks; those first who are refused most, so that what is asked for is still there.
const CALLERS: [(&str, &str, &[&str]); 7] = [
    ("roleless", PROJECT, &["guest"]),
    ("service", PROJECT, &["service"]),
    ("stranger", "beef", &["member", "reader"]),
    ("reader", PROJECT, &["reader"]),
    ("member", PROJECT, &["member", "reader"]),
    ("admin", PROJECT, &["admin", "member", "reader"]),
    ("far-admin", "beef", &["admin"]),
];

/// Let through.
const OK: &str = "ok";

/// Where hearth answers otherwise on purpose: the request, the callers, what they hear, and why.
const OTHERWISE: &[(&str, &str, &str, &str)] = &[
    ("att.show", "stranger", NO_ATTACHMENT, FOREIGN),
    ("att.update", "stranger", NO_ATTACHMENT, FOREIGN),
    ("att.delete", "stranger", NO_ATTACHMENT, FOREIGN),
    ("att.complete", "stranger", NO_ATTACHMENT, FOREIGN),
    ("venc.show", "reader member admin far-admin", NO_CIPHER, "stock answers 500"),
    ("ga.create-from-src", "reader", NO_GROUP, "no refusal is 400"),
    ("ga.create-from-src+snapshot", "reader", NO_GROUP, "no refusal is 400"),
    ("bak.export", "admin far-admin", NO_BACKUPS, "there is no backup service that could"),
    ("svc.failover", "roleless service stranger reader member", NO_FAILOVER, LOST),
    ("svc.failover", "admin far-admin", OK, LOST),
];
const NO_ATTACHMENT: &str =
    "404 Volume attachment could not be found with filter: attachment_id = @attachment.";
const NO_CIPHER: &str = "404 Volume encryption metadata has no key cipher.";
const NO_GROUP: &str = "403 Policy doesn't allow group:create to be performed.";
const NO_FAILOVER: &str = "403 Policy doesn't allow volume_extension:services:update to be performed.";
const NO_BACKUPS: &str = "404 Service cinder-backup could not be found.";
const FOREIGN: &str = "what is another project's is not there, and neither is its volume";
const LOST: &str = "stock has lost the route that its own clients call";

struct Request {
    name: &'static str,
    minor: u16,
    method: axum::http::Method,
    path: &'static str,
    body: Option<&'static str>,
}

fn requests() -> Vec<Request> {
    let lines = REQUESTS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let parse = |line: &'static str| {
        let mut words = line.splitn(5, ' ');
        let mut word = || words.next().unwrap();
        let (name, minor, method, path) = (word(), word(), word(), word());
        Request {
            name,
            minor: minor.parse().unwrap(),
            method: method.parse().unwrap(),
            path,
            body: words.next(),
        }
    };
    lines.map(parse).collect()
}

async fn bench() -> (Bench, FakeKeystone) {
    let keystone = FakeKeystone::start().await;
    for (name, project, roles) in CALLERS {
        keystone.knows(name, token(name, project, roles));
    }
    let settings = KeystoneSettings::new(&keystone.url, "cinder", PASSWORD.into(), "service");
    let bench = Bench::with_an_idler(Authenticator::keystone(settings, Clock::System).unwrap()).await;
    (bench, keystone)
}

async fn ask(scene: &mut Scene<'_>, request: &Request, who: &str) -> Answer {
    let path = scene.fill(request.path).await;
    let mut ask = scene.bench.ask(request.method.clone(), &path).at(request.minor).token(who);
    if let Some(body) = request.body {
        ask = ask.body(serde_json::from_str(&scene.fill(body).await).unwrap());
    }
    ask.send().await
}

/// As in the record: a refusal by its status and words, everything else as `OK`.
fn said(scene: &Scene<'_>, answer: &Answer) -> String {
    if !matches!(answer.status, 403 | 404) && !answer.text.contains("Policy doesn't allow") {
        return OK.to_owned();
    }
    let body = answer.json();
    let fault = body.as_object().unwrap().values().next().unwrap();
    let message = fault.as_str().or_else(|| fault["message"].as_str()).unwrap();
    format!("{} {}", answer.status, scene.plain(message))
}

#[test]
fn every_row_is_asked() {
    let requests = requests();
    for row in TABLE.iter().copied().flatten() {
        let asked = requests.iter().find(|request| request.name == row.id);
        let Some(asked) = asked else { panic!("{} is not asked", row.id) };
        assert_eq!(asked.method, row.method, "{}", row.id);
    }
}

#[tokio::test]
async fn everybody_hears_what_stock_would_say() {
    let (bench, _keystone) = bench().await;
    let mut scene = Scene::new(&bench).await;
    let record: Value = serde_json::from_str(ANSWERS).unwrap();
    let mut different = Vec::new();
    let mut used = vec![false; OTHERWISE.len()];
    for request in requests() {
        let by_words =
            record[request.name].as_object().unwrap_or_else(|| panic!("{} is not on record", request.name));
        for (who, ..) in CALLERS {
            let stock =
                by_words.iter().find(|(_, callers)| callers.as_str().unwrap().split(' ').any(|it| it == who));
            let stock = stock.unwrap_or_else(|| panic!("{}: {who} is not on record", request.name)).0;
            let answer = ask(&mut scene, &request, who).await;
            let said = said(&scene, &answer);
            let otherwise = OTHERWISE.iter().position(|(name, callers, words, _)| {
                *name == request.name && callers.split(' ').any(|it| it == who) && *words == said
            });
            if let Some(found) = otherwise {
                used[found] = true;
            }
            if answer.status >= 500 || (said != *stock && otherwise.is_none()) {
                let told =
                    if said == OK { format!("{} {}", answer.status, answer.text) } else { said.clone() };
                different.push(format!("{} by {who}: stock says {stock:?}, here {told:?}", request.name));
            }
            if request.method != axum::http::Method::GET && answer.status < 300 {
                scene.forget().await;
            }
        }
    }
    assert!(different.is_empty(), "{} are different:\n{}", different.len(), different.join("\n"));
    for ((name, callers, ..), used) in OTHERWISE.iter().zip(used) {
        assert!(used, "{name} by {callers} is as with stock: strike it");
    }
}
