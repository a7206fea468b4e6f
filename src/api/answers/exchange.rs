//! Whether an answer is one the API reference describes. The tests' clients hold every answer
//! they see against this.

use std::sync::LazyLock;

use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::Shape;
use crate::api::router::Router;
use crate::api::routes::{Row, TABLE};
use crate::api::{fleet, version};
use crate::domain::Microversion;

/// A request and its answer.
#[derive(Debug)]
pub struct Exchange<'a> {
    pub method: &'a Method,
    /// With or without a query.
    pub path: &'a str,
    pub request: Option<&'a Value>,
    /// `OpenStack-API-Version` of the answer; absent where it has none.
    pub version: Option<&'a str>,
    pub status: u16,
    pub body: &'a str,
}

static ROUTERS: LazyLock<Option<(Router, Router)>> =
    LazyLock::new(|| Some((Router::new(TABLE).ok()?, Router::new(&[fleet::TABLE]).ok()?)));

impl Exchange<'_> {
    /// What about it is not as described. Requests that are for no operation pass.
    ///
    /// # Errors
    /// The sentence that says so.
    pub fn check(&self) -> Result<(), String> {
        let Some(row) = self.row() else { return Ok(()) };
        let wrong = |why: String| Err(format!("{} answered {} {}: {why}", row.id, self.status, self.body));
        let status = StatusCode::from_u16(self.status).unwrap_or_default();
        if !row.statuses().contains(&status) {
            return wrong("the status is not described".to_owned());
        }
        let told = if status == row.success {
            row.answer.check(self.body, self.version())
        } else {
            check_fault(status, self.body)
        };
        told.or_else(wrong)
    }

    fn row(&self) -> Option<&'static Row> {
        let (cinder, fleet) = ROUTERS.as_ref()?;
        let path = self.path.split('?').next().unwrap_or_default();
        let (router, rest) = match path.strip_prefix(fleet::PREFIX) {
            Some(rest) => (fleet, rest),
            None => (cinder, path.strip_prefix("/v3")?),
        };
        let matched = router.resolve(self.method, rest)?.ok()?;
        if matched.is_action() { matched.action(self.request).ok() } else { matched.plain() }
    }

    /// What the fleet API answers is never of an older version.
    fn version(&self) -> Microversion {
        self.version.and_then(version::of_echo).unwrap_or(Microversion::MAX)
    }
}

static FAULT: Shape = super::object(&[&[
    super::always("code", &Shape::Integer),
    super::always("message", &Shape::Text),
    super::sometimes("retryAfter", &Shape::Text, "A quota is used up."),
]]);
/// One key that names the fault.
pub static FAULTS: Shape = Shape::Map(&FAULT);
/// What never reached a controller.
pub static REFUSAL: Shape = super::object(&[&[
    super::always("code", &Shape::Text),
    super::always("message", &Shape::Text),
    super::always("title", &Shape::Text),
]]);
/// Of the token filter.
pub static UNAUTHORIZED: Shape = super::object(&[&[super::always(
    "error",
    &super::object(&[&[
        super::always("code", &Shape::Integer),
        super::always("message", &Shape::Text),
        super::always("title", &Shape::Text),
    ]]),
)]]);

fn check_fault(status: StatusCode, body: &str) -> Result<(), String> {
    let at = Microversion::MAX;
    match status {
        StatusCode::PRECONDITION_FAILED if body.is_empty() => return Ok(()),
        StatusCode::NOT_FOUND if body.starts_with("<html>") => return Ok(()),
        _ => {}
    }
    let value: Value = serde_json::from_str(body).map_err(|error| format!("no JSON: {error}"))?;
    let told = match status {
        StatusCode::UNAUTHORIZED => UNAUTHORIZED.check("", &value, at),
        _ if value.as_object().is_some_and(|fields| fields.len() == 1) => FAULTS.check("", &value, at),
        _ => REFUSAL.check("", &value, at),
    };
    told.map_err(|why| format!("as a fault: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, version: &str, body: &str) -> String {
        let exchange = Exchange {
            method: &Method::GET,
            path: "/v3/0af0/volumes/summary?x=1",
            request: None,
            version: Some(version),
            status,
            body,
        };
        exchange.check().err().unwrap_or_default()
    }

    #[test]
    fn an_answer_that_is_not_described_is_told() {
        let summary =
            |more: &str| format!(r#"{{"volume-summary": {{"total_count": 1, "total_size": 2{more}}}}}"#);
        assert_eq!(told(200, "volume 3.35", &summary("")), "");
        assert_eq!(told(200, "volume 3.36", &summary(r#", "metadata": {}"#)), "");
        assert!(told(200, "volume 3.36", &summary("")).contains("metadata is missing"));
        assert!(told(200, "volume 3.35", &summary(r#", "metadata": {}"#)).contains("not described"));
        assert!(told(202, "volume 3.35", &summary("")).contains("status is not described"));
        assert!(told(500, "volume 3.35", "{}").contains("status is not described"));
        assert_eq!(told(403, "volume 3.35", r#"{"forbidden": {"code": 403, "message": "no"}}"#), "");
        assert!(told(403, "volume 3.35", r#"{"forbidden": {"code": 403}}"#).contains("message"));
    }
}
