//! May this caller do that? The policy language of OpenStack, with Cinder's rules.
//!
//! `Policy` holds one complete, checked set of `Rules` at a time: the defaults with the
//! operator's `policy.yaml` and policy folders over them. A reload swaps the whole set or nothing; a request sees
//! one set or the other, never half of each, and pays no lock and no allocation for it.

pub mod check;
pub mod defaults;
pub mod file;
pub mod former;
mod input;
pub mod parse;
pub mod rules;

use arc_swap::ArcSwap;

pub use file::Reload;
pub use input::Target;
pub use rules::{Defaults, PolicyError, Rules};

use crate::domain::{Ctx, Error};

/// See the module.
#[derive(Debug)]
pub struct Policy {
    rules: ArcSwap<Rules>,
    defaults: Defaults,
    files: Option<file::PolicyFiles>,
}

impl Policy {
    /// The present defaults alone.
    ///
    /// # Errors
    /// Only a defect of the table of defaults.
    pub fn defaults() -> Result<Self, PolicyError> {
        Self::of(Defaults::New)
    }

    /// Defaults alone.
    ///
    /// # Errors
    /// Only a defect of the table of defaults.
    pub fn of(defaults: Defaults) -> Result<Self, PolicyError> {
        let loaded = Rules::with_overrides(std::collections::BTreeMap::new(), defaults)?;
        Ok(Self { rules: ArcSwap::from_pointee(loaded.rules), defaults, files: None })
    }

    /// Does the rule allow the caller this target? A rule nobody defined allows what the
    /// operator's rule `default` does, and nothing without one.
    pub fn check(&self, ctx: &Ctx, rule: &str, target: &Target<'_>) -> bool {
        let rules = self.rules.load();
        rules.find(rule).is_some_and(|check| check.allows(ctx, target, &rules))
    }

    /// # Errors
    /// `Forbidden` in Cinder's words.
    pub fn authorize(&self, ctx: &Ctx, rule: &str, target: &Target<'_>) -> Result<(), Error> {
        if self.check(ctx, rule, target) {
            return Ok(());
        }
        Err(Error::forbidden(format!("Policy doesn't allow {rule} to be performed.")))
    }
}

#[cfg(test)]
#[path = "stock_tests.rs"]
mod stock_tests;
#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
