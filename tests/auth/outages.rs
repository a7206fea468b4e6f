//! A Keystone that is away, slow, or not a Keystone: 503, and nothing worse.

use super::fake_keystone::Mood;
use super::*;

fn nonsense() -> Vec<Mood> {
    let answer = |status, body: &str| Mood::Answers(status, body.to_owned());
    vec![
        answer(200, "<html>It works!</html>"),
        answer(200, ""),
        answer(200, "{}"),
        answer(200, r#"{"token": {"user": {"id": 7}, "expires_at": "2099-01-01T00:00:00Z"}}"#),
        answer(200, r#"{"token": {"user": {"id": "u"}, "expires_at": "tomorrow"}}"#),
        answer(204, ""),
        answer(301, ""),
        answer(429, "{}"),
        answer(500, "{}"),
        answer(503, "<h1>maintenance</h1>"),
        Mood::Answers(200, " ".repeat((4 << 20) + 1)),
    ]
}

#[tokio::test]
async fn whatever_it_answers() {
    let keystone = FakeKeystone::start().await;
    keystone.knows("known", token("u-1", "p-1", &["member"]));
    keystone.knows("new", token("u-2", "p-1", &["member"]));
    let door = door(&keystone);
    enter(&door, "known").await.unwrap();
    for mood in nonsense() {
        keystone.set(|facts| facts.mood = mood.clone());
        let error = enter(&door, "new").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{mood:?}");
        assert_eq!(error.message(), "The Keystone service is temporarily unavailable.");
        assert!(error.detail().is_some());
        enter(&door, "known").await.expect("what is remembered needs no Keystone");
    }
    keystone.set(|facts| facts.mood = Mood::Normal);
    assert_eq!(enter(&door, "new").await.unwrap().user_id.as_str(), "u-2", "failures are not remembered");
}

#[tokio::test]
async fn at_the_login_too() {
    let keystone = FakeKeystone::start().await;
    let door = door(&keystone);
    for mood in nonsense() {
        keystone.set(|facts| facts.mood = mood.clone());
        assert_eq!(kind(enter(&door, "any").await), Some(ErrorKind::Unavailable), "{mood:?}");
    }
    keystone.set(|facts| facts.mood = Mood::Normal);
    assert_eq!(kind(enter(&door, "any").await), Some(ErrorKind::Unauthenticated));
}

#[tokio::test]
async fn a_hiccup_is_not_noticed() {
    let keystone = FakeKeystone::start().await;
    keystone.knows("good", token("u-1", "p-1", &["member"]));
    keystone.set(|facts| facts.passing = vec![Mood::Answers(503, "restarting".to_owned())]);
    enter(&door(&keystone), "good").await.unwrap();
    assert_eq!(keystone.validations(), 2);
}

#[tokio::test]
async fn texts_that_are_no_tokens_to_keystone_are_none_to_us() {
    let keystone = FakeKeystone::start().await;
    let door = door(&keystone);
    for status in [400, 404, 413, 431] {
        keystone.set(|facts| facts.passing = vec![Mood::Answers(status, "{}".to_owned())]);
        let outcome = enter(&door, &format!("garbage-{status}")).await;
        assert_eq!(kind(outcome), Some(ErrorKind::Unauthenticated), "{status}");
    }
}

#[tokio::test]
async fn a_silent_one_is_given_up() {
    let keystone = FakeKeystone::start().await;
    keystone.set(|facts| facts.mood = Mood::Silent);
    let settings = KeystoneSettings { request_timeout: Duration::from_millis(100), ..settings(&keystone) };
    let door = Authenticator::keystone(settings, Clock::manual(NOON)).unwrap();
    let limit = Duration::from_secs(10);
    let both = async { tokio::join!(enter(&door, "a"), enter(&door, "b")) };
    let (a, b) = tokio::time::timeout(limit, both).await.expect("in its own time");
    assert_eq!((kind(a), kind(b)), (Some(ErrorKind::Unavailable), Some(ErrorKind::Unavailable)));
    keystone.set(|facts| facts.mood = Mood::Normal);
    assert_eq!(kind(enter(&door, "a").await), Some(ErrorKind::Unauthenticated));
}

#[tokio::test]
async fn one_that_is_not_there_may_come_later() {
    let keystone = FakeKeystone::start().await;
    keystone.knows("good", token("u-1", "p-1", &["member"]));
    let address = keystone.url.trim_start_matches("http://").to_owned();
    let door = door(&keystone);
    keystone.stop();
    while tokio::net::TcpStream::connect(&address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let error = enter(&door, "good").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.detail().unwrap().starts_with("Keystone cannot be reached"), "{:?}", error.detail());
    let listener = tokio::net::TcpListener::bind(&address).await.unwrap();
    let router = fake_keystone::router(keystone.facts.clone());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    enter(&door, "good").await.unwrap();
    server.abort();
}
