//! Bringing a database up to date: once, twice, from two hosts, and after a kill.

use std::collections::BTreeSet;
use std::time::Duration;

use hearth::domain::page::{ListQuery, Scope};
use hearth::domain::volume_type::DEFAULT_TYPE_NAME;
use hearth::domain::{ErrorKind, Result};
use hearth::store::{SchemaState, Store};
use sqlx::{Connection as _, Executor as _};

use crate::bed::Bed;
use crate::sample;

/// What the last migration leaves behind works.
async fn is_usable(store: &Store) {
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::Current);
    let types =
        store.read().await.unwrap().list_types(&ListQuery::new(Scope::AllProjects), None).await.unwrap();
    let names: Vec<&str> = types.items.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, [DEFAULT_TYPE_NAME]);
    sample::insert_volumes(store, &[sample::volume()]).await;
}

async fn sql(bed: &Bed, statement: &'static str) {
    let mut connection = sqlx::AnyConnection::connect(&bed.urls[0]).await.unwrap();
    connection.execute(statement).await.unwrap();
    connection.close().await.unwrap();
}

pub async fn migrating_twice_is_migrating_once(bed: Bed) {
    assert_eq!(bed.b.migrate(&bed.clock).await.unwrap(), Vec::<&str>::new());
    is_usable(&bed.b).await;
}

/// Begins with an empty database.
pub async fn two_at_once(bed: Bed) {
    assert!(matches!(bed.b.schema_state().await.unwrap(), SchemaState::Behind(1..)));
    let outcomes: (Result<_>, Result<_>) = tokio::join!(bed.a.migrate(&bed.clock), bed.b.migrate(&bed.clock));
    let run = [outcomes.0.unwrap(), outcomes.1.unwrap()].concat();
    let once = run.iter().collect::<BTreeSet<_>>().len();
    assert!(run.contains(&"base") && run.len() == once, "each by one of them: {run:?}");
    is_usable(&bed.a).await;
    is_usable_elsewhere(&bed.b).await;
}

/// Begins with an empty database.
pub async fn the_command_line_migrates(bed: Bed) {
    let url = bed.urls[1].clone();
    let hearth = async |action: &'static str| {
        let url = url.clone();
        let run = move || {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_hearth"));
            command.args(["db", action, "--url", &url]).output().unwrap()
        };
        let output = tokio::task::spawn_blocking(run).await.unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let up_to_date = || (Some(0), "The schema is up to date.\n".to_owned());
    let (code, text) = hearth("status").await;
    assert!(code == Some(1) && text.ends_with("Run `hearth db migrate`.\n"), "{text}");
    let (code, text) = hearth("migrate").await;
    assert!(code == Some(0) && text.starts_with("Migrated: base"), "{text}");
    assert_eq!(hearth("migrate").await, up_to_date());
    assert_eq!(hearth("status").await, up_to_date());
    is_usable(&bed.a).await;
}

async fn is_usable_elsewhere(store: &Store) {
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::Current);
    sample::insert_volumes(store, &[sample::volume()]).await;
}

/// The kill left some tables, none of the records, and its lease.
pub async fn one_killed_half_way_is_run_again(bed: Bed) {
    for statement in [
        "DELETE FROM schema_migrations",
        "DROP TABLE snapshots",
        "DROP TABLE quotas",
        "DELETE FROM volume_types",
    ] {
        sql(&bed, statement).await;
    }
    assert!(
        bed.a.take_lease("migrate", "the dead", bed.clock.now(), Duration::from_secs(120)).await.unwrap()
    );
    let error = bed.b.migrate(&bed.clock).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "the dead one may be alive");
    bed.clock.advance(Duration::from_secs(121));
    assert_eq!(bed.b.migrate(&bed.clock).await.unwrap()[0], "base");
    is_usable(&bed.b).await;
}

pub async fn a_newer_schema_is_noticed(bed: Bed) {
    sql(&bed, "INSERT INTO schema_migrations (id, name, applied_at) VALUES (999, 'from the future', 0)")
        .await;
    assert_eq!(bed.a.schema_state().await.unwrap(), SchemaState::Ahead);
}
