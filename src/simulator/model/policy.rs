//! A QoS policy. Policies belong to the cluster; projects may be allowed to use them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Visibility {
    Unavailable,
    Scoped,
    Global,
}

/// 0 is unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limits {
    Iops {
        write: u32,
        read: u32,
    },
    /// MB/s.
    Bandwidth {
        write: u32,
        read: u32,
    },
    IopsPerGb {
        write: u32,
        read: u32,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    pub uuid: Uuid,
    pub name: String,
    pub description: String,
    pub visibility: Visibility,
    pub projects: Vec<String>,
    pub limits: Limits,
}

impl Policy {
    /// Whether volumes of `project` may use it.
    pub fn serves(&self, project: &str) -> bool {
        match self.visibility {
            Visibility::Unavailable => false,
            Visibility::Global => true,
            Visibility::Scoped => self.projects.iter().any(|known| known == project),
        }
    }
}
