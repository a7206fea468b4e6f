//! The oslo.policy language, from text to `Check`.
//!
//! Words are split at white space; parentheses count only at the ends of a word, since
//! `%(attribute)s` has them in the middle. `not` binds tighter than `and`, `and` tighter than
//! `or`, in any case of letters. Where the original logs a broken rule and denies (or fails at
//! the first request), this refuses the rule at load, so that an operator learns of it at once.

use super::check::{Check, Piece, Template};

/// Parentheses and `not`s inside one another; parsing and evaluation recurse that deep.
const MAX_NESTING: usize = 32;

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("there is nothing but white space in it; \"\" or \"@\" allows everybody, \"!\" nobody")]
    Blank,
    #[error("it ends where a check is expected")]
    UnexpectedEnd,
    #[error("\"{0}\" is not expected here")]
    Unexpected(String),
    #[error("\"{0}\" is not a check; one looks like role:member or project_id:%(project_id)s")]
    NotACheck(String),
    #[error("\"{0}\": only %(attribute)s and %% may follow a percent sign")]
    BadSubstitution(String),
    #[error("\"{0}\": checks by a remote server are not supported")]
    Remote(String),
    #[error("it is nested more than {MAX_NESTING} levels deep")]
    TooDeep,
    #[error("a rule is a text, or a list of texts or of lists of texts")]
    NotARule,
}

#[derive(Debug, Clone, PartialEq)]
enum Token<'a> {
    Open,
    Close,
    And,
    Or,
    Not,
    Check(&'a str),
}

impl Token<'_> {
    fn unexpected(&self) -> ParseError {
        ParseError::Unexpected(match self {
            Self::Open => "(".to_owned(),
            Self::Close => ")".to_owned(),
            Self::And => "and".to_owned(),
            Self::Or => "or".to_owned(),
            Self::Not => "not".to_owned(),
            Self::Check(text) => (*text).to_owned(),
        })
    }
}

/// A rule in the language. The empty rule allows everybody.
///
/// # Errors
/// Says what is wrong with it.
pub fn text(rule: &str) -> Result<Check, ParseError> {
    if rule.is_empty() {
        return Ok(Check::Always);
    }
    let tokens = tokens(rule);
    if tokens.is_empty() {
        return Err(ParseError::Blank);
    }
    let mut parser = Parser { tokens: &tokens, nesting: 0 };
    let check = parser.alternatives()?;
    parser.tokens.first().map_or(Ok(check), |left| Err(left.unexpected()))
}

/// The old form: a list joined by "or" whose items are checks, or lists of checks joined by
/// "and". The empty list allows everybody, a list of nothing but empty lists nobody.
///
/// # Errors
/// Says what is wrong with it.
pub fn list(rule: &[Vec<String>]) -> Result<Check, ParseError> {
    if rule.is_empty() {
        return Ok(Check::Always);
    }
    let alternatives = rule
        .iter()
        .filter(|inner| !inner.is_empty())
        .map(|inner| {
            let checks: Result<Vec<_>, _> = inner.iter().map(|one| check(one)).collect();
            Ok(one_or(checks?, Check::And))
        })
        .collect::<Result<Vec<_>, ParseError>>()?;
    if alternatives.is_empty() {
        return Ok(Check::Never);
    }
    Ok(one_or(alternatives, Check::Or))
}

fn tokens(rule: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    for word in rule.split_whitespace() {
        let inner = word.trim_start_matches('(');
        tokens.extend(std::iter::repeat_n(Token::Open, word.len() - inner.len()));
        let bare = inner.trim_end_matches(')');
        if !bare.is_empty() {
            tokens.push(if bare.eq_ignore_ascii_case("and") {
                Token::And
            } else if bare.eq_ignore_ascii_case("or") {
                Token::Or
            } else if bare.eq_ignore_ascii_case("not") {
                Token::Not
            } else {
                Token::Check(bare)
            });
        }
        tokens.extend(std::iter::repeat_n(Token::Close, inner.len() - bare.len()));
    }
    tokens
}

struct Parser<'t, 'a> {
    tokens: &'t [Token<'a>],
    nesting: usize,
}

impl<'t, 'a> Parser<'t, 'a> {
    fn next(&mut self) -> Option<&'t Token<'a>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn accept(&mut self, token: &Token<'_>) -> bool {
        let found = self.tokens.first() == Some(token);
        if found {
            self.tokens = &self.tokens[1..];
        }
        found
    }

    fn alternatives(&mut self) -> Result<Check, ParseError> {
        let mut checks = vec![self.conjunction()?];
        while self.accept(&Token::Or) {
            checks.push(self.conjunction()?);
        }
        Ok(one_or(checks, Check::Or))
    }

    fn conjunction(&mut self) -> Result<Check, ParseError> {
        let mut checks = vec![self.operand()?];
        while self.accept(&Token::And) {
            checks.push(self.operand()?);
        }
        Ok(one_or(checks, Check::And))
    }

    fn operand(&mut self) -> Result<Check, ParseError> {
        match self.next().ok_or(ParseError::UnexpectedEnd)? {
            Token::Check(word) => check(word),
            Token::Not => Ok(Check::Not(Box::new(self.nested(Self::operand)?))),
            Token::Open => {
                let inner = self.nested(Self::alternatives)?;
                match self.next() {
                    Some(Token::Close) => Ok(inner),
                    Some(other) => Err(other.unexpected()),
                    None => Err(ParseError::UnexpectedEnd),
                }
            }
            other => Err(other.unexpected()),
        }
    }

    fn nested(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<Check, ParseError>,
    ) -> Result<Check, ParseError> {
        if self.nesting >= MAX_NESTING {
            return Err(ParseError::TooDeep);
        }
        self.nesting += 1;
        let check = parse(self);
        self.nesting -= 1;
        check
    }
}

fn one_or(mut checks: Vec<Check>, join: fn(Vec<Check>) -> Check) -> Check {
    match (checks.len(), checks.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            checks.extend(last);
            join(checks)
        }
    }
}

/// One `kind:match`.
fn check(word: &str) -> Result<Check, ParseError> {
    match word {
        "@" => return Ok(Check::Always),
        "!" => return Ok(Check::Never),
        _ => {}
    }
    let not_a_check = || ParseError::NotACheck(word.to_owned());
    // Only the list form can bring white space here: a whole expression where one check belongs.
    let one_word = !word.contains(char::is_whitespace);
    let (kind, value) = word.split_once(':').filter(|_| one_word).ok_or_else(not_a_check)?;
    match kind {
        "" => Err(not_a_check()),
        "rule" => Ok(Check::Rule(value.to_owned())),
        "role" => Ok(Check::Role(template(value)?)),
        "http" | "https" => Err(ParseError::Remote(word.to_owned())),
        _ => {
            let value = template(value)?;
            match constant(kind) {
                Constant::Is(constant) => Ok(Check::Constant { written: kind.to_owned(), constant, value }),
                Constant::No => Ok(Check::Credential { name: kind.to_owned(), value }),
                Constant::Broken => Err(not_a_check()),
            }
        }
    }
}

enum Constant {
    /// What Python's `str()` makes of the literal.
    Is(String),
    No,
    Broken,
}

/// The left side may be a Python literal instead of the name of an attribute.
fn constant(kind: &str) -> Constant {
    if matches!(kind, "True" | "False" | "None") || is_canonical_number(kind) {
        return Constant::Is(kind.to_owned());
    }
    let Some(quote) = kind.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
        return if kind.contains(['"', '\'', '%', '(', ')']) { Constant::Broken } else { Constant::No };
    };
    match kind[1..].strip_suffix(quote) {
        Some(inner) if !inner.contains([quote, '\\']) => Constant::Is(inner.to_owned()),
        _ => Constant::Broken,
    }
}

/// Integers and simple decimals, written as Python would print them.
fn is_canonical_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let no_extra_zeros =
        (whole == "0" || !whole.starts_with('0')) && (fraction == "0" || !fraction.ends_with('0'));
    is_number(whole) && is_number(fraction) && no_extra_zeros && text != "-0"
}

fn template(value: &str) -> Result<Template, ParseError> {
    let bad = || ParseError::BadSubstitution(value.to_owned());
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            text.push('%');
            rest = after;
            continue;
        }
        let (name, after) = after.strip_prefix('(').and_then(|a| a.split_once(")s")).ok_or_else(bad)?;
        if name.is_empty() || name.contains(['(', ')', '%']) {
            return Err(bad());
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
        }
        pieces.push(Piece::Attribute(name.to_owned()));
        rest = after;
    }
    text.push_str(rest);
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(Template(pieces))
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
