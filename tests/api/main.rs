//! The Cinder edge over a real store, without clusters: what is accepted stays `creating` until a
//! test says otherwise through `os-reset_status`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod attachments;
mod backups;
mod bench;
mod clusters;
mod copying;
mod costs;
mod detaching;
#[path = "../image/fake_glance.rs"]
#[allow(dead_code, reason = "made for more tests than these")]
mod fake_glance;
#[path = "../auth/fake_keystone.rs"]
#[allow(dead_code, reason = "made for more tests than these")]
mod fake_keystone;
#[path = "../compute/fake_nova.rs"]
#[allow(dead_code, reason = "made for more tests than these")]
mod fake_nova;
mod field;
mod group_members;
mod group_snapshots;
mod group_types;
mod groups;
mod hostile;
mod images;
mod listing;
mod logs;
mod manageable;
mod messages;
mod openapi;
mod overrides;
mod qos;
mod quotas;
mod refusals;
mod retype;
mod roles;
mod scene;
mod services;
mod sizes;
mod snapshots;
mod sources;
mod transfers;
mod type_parts;
mod types;
mod volumes;
