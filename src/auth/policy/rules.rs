//! A complete set of rules: the defaults with the operator's overrides laid over them, checked
//! as a whole before anybody is judged by it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::check::Check;
use super::former::Former;
use super::parse::{self, ParseError};
use super::{defaults, former};

/// The rule that answers for rules that are not defined, when the operator defines it.
const FALLBACK: &str = "default";

/// How many rules may refer to one another in a row; evaluation recurses that deep.
const MAX_DEPTH: usize = 32;

/// Why a set of rules was refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    #[error("rule \"{rule}\": {source}")]
    Rule { rule: String, source: ParseError },
    #[error("rule \"{0}\" refers to itself, directly or through other rules")]
    Cycle(String),
    #[error("rule \"{0}\" refers to more than {MAX_DEPTH} rules in a row")]
    TooDeep(String),
    #[error("{0}")]
    File(String),
}

/// Which defaults hold where the operator's file says nothing; oslo.policy's `enforce_new_defaults`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Defaults {
    /// Those for administrators, members and readers.
    #[default]
    New,
    /// Whatever these or the former ones allow.
    NewOrFormer,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    by_name: HashMap<String, Check>,
}

/// A set of rules and what its author should know about it.
#[derive(Debug)]
pub struct Loaded {
    pub rules: Rules,
    pub warnings: Vec<String>,
}

impl Rules {
    /// The rule of that name, or the operator's `default`.
    pub(super) fn find(&self, name: &str) -> Option<&Check> {
        self.by_name.get(name).or_else(|| self.by_name.get(FALLBACK))
    }

    /// Defaults under `overrides`.
    ///
    /// # Errors
    /// When any default does not parse (a defect) or the whole is cyclic.
    pub fn with_overrides(
        overrides: BTreeMap<String, Check>,
        defaults: Defaults,
    ) -> Result<Loaded, PolicyError> {
        let mut by_name = HashMap::new();
        for (name, check) in defaults::all() {
            by_name.insert(name.to_owned(), parsed(name, check)?);
        }
        let mut warnings = Vec::new();
        for former in former::all() {
            if let Some(check) = overrides.get(former.name).filter(|_| former.is_renamed()) {
                warnings.push(format!(
                    "rule \"{}\" is deprecated in favour of \"{}\"; please rename it",
                    former.name, former.rule
                ));
                if says_something_new(&former, check, &overrides)? {
                    by_name.insert(former.rule.to_owned(), check.clone());
                    continue;
                }
            }
            if let (Defaults::NewOrFormer, Some(check)) = (defaults, by_name.get_mut(former.rule)) {
                let past = parsed(former.name, former.check)?;
                *check = Check::Or(vec![check.clone(), past]);
            }
        }
        let given: BTreeSet<String> = overrides.keys().cloned().collect();
        by_name.extend(overrides);
        let rules = Self { by_name };
        rules.refuse_cycles()?;
        warnings.extend(rules.undefined_references());
        warnings.extend(rules.unknown(&given));
        Ok(Loaded { rules, warnings })
    }

    fn refuse_cycles(&self) -> Result<(), PolicyError> {
        let mut safe = BTreeSet::new();
        for name in self.by_name.keys() {
            self.walk(name, &mut Vec::new(), &mut safe)?;
        }
        Ok(())
    }

    /// Depth first along the references; `trail` is the way here.
    fn walk<'a>(
        &'a self,
        name: &'a str,
        trail: &mut Vec<&'a str>,
        safe: &mut BTreeSet<(&'a str, usize)>,
    ) -> Result<(), PolicyError> {
        if trail.contains(&name) {
            return Err(PolicyError::Cycle(name.to_owned()));
        }
        if trail.len() >= MAX_DEPTH {
            return Err(PolicyError::TooDeep(trail.first().copied().unwrap_or(name).to_owned()));
        }
        let Some(check) = self.find(name) else { return Ok(()) };
        if !safe.insert((name, trail.len())) {
            return Ok(());
        }
        trail.push(name);
        let mut outcome = Ok(());
        check.for_each_reference(&mut |next| {
            if outcome.is_ok() {
                outcome = self.walk(next, trail, safe);
            }
        });
        trail.pop();
        outcome
    }

    fn undefined_references(&self) -> Vec<String> {
        let mut warnings = BTreeSet::new();
        for (name, check) in &self.by_name {
            check.for_each_reference(&mut |next| {
                if !self.by_name.contains_key(next) {
                    warnings.insert(format!("rule \"{name}\" refers to \"{next}\", which is not defined"));
                }
            });
        }
        warnings.into_iter().collect()
    }

    /// Names of the file that nothing asks for: most likely misspelt.
    fn unknown(&self, given: &BTreeSet<String>) -> Vec<String> {
        let mut used: BTreeSet<&str> = BTreeSet::from([FALLBACK]);
        for check in self.by_name.values() {
            check.for_each_reference(&mut |next| {
                used.insert(next);
            });
        }
        used.extend(defaults::all().map(|(name, _)| name));
        used.extend(former::all().map(|former| former.name));
        given
            .iter()
            .filter(|name| !used.contains(name.as_str()))
            .map(|name| format!("rule \"{name}\" is not one that this service asks for"))
            .collect()
    }
}

fn parsed(name: &str, check: &str) -> Result<Check, PolicyError> {
    parse::text(check).map_err(|source| PolicyError::Rule { rule: name.to_owned(), source })
}

/// An override of a rule's former name is taken for the rule itself, unless the file also names
/// the rule, or the override says what the former rule said anyway.
fn says_something_new(
    former: &Former,
    check: &Check,
    overrides: &BTreeMap<String, Check>,
) -> Result<bool, PolicyError> {
    Ok(*check != parsed(former.name, former.check)?
        && *check != Check::Rule(former.rule.to_owned())
        && !overrides.contains_key(former.rule))
}
