//! Log levels follow what any process was told, without anybody asking this one.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hearth::domain::log_level::{LogLevel, LogLevels, LogWish};
use hearth::domain::{Clock, Timestamp};
use hearth::fleet::Clients;
use hearth::store::{Dispatch, LogFollower, Store};
use hearth::worker::{Settings, Worker};

#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl LogLevels for Told {
    fn level(&self, _: &str) -> Option<LogLevel> {
        None
    }
    fn named(&self) -> Vec<String> {
        vec!["hearth::worker::driver".to_owned()]
    }
    fn set(&self, targets: &[String], level: LogLevel) {
        self.0.lock().unwrap().push(format!("{} {}", targets.join("+"), level.as_str()));
    }
}

fn wish(binary: &str, prefix: &str, level: LogLevel) -> LogWish {
    LogWish { binary: binary.to_owned(), prefix: prefix.to_owned(), level }
}

#[tokio::test]
async fn a_worker_sets_what_another_process_was_told() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/hearth.db", folder.path().display());
    let [ours, elsewhere] = [Store::connect(&url, 2).await.unwrap(), Store::connect(&url, 2).await.unwrap()];
    ours.migrate(&Clock::System).await.unwrap();
    let tell = async |wishes: &[LogWish]| {
        let write = elsewhere.write("test", |tx, _| Box::pin(tx.insert_log_wishes(wishes, Timestamp(1))));
        write.await.unwrap();
    };
    tell(&[wish("cinder-volume", "", LogLevel::Error)]).await;

    let told = Arc::new(Told::default());
    let logs = Arc::new(LogFollower::start(&ours, told.clone()).await.unwrap());
    let (dispatch, announced) = Dispatch::new();
    let settings = Settings { sweep: Duration::from_millis(10), logs: Some(logs), ..Settings::default() };
    let worker = Worker::new(ours, Clients::default(), dispatch, Clock::System, settings);
    worker.start(announced);
    tell(&[wish("cinder-volume", "hearth::worker", LogLevel::Debug)]).await;
    tell(&[
        wish("cinder-scheduler", "", LogLevel::Warning),
        wish("cinder-volume", "hearth::st", LogLevel::Info),
        wish("nova-compute", "", LogLevel::Info),
    ])
    .await;
    let expected = ["hearth::worker DEBUG", "hearth::placement WARNING", "hearth::store INFO"];
    let heard = async {
        while told.0.lock().unwrap().len() < expected.len() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), heard).await.unwrap();
    worker.stop().await;
    assert_eq!(*told.0.lock().unwrap(), expected, "each once, in order, and nothing of before its start");
    let mut session = elsewhere.read().await.unwrap();
    assert_eq!(session.log_wishes_after(0).await.unwrap().len(), 5);
    drop(session);
    tell(&[wish("cinder-volume", "hearth::", LogLevel::Error)]).await;
    let left = elsewhere.read().await.unwrap().log_wishes_after(0).await.unwrap();
    let left: Vec<&str> = left.iter().map(|(_, wish)| wish.prefix.as_str()).collect();
    assert_eq!(left, ["", "", "", "hearth::"], "what a wish makes void goes");
}
