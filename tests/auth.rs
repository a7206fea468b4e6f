//! Token authentication against a Keystone that behaves, and against one that does not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "auth/fake_keystone.rs"]
mod fake_keystone;
#[path = "auth/outages.rs"]
mod outages;
#[path = "auth/own_account.rs"]
mod own_account;
#[path = "auth/service_tokens.rs"]
mod service_tokens;
#[path = "auth/tls.rs"]
mod tls;

use std::time::Duration;

use fake_keystone::{FakeKeystone, PASSWORD, token, token_until};
use hearth::auth::{AuthHeaders, Authenticator, Identity, IsAdmin, KeystoneSettings};
use hearth::domain::{Clock, Error, ErrorKind, ProjectId, Timestamp};
use serde_json::{Value, json};

/// 2026-06-01T12:00:00Z
const NOON: Timestamp = Timestamp(1_780_315_200_000_000);

fn settings(keystone: &FakeKeystone) -> KeystoneSettings {
    KeystoneSettings {
        request_timeout: Duration::from_secs(5),
        ..KeystoneSettings::new(&keystone.url, "cinder", PASSWORD.into(), "service")
    }
}

fn door(keystone: &FakeKeystone) -> Authenticator {
    Authenticator::keystone(settings(keystone), Clock::manual(NOON)).unwrap()
}

async fn enter(door: &Authenticator, user_token: &str) -> Result<Identity, Error> {
    door.authenticate(AuthHeaders { auth_token: Some(user_token), ..AuthHeaders::default() }).await
}

fn kind(outcome: Result<Identity, Error>) -> Option<ErrorKind> {
    outcome.err().map(|error| error.kind())
}

#[tokio::test]
async fn a_valid_token_says_who_it_is() {
    let keystone = FakeKeystone::start().await;
    keystone.knows("good", token("u-1", "p-1", &["Member", "reader"]));
    let door = door(&keystone);
    let who = enter(&door, "  good ").await.unwrap();
    assert_eq!(who.user_id.as_str(), "u-1");
    assert_eq!(who.user_name.as_deref(), Some("u-1-name"));
    assert_eq!(who.user_domain_id.as_deref(), Some("d-user"));
    assert_eq!(who.project_id, Some(ProjectId::new("p-1")));
    assert_eq!(who.project_domain_id.as_deref(), Some("d-project"));
    assert_eq!(who.roles, ["member", "reader"]);
    assert_eq!((who.domain_id, who.system_scope), (None, None));
    assert!(who.is_admin_project && who.is_admin == IsAdmin::ByPolicy);
    assert!(who.service_roles.is_empty() && who.service_caller.is_none());
    let (query, headers) = keystone.set(|facts| facts.validations[0].clone());
    assert_eq!(query, "nocatalog");
    assert_eq!(headers["x-auth-token"], "session-1");
    assert_eq!(headers["openstack-identity-access-rules"], "1");
    assert_eq!(door.www_authenticate(), Some(format!("Keystone uri=\"{}\"", keystone.url).as_str()));
}

#[tokio::test]
async fn other_scopes_have_no_project() {
    let keystone = FakeKeystone::start().await;
    let scoped = |change: &dyn Fn(&mut Value)| {
        let mut token = token("u-1", "p-1", &["admin"]);
        token.as_object_mut().unwrap().remove("project");
        change(&mut token);
        token
    };
    keystone.knows("system", scoped(&|token| token["system"] = json!({"all": true})));
    keystone.knows("domain", scoped(&|token| token["domain"] = json!({"id": "d-1", "name": "Default"})));
    keystone.knows("none", scoped(&|token| drop(token.as_object_mut().unwrap().remove("roles"))));
    keystone.knows("small", scoped(&|token| token["is_admin_project"] = json!(false)));
    let door = door(&keystone);
    let system = enter(&door, "system").await.unwrap();
    assert_eq!((system.project_id, system.system_scope.as_deref()), (None, Some("all")));
    let domain = enter(&door, "domain").await.unwrap();
    assert_eq!((domain.project_id, domain.domain_id.as_deref()), (None, Some("d-1")));
    assert!(enter(&door, "none").await.unwrap().roles.is_empty());
    assert!(!enter(&door, "small").await.unwrap().is_admin_project);
}

#[tokio::test]
async fn without_a_good_token_there_is_no_entry() {
    let keystone = FakeKeystone::start().await;
    let door = door(&keystone);
    for headers in [
        AuthHeaders::default(),
        AuthHeaders { auth_token: Some(" "), ..AuthHeaders::default() },
        AuthHeaders { auth_token: Some("line\nbreak"), ..AuthHeaders::default() },
        AuthHeaders { auth_token: Some("königlich"), ..AuthHeaders::default() },
    ] {
        let error = door.authenticate(headers).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{:?}", headers.auth_token);
        assert_eq!(error.message(), "The request you have made requires authentication.");
    }
    assert_eq!((keystone.logins(), keystone.validations()), (0, 0), "nothing worth asking about");
    for _ in 0..3 {
        assert_eq!(kind(enter(&door, "made-up").await), Some(ErrorKind::Unauthenticated));
    }
    assert_eq!(keystone.validations(), 1, "a refusal is remembered");
}

#[tokio::test]
async fn many_at_once_ask_once() {
    let keystone = FakeKeystone::start().await;
    keystone.knows("good", token("u-1", "p-1", &["member"]));
    keystone.set(|facts| facts.pause = Duration::from_millis(50));
    let door = door(&keystone);
    let all = futures::future::join_all((0..50).map(|_| enter(&door, "good"))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!((keystone.logins(), keystone.validations()), (1, 1));
    enter(&door, "good").await.unwrap();
    assert_eq!(keystone.validations(), 1);
}

#[tokio::test]
async fn no_token_is_believed_past_its_end() {
    let keystone = FakeKeystone::start().await;
    keystone.knows("brief", token_until("u-1", "p-1", &["member"], "2026-06-01T12:01:00Z"));
    let clock = Clock::manual(NOON);
    let door = Authenticator::keystone(settings(&keystone), clock.clone()).unwrap();
    enter(&door, "brief").await.unwrap();
    clock.advance(Duration::from_secs(59));
    enter(&door, "brief").await.unwrap();
    clock.advance(Duration::from_secs(1));
    assert_eq!(kind(enter(&door, "brief").await), Some(ErrorKind::Unauthenticated));
    assert_eq!(keystone.validations(), 1);
}

#[tokio::test]
async fn belief_ends() {
    let keystone = FakeKeystone::start().await;
    keystone.knows("revoked", token("u-1", "p-1", &["member"]));
    let settings = KeystoneSettings { cache_ttl: Duration::from_millis(30), ..settings(&keystone) };
    let door = Authenticator::keystone(settings, Clock::manual(NOON)).unwrap();
    enter(&door, "revoked").await.unwrap();
    let lost = keystone.set(|facts| facts.tokens.remove("revoked"));
    let until = async |refused: bool| {
        while enter(&door, "revoked").await.is_err() != refused {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let limit = Duration::from_secs(10);
    tokio::time::timeout(limit, until(true)).await.expect("a revoked token is refused in the end");
    keystone.knows("revoked", lost.unwrap());
    tokio::time::timeout(limit, until(false)).await.expect("so is a refusal forgotten");
}

#[tokio::test]
async fn access_rules_are_held_to() {
    let keystone = FakeKeystone::start().await;
    let mut restricted = token("u-1", "p-1", &["member"]);
    restricted["application_credential"] = json!({"id": "ac", "name": "ac", "restricted": true, "access_rules": [
        {"id": "1", "service": "volumev3", "method": "GET", "path": "/v3/*/volumes/**"},
        {"id": "2", "service": "compute", "method": "POST", "path": "/v3/**"},
    ]});
    keystone.knows("restricted", restricted);
    let mut unrestricted = token("u-1", "p-1", &["member"]);
    unrestricted["application_credential"] = json!({"id": "ac", "name": "ac", "restricted": true});
    keystone.knows("unrestricted", unrestricted);
    keystone.knows("nova", token("u-nova", "p-service", &["service"]));
    let door = door(&keystone);
    let ask = async |auth_token, service_token, method, path| {
        let headers = AuthHeaders {
            auth_token: Some(auth_token),
            service_token,
            url_project: Some("p-1"),
            method,
            path,
        };
        kind(door.authenticate(headers).await)
    };
    let refused = Some(ErrorKind::Unauthenticated);
    assert_eq!(ask("restricted", None, "GET", "/v3/p-1/volumes/detail").await, None);
    assert_eq!(ask("restricted", None, "POST", "/v3/p-1/volumes/detail").await, refused);
    assert_eq!(ask("restricted", None, "GET", "/v3/p-1/snapshots").await, refused);
    assert_eq!(ask("restricted", None, "", "").await, refused);
    assert_eq!(ask("restricted", Some("nova"), "POST", "/v3/p-1/volumes").await, None);
    assert_eq!(ask("unrestricted", None, "POST", "/v3/p-1/volumes").await, None);
}

#[tokio::test]
async fn secrets_show_nowhere() {
    let keystone = FakeKeystone::start().await;
    keystone.knows("gAAAA-user-token", token("u-1", "p-1", &["member"]));
    let door = door(&keystone);
    let identity = enter(&door, "gAAAA-user-token").await.unwrap();
    keystone.stop();
    keystone.set(|facts| facts.mood = fake_keystone::Mood::Answers(500, "oops".to_owned()));
    let error = enter(&door, "gAAAA-other-token").await.unwrap_err();
    let told = format!("{door:?} {identity:?} {error:?} {error} {:?}", error.detail());
    for secret in [PASSWORD, "gAAAA", "session-1"] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
    assert!(told.contains("cinder"), "it does say something: {told}");
}

#[test]
fn settings_that_cannot_work_are_refused_at_start() {
    let refused = |change: &dyn Fn(&mut KeystoneSettings)| {
        let mut settings =
            KeystoneSettings::new("http://127.0.0.1:5000", "cinder", PASSWORD.into(), "service");
        change(&mut settings);
        let error = Authenticator::keystone(settings, Clock::System).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        error.message().to_owned()
    };
    assert!(refused(&|s| s.auth_url = "keystone:5000".to_owned()).contains("auth_url"));
    assert!(refused(&|s| s.auth_url = String::new()).contains("auth_url"));
    let uri = "http://ks/\"\r\nX-Evil: 1";
    assert!(refused(&|s| s.www_authenticate_uri = Some(uri.to_owned())).contains("www_authenticate_uri"));
    assert!(refused(&|s| s.cafile = Some("/nonexistent/ca.pem".into())).contains("cafile"));
    let not_pem = tempfile::NamedTempFile::new().unwrap();
    assert!(refused(&|s| s.cafile = Some(not_pem.path().to_owned())).contains("no certificate"));
}
