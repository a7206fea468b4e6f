//! The fleet against simulated clusters: first contact, polls, outages, replicas.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod api;
mod bench;
mod burst;
mod contact;
mod outage;
mod poll;
