//! Group types and their specs, since 3.11.

pub mod change;
pub mod list;
pub mod specs;
pub mod view;
