//! Volume types, their extra specs and who may use the private ones.

pub mod access;
pub mod change;
pub mod encryption;
pub mod extra_specs;
pub mod list;
pub mod show;
pub mod view;
