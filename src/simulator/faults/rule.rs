//! One fault rule, as the control endpoint reads it.

use serde::{Deserialize, Serialize};

/// All that is given must match; nothing given matches every request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Match {
    /// Operation kind, e.g. `create_volume`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Prefix of the request path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Index of the node that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<u16>,
}

/// Before the operation takes effect, or after it did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    #[default]
    Before,
    After,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Action {
    /// Waits; after the effect the wait holds back the answer only.
    Delay {
        ms: u64,
        #[serde(default)]
        when: When,
    },
    /// Closes the connection without an answer.
    Drop {
        #[serde(default)]
        when: When,
    },
    /// Resets the connection (RST) without an answer.
    Reset {
        #[serde(default)]
        when: When,
    },
    /// Answers this status; the body is the gateway's error shape unless given.
    Status {
        code: u16,
        #[serde(default)]
        when: When,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content_type: Option<String>,
    },
    /// Never answers, or closes the connection after `ms`.
    BlackHole {
        #[serde(default)]
        ms: Option<u64>,
        #[serde(default)]
        when: When,
    },
    /// The create is accepted and its object ends `Failed`.
    Fail,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    #[serde(default, rename = "match")]
    pub matches: Match,
    pub action: Action,
    /// Of a matching request being hit; 1 when not given.
    #[serde(default = "certain")]
    pub probability: f64,
    /// Hits left; no end when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Matching requests to let pass first.
    #[serde(default)]
    pub skip: u64,
}

const fn certain() -> f64 {
    1.0
}
