//! The walls of the house: which room may know which, which library lives where, how long a file
//! may be. Read from the sources, so that a wall cannot be moved by accident.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Room → rooms it may use. `domain` needs nobody and everybody may use it; `cli` may use all.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("telemetry", &["domain"]),
    ("config", &["domain"]),
    ("store", &["domain"]),
    ("lightbits", &["domain", "telemetry"]),
    ("nvme", &[]),
    ("auth", &["domain", "telemetry"]),
    ("compute", &["auth", "domain"]),
    ("datapath", &["nvme", "domain"]),
    ("backup", &["datapath", "domain"]),
    ("image", &["auth", "datapath", "domain"]),
    ("placement", &["domain"]),
    ("fleet", &["lightbits", "store", "domain", "telemetry"]),
    ("service", &["store", "placement", "fleet", "compute", "image", "domain", "telemetry"]),
    (
        "worker",
        &[
            "store",
            "placement",
            "fleet",
            "lightbits",
            "compute",
            "backup",
            "datapath",
            "image",
            "domain",
            "telemetry",
        ],
    ),
    ("api", &["service", "auth", "domain", "telemetry"]),
    // What is on the wire between the two is all that they share.
    ("simulator", &["domain", "nvme"]),
    (
        "app",
        &[
            "api",
            "auth",
            "backup",
            "compute",
            "config",
            "datapath",
            "domain",
            "fleet",
            "image",
            "lightbits",
            "placement",
            "service",
            "store",
            "telemetry",
            "worker",
        ],
    ),
];

/// Library → the rooms it may be named in.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("axum", &["api", "simulator", "app"]),
    ("sqlx", &["store"]),
    ("sea_query", &["store"]),
    ("figment", &["config"]),
    ("imago", &["image"]),
    ("toml_edit", &["fleet"]),
    ("object_store", &["backup"]),
    ("clap", &["cli"]),
    ("anyhow", &["cli", "app", "simulator"]),
];

/// Longest file, tests beside the code not counted.
const LONGEST: usize = 500;

struct Source {
    room: String,
    path: PathBuf,
    /// Without test modules and comments.
    code: String,
    lines: usize,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.iter().map(|path| read(&root, path)).collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn read(root: &Path, path: &Path) -> Source {
    let relative = path.strip_prefix(root).unwrap();
    let first = relative.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    let text = fs::read_to_string(path).unwrap();
    let is_test = relative.file_stem().is_some_and(|stem| {
        let stem = stem.to_string_lossy();
        stem == "tests" || stem == "fixture" || stem.ends_with("_tests")
    }) || relative.components().any(|part| part.as_os_str() == "tests");
    let production = if is_test { "" } else { text.split("#[cfg(test)]\nmod ").next().unwrap() };
    let code: Vec<&str> = production.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    Source {
        room: first.trim_end_matches(".rs").to_owned(),
        path: relative.to_owned(),
        code: code.join("\n"),
        lines: production.lines().count(),
    }
}

/// The rooms named after `crate::`, also inside `use crate::{a, b::c}`.
fn rooms_used(code: &str) -> Vec<String> {
    let mut used = Vec::new();
    for rest in code.split("crate::").skip(1) {
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut item = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => used.push(std::mem::take(&mut item)),
                    c if depth == 0 => item.push(c),
                    _ => {}
                }
            }
            used.push(item);
        } else {
            used.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    used.iter().map(|item| item.trim().split("::").next().unwrap().trim().to_owned()).collect()
}

#[test]
fn a_room_knows_only_the_rooms_below_it() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut wrong = Vec::new();
    for source in sources() {
        if ["main", "lib", "cli"].contains(&source.room.as_str()) {
            continue;
        }
        let Some(allowed) = arrows.get(source.room.as_str()) else {
            wrong.push(format!("{}: a room that is not on the map", source.path.display()));
            continue;
        };
        for room in rooms_used(&source.code) {
            if arrows.contains_key(room.as_str()) && room != source.room && !allowed.contains(&room.as_str())
            {
                wrong.push(format!("{} uses {room}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that must not be:\n{}", wrong.join("\n"));
}

#[test]
fn libraries_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for source in sources() {
        if ["main", "lib"].contains(&source.room.as_str()) {
            continue;
        }
        for (library, rooms) in LIBRARIES {
            let named = source.code.contains(&format!("{library}::"));
            if named && !rooms.contains(&source.room.as_str()) {
                wrong.push(format!("{} uses {library}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "libraries out of their rooms:\n{}", wrong.join("\n"));
}

#[test]
fn no_file_is_too_long() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|source| source.lines > LONGEST)
        .map(|source| format!("{} has {} lines", source.path.display(), source.lines))
        .collect();
    assert!(long.is_empty(), "split by what they say:\n{}", long.join("\n"));
}

#[test]
fn the_reader_of_use_lines_reads_them_all() {
    let code = "use crate::api::{self, Edge};\nuse crate::{store, worker::{self, x}};\ncrate::fleet::go()";
    assert_eq!(rooms_used(code), ["api", "store", "worker", "fleet"]);
}
