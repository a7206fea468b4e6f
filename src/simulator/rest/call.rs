//! One request, routed and decoded.

use std::collections::HashMap;
use std::str::FromStr;

use super::body::Body;
use super::caller::Caller;
use crate::simulator::refusal::{Refusal, Result};

#[derive(Debug, Clone)]
pub struct Call {
    pub caller: Caller,
    /// Path parameters by the definition's names.
    pub params: HashMap<&'static str, String>,
    pub query: Vec<(String, String)>,
    pub body: Body,
    pub if_match: Option<String>,
}

impl Call {
    /// A path parameter; empty when the route has none of this name.
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }
    /// A query value; keys are case-sensitive and the first one counts.
    pub fn query(&self, key: &str) -> &str {
        self.query.iter().find(|(known, _)| known == key).map_or("", |(_, value)| value)
    }
    pub fn query_number<T: FromStr + Default>(&self, key: &str) -> Result<T> {
        match self.query(key) {
            "" => Ok(T::default()),
            text => text
                .parse()
                .map_err(|_| Refusal::invalid(format!("parsing field {key:?}: bad number {text:?}"))),
        }
    }
    pub fn query_flag(&self, key: &str) -> Result<bool> {
        match self.query(key) {
            "" | "false" | "0" | "f" | "F" | "FALSE" | "False" => Ok(false),
            "true" | "1" | "t" | "T" | "TRUE" | "True" => Ok(true),
            text => Err(Refusal::invalid(format!("parsing field {key:?}: bad boolean {text:?}"))),
        }
    }
    /// The project: in the path, or on the aliases where the method puts it. A whole-message body
    /// shuts the query string out.
    pub fn project(&self, method: &str) -> Result<Option<String>> {
        let name = match self.params.get("projectName") {
            Some(name) => name.clone(),
            None if matches!(method, "POST" | "PUT") => self.body.text("projectName")?,
            None => self.query("projectName").to_owned(),
        };
        Ok(Some(name).filter(|name| !name.is_empty()))
    }
}
