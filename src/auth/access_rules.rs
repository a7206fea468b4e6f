//! Application credentials may be restricted to certain requests. Keystone stores these rules
//! but only the service that gets the request can hold to them.

use super::keystone::AccessRule;

/// Is the request one that the rules allow?
pub(super) fn allow(rules: &[AccessRule], service_types: &[String], method: &str, path: &str) -> bool {
    rules.iter().any(|rule| {
        rule.method == method && service_types.contains(&rule.service) && matches(&rule.path, path)
    })
}

enum Piece {
    Byte(u8),
    /// `*` or `{name}`: one or more bytes, no slash.
    Segment,
    /// `**`: any bytes, or none.
    Anything,
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = pattern.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let (piece, left) = match first {
            b'*' if after.first() == Some(&b'*') => (Piece::Anything, &after[1..]),
            b'*' => (Piece::Segment, after),
            b'{' => match after.iter().position(|&byte| byte == b'}') {
                Some(end) => (Piece::Segment, &after[end + 1..]),
                None => (Piece::Byte(first), after),
            },
            _ => (Piece::Byte(first), after),
        };
        pieces.push(piece);
        rest = left;
    }
    pieces
}

/// Users write the patterns, so matching takes time in proportion to pattern × path and not a
/// power of it: `reached[n]` says whether the pieces so far can match the first n bytes.
fn matches(pattern: &str, path: &str) -> bool {
    let path = path.as_bytes();
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for piece in pieces(pattern) {
        let mut next = vec![false; path.len() + 1];
        if matches!(piece, Piece::Anything) {
            next[0] = reached[0];
        }
        for (at, &byte) in path.iter().enumerate() {
            next[at + 1] = match piece {
                Piece::Byte(expected) => reached[at] && byte == expected,
                Piece::Segment => byte != b'/' && (reached[at] || next[at]),
                Piece::Anything => reached[at + 1] || next[at],
            };
        }
        reached = next;
    }
    reached.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, path, expected) in [
            ("/v3/volumes", "/v3/volumes", true),
            ("/v3/volumes", "/v3/volumes/1", false),
            ("/v3/*/volumes", "/v3/beef/volumes", true),
            ("/v3/*/volumes", "/v3//volumes", false),
            ("/v3/*/volumes", "/v3/a/b/volumes", false),
            ("/v3/{project_id}/volumes/{id}", "/v3/beef/volumes/1", true),
            ("/v3/{project_id}/volumes/{id}", "/v3/beef/volumes/", false),
            ("/v3/**", "/v3/", true),
            ("/v3/**", "/v3/a/b/c", true),
            ("**/snapshots", "/v3/a/snapshots", true),
            ("**/snapshots", "/v3/a/snapshots/1", false),
            ("/v3/*a*", "/v3/xay", true),
            ("/v3.volumes", "/v3xvolumes", false),
            ("", "", true),
            ("", "/", false),
            ("/{open", "/{open", true),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
        let started = std::time::Instant::now();
        assert!(!matches(&"**a".repeat(40), &"/".repeat(8000)));
        assert!(started.elapsed() < std::time::Duration::from_secs(5));
    }

    #[test]
    fn method_and_service_count_too() {
        let rules = [AccessRule {
            service: "volumev3".to_owned(),
            method: "GET".to_owned(),
            path: "/v3/**".to_owned(),
        }];
        let ours = ["volumev3".to_owned()];
        assert!(allow(&rules, &ours, "GET", "/v3/volumes"));
        assert!(!allow(&rules, &ours, "POST", "/v3/volumes"));
        assert!(!allow(&rules, &["compute".to_owned()], "GET", "/v3/volumes"));
        assert!(!allow(&[], &ours, "GET", "/v3/volumes"));
        assert!(!allow(&rules, &ours, "", ""));
    }
}
