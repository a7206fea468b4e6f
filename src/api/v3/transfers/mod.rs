//! Volume transfers: `/os-volume-transfer`, and since 3.55 `/volume-transfers`.

pub mod change;
pub mod list;
pub mod view;
