//! The numbers of services, and the log levels wished for, as several hearths give them at once.

use std::collections::{BTreeMap, BTreeSet};

use hearth::domain::log_level::{LogLevel, LogWish};
use hearth::domain::{ClusterId, Timestamp};
use hearth::store::Store;

use crate::bed::Bed;
use crate::sample;

pub async fn a_number_is_one_services_for_good(bed: Bed) {
    let clusters: Vec<ClusterId> = (0..6).map(|_| ClusterId::random()).collect();
    let register = async |store: &Store, of: &[ClusterId]| {
        for (n, id) in of.iter().enumerate() {
            sample::put_cluster(store, *id, &format!("c{n}")).await;
        }
    };
    // Both register the same ones, and each some that the other does not know yet.
    tokio::join!(register(&bed.a, &clusters[..4]), register(&bed.b, &clusters[2..]));
    let numbers = async |store: &Store| store.read().await.unwrap().service_ids().await.unwrap();
    let first = numbers(&bed.a).await;
    let given: BTreeSet<i64> = first.values().copied().collect();
    assert_eq!(given, (2..=7).collect(), "1 is the scheduler's: {first:?}");
    bed.b.write("unregister", |tx, _| Box::pin(tx.unregister_cluster(clusters[0]))).await.unwrap();
    let late = ClusterId::random();
    register(&bed.b, &[late]).await;
    register(&bed.b, &clusters).await;
    let second = numbers(&bed.b).await;
    assert_eq!(second.get(&late), Some(&8));
    assert!(first.iter().all(|(id, number)| second.get(id) == Some(number)), "{first:?} {second:?}");
}

fn wish(prefix: &str, level: LogLevel) -> LogWish {
    LogWish { binary: "cinder-volume".to_owned(), prefix: prefix.to_owned(), level }
}

pub async fn log_wishes_are_heard_in_order_and_none_is_missed(bed: Bed) {
    let wish_for = async |store: &Store, wishes: &[LogWish]| {
        let write = store.write("wish", |tx, _| Box::pin(tx.insert_log_wishes(wishes, Timestamp(1))));
        write.await.unwrap();
    };
    let several = async |store: &Store, names: [&str; 4]| {
        for name in names {
            wish_for(store, &[wish(name, LogLevel::Debug)]).await;
        }
    };
    // Whoever looks while they come must not pass over one that is committed later.
    let follow = async {
        let (mut heard, mut all) = (0, BTreeMap::new());
        while all.len() < 8 {
            for (serial, wish) in bed.b.read().await.unwrap().log_wishes_after(heard).await.unwrap() {
                assert!(serial > heard, "{serial}");
                heard = serial;
                all.insert(serial, wish.prefix);
            }
        }
        all
    };
    let (.., all) =
        tokio::join!(several(&bed.a, ["a", "b", "c", "d"]), several(&bed.b, ["e", "f", "g", "h"]), follow);
    let names: BTreeSet<&str> = all.values().map(String::as_str).collect();
    assert_eq!(names.len(), 8, "{all:?}");

    let last = bed.a.read().await.unwrap().last_log_wish().await.unwrap();
    wish_for(&bed.b, &[wish("hearth::api", LogLevel::Info), wish("Hearth::api", LogLevel::Info)]).await;
    wish_for(&bed.a, &[wish("hearth", LogLevel::Error)]).await;
    let news = bed.b.read().await.unwrap().log_wishes_after(last).await.unwrap();
    let news: Vec<(i64, &str)> =
        news.iter().map(|(serial, wish)| (serial - last, wish.prefix.as_str())).collect();
    assert_eq!(news, [(2, "Hearth::api"), (3, "hearth")], "to the letter, and no serial twice");
    wish_for(&bed.b, &[wish("", LogLevel::Warning)]).await;
    let mut session = bed.a.read().await.unwrap();
    let left = session.log_wishes_after(0).await.unwrap();
    assert_eq!(left, [(last + 4, wish("", LogLevel::Warning))]);
    assert_eq!(session.last_log_wish().await.unwrap(), last + 4);
}
