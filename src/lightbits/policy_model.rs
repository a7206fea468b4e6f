//! QoS policies: limits per volume, kept by the cluster, global to it.

use uuid::Uuid;

use crate::domain::LightosProject;

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

/// A rate; `None` is unlimited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rate {
    pub read: Option<u32>,
    pub write: Option<u32>,
}

/// One of the kinds of limit a policy can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QosLimit {
    Unlimited,
    /// I/O operations per second; the cluster rounds up to 256.
    Iops(Rate),
    /// MB/s.
    Bandwidth(Rate),
    IopsPerGb(Rate),
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
