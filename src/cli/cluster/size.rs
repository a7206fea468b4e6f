//! Sizes as people read them.

use serde_json::Value;

const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// Three digits and a unit; `-` for what is not known.
pub(super) fn bytes(value: Option<&Value>) -> String {
    let Some(bytes) = value.and_then(Value::as_u64) else { return "-".to_owned() };
    let mut size = bytes as f64;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    let digits = if unit == 0 || size >= 100.0 {
        0
    } else if size >= 10.0 {
        1
    } else {
        2
    };
    format!("{size:.digits$} {name}")
}

/// A share as a percentage.
pub(super) fn percent(part: Option<&Value>, whole: Option<&Value>) -> String {
    let number = |value: Option<&Value>| value.and_then(Value::as_f64);
    match (number(part), number(whole)) {
        (Some(part), Some(whole)) if whole > 0.0 => format!("{:.1} %", part / whole * 100.0),
        _ => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sizes_have_three_digits() {
        for (size, text) in [
            (0_u64, "0 B"),
            (1023, "1023 B"),
            (1024, "1.00 KiB"),
            (15 << 30, "15.0 GiB"),
            (100 << 40, "100 TiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(bytes(Some(&json!(size))), text);
        }
        assert_eq!(bytes(None), "-");
        assert_eq!(percent(Some(&json!(1)), Some(&json!(8))), "12.5 %");
        assert_eq!(percent(Some(&json!(1)), Some(&json!(0))), "-");
    }
}
