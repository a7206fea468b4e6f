//! The places where Cinder's wire shows that it is written in Python: filter values are
//! Python literals (`status=['available','error']`, `metadata={'k': 'v'}`), and validation
//! messages quote the offending value as `repr()` prints it.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Deepest nesting read; nothing a filter means is deeper than a list or a dict.
const DEPTH: usize = 8;

/// A Python literal as far as filters use them.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    None,
    Bool(bool),
    Integer(i64),
    Text(String),
    /// List, tuple or set.
    Sequence(Vec<Literal>),
    Dict(Vec<(Literal, Literal)>),
}

/// Reads a literal; `None` when the text is not one (Cinder then takes the text as it is).
pub fn literal(text: &str) -> Option<Literal> {
    let mut parser = Parser { rest: text.trim() };
    let value = parser.value(DEPTH)?;
    parser.skip_space();
    parser.rest.is_empty().then_some(value)
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip_space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self, depth: usize) -> Option<Literal> {
        let depth = depth.checked_sub(1)?;
        self.skip_space();
        match self.rest.chars().next()? {
            '\'' | '"' => self.text().map(Literal::Text),
            '[' => self.sequence("[", "]", depth),
            '(' => self.sequence("(", ")", depth),
            '{' => self.braces(depth),
            _ => self.word(),
        }
    }

    fn sequence(&mut self, open: &str, close: &str, depth: usize) -> Option<Literal> {
        self.take(open);
        let mut items = Vec::new();
        while !self.take(close) {
            items.push(self.value(depth)?);
            if !self.take(",") && !self.rest.trim_start().starts_with(close) {
                return None;
            }
        }
        Some(Literal::Sequence(items))
    }

    /// A dict, or a set.
    fn braces(&mut self, depth: usize) -> Option<Literal> {
        self.take("{");
        let (mut pairs, mut items) = (Vec::new(), Vec::new());
        while !self.take("}") {
            let key = self.value(depth)?;
            if self.take(":") {
                pairs.push((key, self.value(depth)?));
            } else {
                items.push(key);
            }
            if !self.take(",") && !self.rest.trim_start().starts_with('}') {
                return None;
            }
        }
        match (pairs.is_empty(), items.is_empty()) {
            (_, true) => Some(Literal::Dict(pairs)),
            (true, false) => Some(Literal::Sequence(items)),
            (false, false) => None,
        }
    }

    fn text(&mut self) -> Option<String> {
        let mut chars = self.rest.char_indices();
        let (_, quote) = chars.next()?;
        let mut out = String::new();
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == quote => {
                    self.rest = &self.rest[at + c.len_utf8()..];
                    return Some(out);
                }
                '\\' => match chars.next()?.1 {
                    'n' => out.push('\n'),
                    't' => out.push('\t'),
                    'r' => out.push('\r'),
                    c @ ('\\' | '\'' | '"') => out.push(c),
                    other => out.extend(['\\', other]),
                },
                c => out.push(c),
            }
        }
        None
    }

    fn word(&mut self) -> Option<Literal> {
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+')))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        match word {
            "None" => Some(Literal::None),
            "True" => Some(Literal::Bool(true)),
            "False" => Some(Literal::Bool(false)),
            _ => word.parse().ok().map(Literal::Integer),
        }
    }
}

/// `str(value)`: as `repr`, but a string stands without quotes.
pub fn display(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => repr(other),
    }
}

/// `repr(value)`.
pub fn repr(value: &Value) -> String {
    let mut out = String::new();
    write_repr(&mut out, value);
    out
}

/// `repr(text)` of a string.
pub fn quoted(text: &str) -> String {
    let mut out = String::new();
    write_quoted(&mut out, text);
    out
}

fn write_repr(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(number) => {
            let _infallible = write!(out, "{number}");
        }
        Value::String(text) => write_quoted(out, text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_repr(out, item);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            for (index, (key, item)) in fields.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_quoted(out, key);
                out.push_str(": ");
                write_repr(out, item);
            }
            out.push('}');
        }
    }
}

fn write_quoted(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if c.is_control() => {
                let _infallible = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push(quote);
}

/// Base64 as `b64decode` reads it: what is no letter of the alphabet is passed over.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let known = |b: &u8| b.is_ascii_alphanumeric() || b"+/=".contains(b);
    let kept: Vec<u8> = text.bytes().filter(known).collect();
    STANDARD.decode(kept).ok()
}

pub fn to_base64(text: &str) -> String {
    STANDARD.encode(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(t: &str) -> Literal {
        Literal::Text(t.to_owned())
    }

    #[test]
    fn reads_what_clients_send() {
        assert_eq!(
            literal("{'k': 'v', \"w\": 'x'}"),
            Some(Literal::Dict(vec![(text("k"), text("v")), (text("w"), text("x"))]))
        );
        assert_eq!(
            literal("['available', 'error',]"),
            Some(Literal::Sequence(vec![text("available"), text("error")]))
        );
        assert_eq!(literal("('a',)"), Some(Literal::Sequence(vec![text("a")])));
        assert_eq!(literal("{}"), Some(Literal::Dict(vec![])));
        assert_eq!(literal("-5"), Some(Literal::Integer(-5)));
        assert_eq!(literal("None"), Some(Literal::None));
        assert_eq!(literal("True"), Some(Literal::Bool(true)));
        assert_eq!(literal(r"'it\'s'"), Some(text("it's")));
    }

    #[test]
    fn what_is_no_literal_is_none_and_never_a_panic() {
        for bad in [
            "available",
            "",
            "[",
            "['a'",
            "{'a':",
            "{'a' 'b'}",
            "'a",
            "\\",
            "[[[[[[[[[[1]]]]]]]]]]",
            "1.5",
            "é",
        ] {
            assert_eq!(literal(bad), None, "{bad}");
        }
    }

    #[test]
    fn quotes_as_python_does() {
        assert_eq!(repr(&json!({"a": [1, null, true, "x"]})), "{'a': [1, None, True, 'x']}");
        assert_eq!(repr(&json!("it's")), "\"it's\"");
        assert_eq!(display(&json!("it's")), "it's");
    }
}
