//! The gateway's own token: had, kept fresh, and where it leads.

use super::fake_keystone::Mood;
use super::*;
use hearth::auth::keystone::Interface;

#[tokio::test]
async fn it_is_renewed_before_it_expires() {
    let keystone = FakeKeystone::start().await;
    keystone.set(|facts| facts.session_expires_at = "2026-06-01T13:00:00.000000Z".to_owned());
    let clock = Clock::manual(NOON);
    let door = Authenticator::keystone(settings(&keystone), clock.clone()).unwrap();
    let ask =
        async |token: &str| assert_eq!(kind(enter(&door, token).await), Some(ErrorKind::Unauthenticated));
    ask("1").await;
    clock.advance(Duration::from_secs(3600 - 61));
    ask("2").await;
    assert_eq!(keystone.logins(), 1);
    clock.advance(Duration::from_secs(2));
    keystone.set(|facts| facts.session_expires_at = "2026-06-01T14:00:00.000000Z".to_owned());
    let tokens: Vec<String> = (0..20).map(|n| format!("burst-{n}")).collect();
    futures::future::join_all(tokens.iter().map(|token| ask(token))).await;
    assert_eq!(keystone.logins(), 2, "by one of the twenty");
    let used = keystone.set(|facts| facts.validations.last().unwrap().1["x-auth-token"].clone());
    assert_eq!(used, "session-2");
}

#[tokio::test]
async fn it_is_renewed_once_when_keystone_no_longer_takes_it() {
    let keystone = FakeKeystone::start().await;
    keystone.knows("a", token("u-1", "p-1", &["member"]));
    keystone.knows("b", token("u-1", "p-1", &["member"]));
    let door = door(&keystone);
    enter(&door, "a").await.unwrap();
    keystone.set(|facts| facts.sessions.clear());
    enter(&door, "b").await.unwrap();
    assert_eq!((keystone.logins(), keystone.validations()), (2, 3));
}

#[tokio::test]
async fn an_account_that_may_not_validate_is_the_operators_trouble() {
    let keystone = FakeKeystone::start().await;
    let door = door(&keystone);
    for (status, validations) in [(401, 2), (403, 1)] {
        keystone.set(|facts| {
            facts.validations.clear();
            facts.passing = vec![Mood::Answers(status, "{}".to_owned()); validations];
        });
        let error = enter(&door, "any").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(error.message(), "The Keystone service is temporarily unavailable.");
        assert!(error.detail().unwrap().contains("may not validate tokens"), "{:?}", error.detail());
        assert_eq!(keystone.validations(), validations);
    }
}

#[tokio::test]
async fn a_wrong_password_is_said_in_the_log_only() {
    let keystone = FakeKeystone::start().await;
    let wrong = KeystoneSettings { password: "wrong-password".into(), ..settings(&keystone) };
    let door = Authenticator::keystone(wrong, Clock::manual(NOON)).unwrap();
    let error = enter(&door, "any").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let detail = error.detail().unwrap();
    assert!(detail.contains("401") && detail.contains("logged in as cinder"), "{detail}");
    assert!(!detail.contains("wrong-password"));
}

#[tokio::test]
async fn the_catalogue_says_where_to_validate() {
    let keystone = FakeKeystone::start().await;
    keystone.knows("good", token("u-1", "p-1", &["member"]));
    let endpoint = |interface: &str, region: &str, url: &str| json!({"id": "e", "interface": interface, "region": region, "region_id": region, "url": url});
    let nowhere = "http://127.0.0.1:1/v3";
    keystone.set(|facts| {
        facts.catalog = json!([
            {"type": "volumev3", "id": "1", "name": "cinder", "endpoints": [endpoint("internal", "two", nowhere)]},
            {"type": "identity", "id": "2", "name": "keystone", "endpoints": [
                endpoint("public", "two", nowhere),
                endpoint("internal", "one", nowhere),
                endpoint("internal", "two", &format!("{}/internal", keystone.url)),
            ]},
        ]);
    });
    let choose = |interface, region: &str| {
        let region = Some(region.to_owned());
        let settings = KeystoneSettings { interface: Some(interface), region, ..settings(&keystone) };
        Authenticator::keystone(settings, Clock::manual(NOON)).unwrap()
    };
    enter(&choose(Interface::Internal, "two"), "good").await.unwrap();
    for (interface, region) in
        [(Interface::Public, "two"), (Interface::Admin, "two"), (Interface::Internal, "3")]
    {
        assert_eq!(kind(enter(&choose(interface, region), "good").await), Some(ErrorKind::Unavailable));
    }
}
