//! Which row a request is for. Matching is a radix tree over the paths of the table; the project
//! in front is taken off first, since nothing else at that place is made of `[0-9a-f-]` only.

use std::collections::HashMap;

use axum::http::Method;
use serde_json::Value;

use super::fault;
use super::query::decode_percent;
use super::routes::{Row, unserved};
use crate::domain::{Error, Result};

/// The table, ready for matching.
#[derive(Debug, Default)]
pub struct Router {
    paths: matchit::Router<usize>,
    /// The rows of each path.
    rows: Vec<Vec<&'static Row>>,
}

/// A path of the table that knows the method.
#[derive(Debug)]
pub struct Matched<'r> {
    rows: &'r [&'static Row],
    method: Method,
    /// The project the URL names.
    pub project: Option<String>,
    pub params: Vec<(String, String)>,
}

impl Router {
    /// Fails when two paths of the table cannot be told apart.
    pub fn new(table: &[&'static [Row]]) -> Result<Self> {
        let mut router = Self::default();
        let mut known = HashMap::new();
        for row in table.iter().copied().flatten() {
            let at = match known.get(row.path) {
                Some(at) => *at,
                None => {
                    let at = router.rows.len();
                    router.paths.insert(row.path, at).map_err(|error| {
                        Error::internal(format!("route {} cannot be added", row.path)).because(error)
                    })?;
                    router.rows.push(Vec::new());
                    known.insert(row.path, at);
                    at
                }
            };
            if let Some(rows) = router.rows.get_mut(at) {
                rows.push(row);
            }
        }
        Ok(router)
    }

    /// Matches what follows `/v3` in the path. `None` where no row has the path and the method.
    pub fn resolve(&self, method: &Method, path: &str) -> Option<Result<Matched<'_>>> {
        let path = path.strip_suffix(".json").unwrap_or(path);
        let (project, path) = split_project(path);
        if unserved::is_form(method, path) {
            return None;
        }
        let found = self.paths.at(path).ok()?;
        let rows = self.rows.get(*found.value)?;
        if !rows.iter().any(|row| row.method == *method) {
            return None;
        }
        let params = found
            .params
            .iter()
            .map(|(name, value)| Ok((name.to_owned(), decode_percent(value)?)))
            .collect::<Result<_>>();
        Some(params.map(|params| Matched {
            rows,
            method: method.clone(),
            project: project.map(str::to_owned),
            params,
        }))
    }
}

/// What is told where no row has the path and the method, if Cinder has a route for it.
pub fn missing(method: &Method, path: &str) -> Option<Error> {
    let path = path.strip_suffix(".json").unwrap_or(path);
    unserved::missing(method, split_project(path).1)
}

fn split_project(path: &str) -> (Option<&str>, &str) {
    let Some(rest) = path.strip_prefix('/') else { return (None, path) };
    let (first, _) = rest.split_once('/').unwrap_or((rest, ""));
    let is_project =
        !first.is_empty() && first.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-'));
    if is_project { (Some(first), &rest[first.len()..]) } else { (None, path) }
}

impl Matched<'_> {
    /// Whether the body decides which row it is.
    pub fn is_action(&self) -> bool {
        self.of_method().any(|row| row.action.is_some())
    }

    fn of_method(&self) -> impl Iterator<Item = &'static Row> {
        self.rows.iter().copied().filter(|row| row.method == self.method)
    }

    /// The row of a path without actions.
    pub fn plain(&self) -> Option<&'static Row> {
        self.of_method().find(|row| row.action.is_none())
    }

    /// The row the body's one key names.
    pub fn action(&self, body: Option<&Value>) -> Result<&'static Row> {
        let no_such = |action: &str| {
            Error::invalid(format!(
                "There is no such action: {action}. Verify the request body and Content-Type header and \
                 try again."
            ))
        };
        let object = match body {
            None => return Err(no_such("None")),
            Some(Value::Object(object)) => object,
            // Upstream looks for the one key of whatever it is, and has none of what has no length.
            Some(Value::Array(items)) if items.len() != 1 => return Err(malformed()),
            Some(Value::String(text)) if text.chars().count() != 1 => return Err(malformed()),
            Some(_) => return Err(Error::not_found(fault::NOT_FOUND)),
        };
        let mut keys = object.keys();
        match (keys.next(), keys.next()) {
            (Some(key), None) => {
                self.of_method().find(|row| row.action == Some(key)).ok_or_else(|| no_such(key))
            }
            _ => Err(malformed()),
        }
    }
}

/// The body is not what a body looks like.
pub fn malformed() -> Error {
    Error::invalid("Malformed request body")
}

#[cfg(test)]
mod tests {
    use super::super::routes::{TABLE, to};
    use super::*;
    use crate::api::call::Call;
    use crate::api::reply::Reply;

    async fn nothing(_: Call) -> Result<Reply> {
        Ok(Reply::empty(axum::http::StatusCode::OK))
    }

    static ROWS: &[Row] = &[
        Row::new("list", Method::GET, "/volumes", "", to!(nothing)),
        Row::new("detail", Method::GET, "/volumes/detail", "", to!(nothing)),
        Row::new("show", Method::GET, "/volumes/{id}", "", to!(nothing)),
        Row::new("meta", Method::GET, "/volumes/{id}/metadata/{key}", "", to!(nothing)),
        Row::new("grow", Method::POST, "/volumes/{id}/action", "", to!(nothing)).action("os-extend"),
        Row::new("reset", Method::POST, "/volumes/{id}/action", "", to!(nothing)).action("os-reset_status"),
    ];

    fn at(router: &Router, path: &str) -> Option<(&'static str, Option<String>, Vec<String>)> {
        let matched = router.resolve(&Method::GET, path)?.unwrap();
        let params = matched.params.iter().map(|(_, value)| value.clone()).collect();
        Some((matched.plain()?.id, matched.project.clone(), params))
    }

    #[test]
    fn finds_rows_with_and_without_a_project() {
        let router = Router::new(&[ROWS]).unwrap();
        assert_eq!(at(&router, "/volumes"), Some(("list", None, vec![])));
        assert_eq!(at(&router, "/volumes.json"), Some(("list", None, vec![])));
        assert_eq!(at(&router, "/0af/volumes/detail"), Some(("detail", Some("0af".into()), vec![])));
        assert_eq!(at(&router, "/volumes/volumes"), Some(("show", None, vec!["volumes".into()])));
        assert_eq!(
            at(&router, "/0-f/volumes/x/metadata/a%2Fb"),
            Some(("meta", Some("0-f".into()), vec!["x".into(), "a/b".into()]))
        );
        for nowhere in ["", "/", "/volumes/", "/0af", "/0af/", "/ADMIN/volumes", "/volumes/x/y", "/x/volumes"]
        {
            assert_eq!(at(&router, nowhere), None, "{nowhere}");
        }
        assert!(router.resolve(&Method::DELETE, "/volumes").is_none());
        assert!(router.resolve(&Method::GET, "/volumes/%ff").unwrap().is_err());
    }

    #[test]
    fn the_body_names_the_action() {
        let router = Router::new(&[ROWS]).unwrap();
        let matched = router.resolve(&Method::POST, "/volumes/x/action").unwrap().unwrap();
        let find =
            |body: Value| matched.action(Some(&body)).map(|row| row.id).map_err(|e| e.message().to_owned());
        assert_eq!(find(serde_json::json!({"os-extend": null})).unwrap(), "grow");
        assert!(
            find(serde_json::json!({"os-x": 1})).unwrap_err().starts_with("There is no such action: os-x.")
        );
        for bad in
            [serde_json::json!({}), serde_json::json!({"os-extend": 1, "x": 1}), serde_json::json!([1, 2])]
        {
            assert_eq!(find(bad).unwrap_err(), "Malformed request body");
        }
        for keyless in [serde_json::json!([1]), serde_json::json!("x"), serde_json::json!(7)] {
            assert_eq!(find(keyless).unwrap_err(), fault::NOT_FOUND);
        }
        assert!(matched.action(None).unwrap_err().message().starts_with("There is no such action: None."));
    }

    #[test]
    fn the_table_has_no_two_rows_for_one_request() {
        Router::new(TABLE).unwrap();
        let mut seen = std::collections::HashSet::new();
        for row in TABLE.iter().copied().flatten() {
            assert!(seen.insert((row.method.clone(), row.path, row.action)), "{}", row.id);
        }
    }
}
