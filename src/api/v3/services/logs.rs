//! `PUT /os-services/get-log` and `set-log`: what is logged, while the processes run. Since 3.32.
//!
//! Every process that shares the database is each of the services, and sets what is asked of one of
//! them (`store::LogFollower`). A `cinder-volume` stands for each cluster, and all of them share
//! their rooms: a level set for one of them is set for all.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use serde::Serialize;

use super::{OWN_HOST, SCHEDULER_BINARY, VOLUME_BINARY, service_host, state};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::log_level::{LogLevel, LogLevels, LogWish, ROOMS, loggers};
use crate::domain::{Error, Result};

#[derive(Serialize)]
struct List {
    log_levels: Vec<Levels>,
}

#[derive(Serialize)]
struct Levels {
    host: String,
    binary: &'static str,
    levels: BTreeMap<String, &'static str>,
}

/// The services a body means: each with its rooms.
async fn meant(call: &Call) -> Result<Vec<(&'static str, &'static [&'static str], String)>> {
    let fields = call.whole();
    let binary = fields.nonempty("binary").filter(|binary| binary != "*");
    let server = fields.nonempty("server");
    let mut all = Vec::new();
    for (of, rooms) in ROOMS {
        if binary.as_deref().is_some_and(|binary| binary != of) {
            continue;
        }
        let hosts = if of == VOLUME_BINARY {
            let up = call.edge.services.backends().await?.into_iter().filter(|it| state(it) == "up");
            up.map(|cluster| service_host(&cluster)).collect()
        } else {
            vec![OWN_HOST.to_owned()]
        };
        let asked = |host: &String| server.as_ref().is_none_or(|server| server == host);
        all.extend(hosts.into_iter().filter(asked).map(|host| (of, rooms, host)));
    }
    Ok(all)
}

fn levels_of(control: &dyn LogLevels, rooms: &[&str], prefix: &str) -> BTreeMap<String, &'static str> {
    let shown = |logger: String| {
        let level = control.level(&logger).map_or("CRITICAL", LogLevel::as_str);
        (logger, level)
    };
    loggers(rooms, prefix, &control.named()).into_iter().map(shown).collect()
}

pub async fn get(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let prefix = call.whole().text("prefix").unwrap_or_default();
    let control = match &call.edge.logs {
        Some(logs) => Some(logs.levels().await?),
        None => None,
    };
    let one = |(binary, rooms, host)| {
        let levels = control.map(|control| levels_of(control, rooms, &prefix)).unwrap_or_default();
        Levels { host, binary, levels }
    };
    let log_levels = meant(&call).await?.into_iter().map(one).collect();
    Ok(Reply::ok(&List { log_levels }))
}

pub async fn set(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let fields = call.whole();
    let prefix = fields.text("prefix").unwrap_or_default();
    let word = match (fields.text("level"), fields.nonempty("binary").as_deref()) {
        (Some(word), _) => word,
        // Only the API itself looks at it at once; the others are told of a level that is none.
        (None, Some(SCHEDULER_BINARY | VOLUME_BINARY | "cinder-backup")) => {
            return Ok(Reply::raw(StatusCode::ACCEPTED));
        }
        (None, _) => String::new(),
    };
    let level = LogLevel::parse(&word)
        .ok_or_else(|| Error::invalid(format!("Invalid input received: {word} is not a valid log level.")))?;
    let binaries: BTreeSet<&str> = meant(&call).await?.into_iter().map(|(binary, ..)| binary).collect();
    let wish = |binary: &str| LogWish { binary: binary.to_owned(), prefix: prefix.clone(), level };
    let wishes: Vec<LogWish> = binaries.into_iter().map(wish).collect();
    if let Some(logs) = &call.edge.logs {
        tracing::info!(user = %call.ctx.user_id, ?wishes, "log levels asked for");
        logs.set(&wishes).await?;
    }
    Ok(Reply::raw(StatusCode::ACCEPTED))
}
