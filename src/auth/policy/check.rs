//! A parsed rule and what it says about a caller and a target.
//!
//! Evaluation walks the tree that the parser built once; it allocates nothing and compares text
//! in place, because every request pays for several of these.

use std::fmt;

use super::input::{Attribute, Target, credential};
use super::rules::Rules;
use crate::domain::Ctx;

/// One rule, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// `@`, and the empty rule.
    Always,
    /// `!`
    Never,
    /// `role:member`: the caller has that role, in whatever case.
    Role(Template),
    /// `rule:admin_api`: another rule by name.
    Rule(String),
    /// `project_id:%(project_id)s`: an attribute of the caller equals the text.
    Credential {
        name: String,
        value: Template,
    },
    /// `'private':%(visibility)s`, `True:%(shared)s`: a constant equals the text.
    Constant {
        written: String,
        constant: String,
        value: Template,
    },
    Not(Box<Check>),
    And(Vec<Check>),
    Or(Vec<Check>),
}

/// The right side of a check: literal text with `%(attribute)s` of the target in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(pub(super) Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    Attribute(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Exact,
    Ignored,
}

impl Check {
    pub(super) fn allows(&self, ctx: &Ctx, target: &Target<'_>, rules: &Rules) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Role(role) => ctx.roles.iter().any(|held| role.renders_to(held, target, Case::Ignored)),
            Self::Rule(name) => rules.find(name).is_some_and(|check| check.allows(ctx, target, rules)),
            Self::Credential { name, value } => match credential(ctx, name) {
                Attribute::Absent => false,
                Attribute::One(held) => value.renders_to(held, target, Case::Exact),
                Attribute::Many(held) => held.iter().any(|one| value.renders_to(one, target, Case::Exact)),
            },
            Self::Constant { constant, value, .. } => value.renders_to(constant, target, Case::Exact),
            Self::Not(check) => !check.allows(ctx, target, rules),
            Self::And(checks) => checks.iter().all(|check| check.allows(ctx, target, rules)),
            Self::Or(checks) => checks.iter().any(|check| check.allows(ctx, target, rules)),
        }
    }

    /// Calls `visit` with the name of every rule this one refers to.
    pub(super) fn for_each_reference<'a>(&'a self, visit: &mut impl FnMut(&'a str)) {
        match self {
            Self::Rule(name) => visit(name),
            Self::Not(check) => check.for_each_reference(visit),
            Self::And(checks) | Self::Or(checks) => {
                checks.iter().for_each(|check| check.for_each_reference(visit));
            }
            Self::Always | Self::Never | Self::Role(_) | Self::Credential { .. } | Self::Constant { .. } => {}
        }
    }
}

impl Template {
    /// Would the text, with the target's attributes put in, read `expected`? An attribute that
    /// the target lacks matches nothing.
    fn renders_to(&self, expected: &str, target: &Target<'_>, case: Case) -> bool {
        let mut rest = expected.as_bytes();
        for piece in &self.0 {
            let text = match piece {
                Piece::Text(text) => Some(text.as_str()),
                Piece::Attribute(name) => target.get(name),
            };
            let Some((head, tail)) = text.and_then(|text| rest.split_at_checked(text.len())) else {
                return false;
            };
            let text = text.unwrap_or_default().as_bytes();
            let same = match case {
                Case::Exact => head == text,
                Case::Ignored => head.eq_ignore_ascii_case(text),
            };
            if !same {
                return false;
            }
            rest = tail;
        }
        rest.is_empty()
    }
}

/// Written so that parsing it again gives the same check.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => f.write_str("@"),
            Self::Never => f.write_str("!"),
            Self::Role(role) => write!(f, "role:{role}"),
            Self::Rule(name) => write!(f, "rule:{name}"),
            Self::Credential { name, value } => write!(f, "{name}:{value}"),
            Self::Constant { written, value, .. } => write!(f, "{written}:{value}"),
            Self::Not(check) => write!(f, "not {check}"),
            Self::And(checks) => join(f, checks, " and "),
            Self::Or(checks) => join(f, checks, " or "),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, checks: &[Check], operator: &str) -> fmt::Result {
    f.write_str("(")?;
    for (index, check) in checks.iter().enumerate() {
        if index > 0 {
            f.write_str(operator)?;
        }
        write!(f, "{check}")?;
    }
    f.write_str(")")
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => f.write_str(&text.replace('%', "%%"))?,
                Piece::Attribute(name) => write!(f, "%({name})s")?,
            }
        }
        Ok(())
    }
}
