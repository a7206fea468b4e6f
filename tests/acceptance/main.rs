//! What the whole gateway promises, shown on real processes: hearth and its simulated clusters.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout, reason = "seeds and measurements are to be seen")]

#[path = "../audit/mod.rs"]
mod audit;
mod check;
mod full;
#[path = "../gateway/mod.rs"]
mod gateway;
mod kills;
mod ledger;
mod load;
mod silent;
mod spread;
mod visits;
