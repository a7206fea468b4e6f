//! The Lightbits client against servers that misbehave in every way we know of.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod answers;
mod failover;
mod identity;
mod naming;
mod server;
mod simulated;
mod tokens;
