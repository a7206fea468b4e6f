//! The second token of a request: from Nova or Glance, or pretending to be.

use super::*;
use hearth::auth::keystone::ServiceRoles;

async fn keystone() -> FakeKeystone {
    let keystone = FakeKeystone::start().await;
    keystone.knows("user", token("u-1", "p-1", &["member"]));
    keystone.knows("other-user", token("u-2", "p-1", &["admin", "member", "reader"]));
    keystone.knows("nova", token("u-nova", "p-service", &["Service", "admin"]));
    keystone.knows("expired", token_until("u-1", "p-1", &["member"], "2026-06-01T11:00:00Z"));
    keystone.knows("expired-nova", token_until("u-nova", "p-service", &["service"], "2026-06-01T11:00:00Z"));
    keystone.set(|facts| facts.expired.extend(["expired".to_owned(), "expired-nova".to_owned()]));
    keystone
}

async fn relay(door: &Authenticator, user: Option<&str>, service: &str) -> Result<Identity, Error> {
    let headers = AuthHeaders { auth_token: user, service_token: Some(service), ..AuthHeaders::default() };
    door.authenticate(headers).await
}

#[tokio::test]
async fn who_may_come_with_whom() {
    let keystone = keystone().await;
    let door = door(&keystone);
    let refused = Some(ErrorKind::Unauthenticated);
    for (user, service, outcome) in [
        (Some("user"), "nova", None),
        (Some("expired"), "nova", None),
        (Some("user"), "", None),
        (Some("user"), "garbage", refused),
        (Some("user"), "other-user", refused),
        (Some("user"), "user", refused),
        (Some("user"), "expired-nova", refused),
        (Some("expired"), "other-user", refused),
        (Some("expired"), "expired-nova", refused),
        (Some("expired"), "", refused),
        (Some("garbage"), "nova", refused),
        (None, "nova", refused),
    ] {
        // Twice: from Keystone and from memory.
        for _ in 0..2 {
            assert_eq!(kind(relay(&door, user, service).await), outcome, "{user:?} with {service:?}");
        }
    }
}

#[tokio::test]
async fn the_service_is_known_beside_the_user() {
    let keystone = keystone().await;
    let door = door(&keystone);
    let who = relay(&door, Some("expired"), "nova").await.unwrap();
    assert_eq!((who.user_id.as_str(), who.roles.as_slice()), ("u-1", ["member".to_owned()].as_slice()));
    assert_eq!(who.service_roles, ["service", "admin"]);
    let service = who.service_caller.unwrap();
    assert_eq!((service.user_id.as_str(), service.project_id.as_str()), ("u-nova", "p-service"));
    // What Nova may do with an expired token, its owner still may not.
    assert_eq!(kind(enter(&door, "expired").await), Some(ErrorKind::Unauthenticated));
}

#[tokio::test]
async fn a_token_valid_by_itself_is_not_asked_about_again_for_nova() {
    let keystone = keystone().await;
    let door = door(&keystone);
    enter(&door, "user").await.unwrap();
    relay(&door, Some("user"), "nova").await.unwrap();
    let queries: Vec<_> =
        keystone.set(|facts| facts.validations.iter().map(|(query, _)| query.clone()).collect());
    assert_eq!(queries, ["nocatalog", "nocatalog"], "the user's and Nova's, each once");
}

#[tokio::test]
async fn old_deployments_may_not_require_the_role() {
    let keystone = keystone().await;
    let settings = KeystoneSettings { service_roles: ServiceRoles::Optional, ..settings(&keystone) };
    let door = Authenticator::keystone(settings, Clock::manual(NOON)).unwrap();
    let refused = Some(ErrorKind::Unauthenticated);
    assert_eq!(kind(relay(&door, Some("user"), "other-user").await), None);
    assert_eq!(kind(relay(&door, Some("user"), "garbage").await), refused);
    assert_eq!(kind(relay(&door, Some("expired"), "other-user").await), refused);
    assert_eq!(kind(relay(&door, Some("expired"), "nova").await), None);
}

#[tokio::test]
async fn the_role_has_the_name_the_operator_gave_it() {
    let keystone = keystone().await;
    let settings = KeystoneSettings { service_token_roles: vec!["Admin".to_owned()], ..settings(&keystone) };
    let door = Authenticator::keystone(settings, Clock::manual(NOON)).unwrap();
    assert_eq!(kind(relay(&door, Some("expired"), "other-user").await), None);
    assert_eq!(kind(relay(&door, Some("user"), "user").await), Some(ErrorKind::Unauthenticated));
}
