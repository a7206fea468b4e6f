//! The caller's own request id. Ours is always freshly made; theirs is only logged, and only when
//! it looks like one (`cinder-behaviours` 2.1).

use axum::http::HeaderMap;
use uuid::Uuid;

/// `req-<uuid>` of `X-OpenStack-Request-ID`.
pub fn global(headers: &HeaderMap) -> Option<String> {
    let text = headers.get("x-openstack-request-id")?.to_str().ok()?;
    let uuid = text.strip_prefix("req-")?;
    (uuid.len() == 36 && Uuid::try_parse(uuid).is_ok()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_ids_are_kept() {
        let ask = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-openstack-request-id", text.parse().unwrap());
            global(&headers)
        };
        let good = "req-0c0f0e0d-0000-4000-8000-000000000001";
        assert_eq!(ask(good).as_deref(), Some(good));
        for bad in ["", "req-", "req-x", "0c0f0e0d-0000-4000-8000-000000000001", "req-\tinjected"] {
            assert_eq!(ask(bad), None);
        }
    }
}
