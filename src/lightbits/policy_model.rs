//! QoS policies: limits per volume, kept by the cluster, global to it.

use uuid::Uuid;

use crate::domain::LightosProject;
pub use crate::domain::qos::{QosLimit, Rate};

use super::wire::wire_enum;

wire_enum! {
    PolicyState {
        Creating = 1 "Creating",
        Active = 2 "Active",
        Updating = 3 "Updating",
        Deprecated = 4 "Deprecated",
        Failed = 5 "Failed",
    }
}

wire_enum! {
    /// Shown as unavailable to whoever may not know.
    PolicyVisibility { Scoped = 1 "Scoped", Global = 2 "Global" }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QosPolicy {
    pub uuid: Uuid,
    pub name: String,
    pub description: Option<String>,
    pub state: PolicyState,
    pub limit: QosLimit,
    pub visibility: PolicyVisibility,
    /// With `Scoped`: the projects that may use it.
    pub projects: Vec<LightosProject>,
}
