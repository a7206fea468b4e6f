//! `PUT /os-services/get-log` and `set-log`: what this process logs, while it runs. Since 3.32.
//!
//! One process is all of Cinder's binaries, so each has its share of the rooms; the loggers are
//! the targets as they stand in the log. A `cinder-volume` stands for each cluster, and all of
//! them are this process: a level set for one of them is set for all.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::Serialize;

use super::{API_BINARY, OWN_HOST, SCHEDULER_BINARY, VOLUME_BINARY, service_host, state};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::log_level::{LogLevel, LogLevels};
use crate::domain::{Error, Result};

/// The rooms of each binary.
const ROOMS: [(&str, &[&str]); 3] = [
    (API_BINARY, &["hearth::api", "hearth::auth", "hearth::service", "hyper"]),
    (SCHEDULER_BINARY, &["hearth::placement"]),
    (VOLUME_BINARY, &["hearth::fleet", "hearth::lightbits", "hearth::store", "hearth::worker", "sqlx"]),
];

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

/// The loggers of some rooms whose name begins so; a longer name is one inside a room.
fn loggers(rooms: &[&str], prefix: &str, named: &[String]) -> Vec<String> {
    let inside = |name: &str, room: &str| name.strip_prefix(room).is_some_and(|rest| rest.starts_with("::"));
    let mut found: Vec<String> =
        rooms.iter().filter(|room| room.starts_with(prefix)).map(|room| (*room).to_owned()).collect();
    let of_rooms = |name: &&String| rooms.iter().any(|room| inside(name, room));
    found.extend(named.iter().filter(of_rooms).filter(|name| name.starts_with(prefix)).cloned());
    if found.is_empty() && rooms.iter().any(|room| inside(prefix, room)) {
        found.push(prefix.to_owned());
    }
    found
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
    let control = call.edge.log_levels.as_deref();
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
    let meant = meant(&call).await?;
    if let Some(control) = &call.edge.log_levels {
        let named = control.named();
        let mut targets: Vec<String> =
            meant.iter().flat_map(|(_, rooms, _)| loggers(rooms, &prefix, &named)).collect();
        targets.sort_unstable();
        targets.dedup();
        tracing::info!(user = %call.ctx.user_id, ?targets, level = level.as_str(), "log levels set");
        control.set(&targets, level);
    }
    Ok(Reply::raw(StatusCode::ACCEPTED))
}
