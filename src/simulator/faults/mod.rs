//! Faults on demand: rules that match requests and say what goes wrong with them. They live in
//! memory only; a restart heals everything.

mod engine;
mod rule;

pub use engine::{DATA_PATH, Engine, Plan, Seen};
pub use rule::{Action, Rule};
