use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Period, Problem};

/// Which of the addresses in the catalogue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Interface {
    #[default]
    Public,
    Internal,
    Admin,
}

/// Asked with the account of `[keystone]`, which needs the role `admin` for that.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Nova {
    /// Which of its addresses in the catalogue: `public`, `internal` or `admin`.
    pub interface: Interface,
    /// Its region, where the catalogue has several.
    pub region_name: Option<String>,
    /// Its URL, instead of the catalogue's.
    pub endpoint_override: Option<String>,
    /// How long one call may take.
    pub timeout: Period,
}

impl Default for Nova {
    fn default() -> Self {
        Self {
            interface: Interface::default(),
            region_name: None,
            endpoint_override: None,
            timeout: Period::seconds(10),
        }
    }
}

impl Nova {
    /// `endpoint_override` as a URL.
    pub fn endpoint(&self) -> Option<url::Url> {
        let url = url::Url::parse(self.endpoint_override.as_deref()?).ok()?;
        matches!(url.scheme(), "http" | "https").then_some(url)
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if self.endpoint_override.is_some() && self.endpoint().is_none() {
            problems.push(Problem::of("nova.endpoint_override", "must be an http or https URL"));
        }
        if self.timeout.0.is_zero() {
            problems.push(Problem::of("nova.timeout", "must be more than nothing"));
        }
    }
}
