//! What a host says of itself.

use serde_json::Value;

use crate::domain::attachment::Connector;
use crate::domain::{Error, Result};

/// Reads the connector that os-brick makes. Unknown properties (there are many, one for each
/// protocol) are of no concern; the host NQN is.
///
/// # Errors
/// `Invalid` without the NQN: Lightbits knows hosts by nothing else.
pub fn read(value: &Value) -> Result<Connector> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let nqn = text("nqn").filter(|nqn| nqn.starts_with("nqn.") && nqn.len() <= 223).ok_or_else(|| {
        Error::invalid(
            "Invalid input received: Connector doesn't have required information: the host NQN ('nqn') is missing. Is \
             nvme-cli installed on the host?",
        )
    })?;
    let ips = value
        .get("host_ips")
        .and_then(Value::as_array)
        .map(|ips| ips.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    Ok(Connector {
        host: text("host"),
        nqn,
        ips: ips.unwrap_or_default(),
        mountpoint: text("mountpoint"),
        mode: text("mode").filter(|mode| mode == "rw" || mode == "ro"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_without_an_nqn_cannot_be_let_in() {
        assert!(read(&serde_json::json!({"host": "a", "initiator": "iqn.x"})).is_err());
        assert!(read(&serde_json::json!("text")).is_err());
        let odd = serde_json::json!({"nqn": "nqn.2014-08.org.nvmexpress:uuid:x", "host_ips": ["10.0.0.1", 3], "mode": "x"});
        let connector = read(&odd).unwrap();
        assert_eq!((connector.ips.len(), connector.mode), (1, None));
    }
}
