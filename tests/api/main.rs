//! The Cinder edge over a real store, without clusters: what is accepted stays `creating` until a
//! test says otherwise through `os-reset_status`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bench;
mod listing;
mod messages;
mod openapi;
mod quotas;
mod services;
mod snapshots;
mod types;
mod volumes;
