//! What a client says it takes (`Accept`), as `webob` reads it.

/// How much an offer of ours is wanted: that of the most precise range that covers it, nothing where none does. A range
/// with parameters of its own covers none of our offers, which have none.
pub fn weight(accept: &str, offer: &str) -> f64 {
    let all = offer.split('/').next().map(|kind| format!("{kind}/*")).unwrap_or_default();
    let ranges = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next()?.to_ascii_lowercase();
        let precision = [offer, &all, "*/*"].iter().position(|known| **known == name)?;
        let mut weight = 1.0;
        for part in parts {
            let (key, value) = part.split_once('=')?;
            if !key.trim().eq_ignore_ascii_case("q") {
                return None;
            }
            weight = value.trim().parse().ok()?;
        }
        Some((precision, weight))
    });
    ranges.min_by_key(|(precision, _)| *precision).map_or(0.0, |(_, weight): (usize, f64)| weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_precise_range_counts() {
        for (accept, expected) in [
            ("application/json", 1.0),
            ("Application/JSON ; q=0.5", 0.5),
            ("*/*;q=0.1, application/*;q=0.3", 0.3),
            ("application/json;q=0, */*", 0.0),
            ("application/json;version=3", 0.0),
            ("application/json;version=3, */*;q=0.2", 0.2),
            ("text/html", 0.0),
            ("", 0.0),
            ("application/json;q=x", 0.0),
        ] {
            let found = weight(accept, "application/json");
            assert!((found - expected).abs() < f64::EPSILON, "{accept}: {found}");
        }
    }
}
