use proptest::prelude::*;

use super::*;

fn shown(rule: &str) -> String {
    text(rule).unwrap_or_else(|error| panic!("{rule}: {error}")).to_string()
}

#[test]
fn the_language() {
    for (rule, meaning) in [
        ("", "@"),
        ("@", "@"),
        ("!", "!"),
        ("role:admin", "role:admin"),
        ("role:compute:admin", "role:compute:admin"),
        ("rule:a:b", "rule:a:b"),
        ("a:1 or b:2 and c:3", "(a:1 or (b:2 and c:3))"),
        ("a:1 and b:2 or c:3", "((a:1 and b:2) or c:3)"),
        ("not a:1 and b:2", "(not a:1 and b:2)"),
        ("not (a:1 and b:2)", "not (a:1 and b:2)"),
        ("a:1 or not b:2 and c:3", "(a:1 or (not b:2 and c:3))"),
        ("not not a:1", "not not a:1"),
        ("(a:1 or b:2) and c:3", "((a:1 or b:2) and c:3)"),
        ("a:1 and (b:2 or (c:3))", "(a:1 and (b:2 or c:3))"),
        ("((a:1))", "a:1"),
        ("( a:1  OR\tb:2 )\nAnd  c:3", "((a:1 or b:2) and c:3)"),
        ("a:1 or b:2 or c:3", "(a:1 or b:2 or c:3)"),
        ("(project_id:%(project_id)s)", "project_id:%(project_id)s"),
        ("'private':%(visibility)s", "'private':%(visibility)s"),
        ("True:%(shared)s", "True:%(shared)s"),
        ("a:x%(b)sy%%", "a:x%(b)sy%%"),
        ("tenant:", "tenant:"),
    ] {
        assert_eq!(shown(rule), meaning, "{rule}");
    }
}

#[test]
fn what_is_refused_and_why() {
    for (rule, error) in [
        ("   ", ParseError::Blank),
        ("a:1 and", ParseError::UnexpectedEnd),
        ("not", ParseError::UnexpectedEnd),
        ("(a:1", ParseError::UnexpectedEnd),
        ("()", ParseError::Unexpected(")".to_owned())),
        ("a:1)", ParseError::Unexpected(")".to_owned())),
        ("and a:1", ParseError::Unexpected("and".to_owned())),
        ("a:1 b:2", ParseError::Unexpected("b:2".to_owned())),
        ("a:1 not b:2", ParseError::Unexpected("not".to_owned())),
        ("admin", ParseError::NotACheck("admin".to_owned())),
        (":admin", ParseError::NotACheck(":admin".to_owned())),
        ("'a:%(b)s", ParseError::NotACheck("'a:%(b)s".to_owned())),
        ("\"role\"", ParseError::NotACheck("\"role\"".to_owned())),
        ("a:%(b)d", ParseError::BadSubstitution("%(b)d".to_owned())),
        ("a:%(b", ParseError::BadSubstitution("%(b".to_owned())),
        ("a:50%", ParseError::BadSubstitution("50%".to_owned())),
        ("http://ask/%(name)s", ParseError::Remote("http://ask/%(name)s".to_owned())),
        ("https://ask/", ParseError::Remote("https://ask/".to_owned())),
    ] {
        assert_eq!(text(rule), Err(error), "{rule}");
    }
    assert_eq!(text(&"not ".repeat(100_000)), Err(ParseError::TooDeep));
    assert_eq!(text(&"(".repeat(100_000)), Err(ParseError::TooDeep));
}

#[test]
fn the_old_list_form() {
    let list = |rule: &[&[&str]]| {
        let rule: Vec<Vec<String>> =
            rule.iter().map(|inner| inner.iter().map(|&check| check.to_owned()).collect()).collect();
        list(&rule).map(|check| check.to_string())
    };
    assert_eq!(list(&[]).as_deref(), Ok("@"));
    assert_eq!(list(&[&[]]).as_deref(), Ok("!"));
    assert_eq!(list(&[&["role:a"]]).as_deref(), Ok("role:a"));
    assert_eq!(list(&[&["role:a", "b:1"], &[], &["c:2"]]).as_deref(), Ok("((role:a and b:1) or c:2)"));
    let two = "role:a and role:b";
    assert_eq!(list(&[&[two]]), Err(ParseError::NotACheck(two.to_owned())));
    assert_eq!(list(&[&["nonsense"]]), Err(ParseError::NotACheck("nonsense".to_owned())));
}

fn a_check() -> impl Strategy<Value = Check> {
    let value = prop::collection::vec(
        prop_oneof!["[a-z0-9%]{1,5}".prop_map(Piece::Text), "[a-z_.]{1,8}".prop_map(Piece::Attribute)],
        0..4,
    )
    .prop_map(|pieces| {
        // Two neighbouring texts are one text.
        let mut merged: Vec<Piece> = Vec::new();
        for piece in pieces {
            match (merged.last_mut(), piece) {
                (Some(Piece::Text(last)), Piece::Text(text)) => last.push_str(&text),
                (_, piece) => merged.push(piece),
            }
        }
        Template(merged)
    });
    let leaf = prop_oneof![
        Just(Check::Always),
        Just(Check::Never),
        value.clone().prop_map(Check::Role),
        "[a-z]{1,6}(:[a-z]{1,6})?".prop_map(Check::Rule),
        ("[a-z]{3}_[a-z]{1,5}", value.clone()).prop_map(|(name, value)| Check::Credential { name, value }),
        ("[a-z]{0,5}", value).prop_map(|(constant, value)| Check::Constant {
            written: format!("'{constant}'"),
            constant,
            value
        }),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|check| Check::Not(Box::new(check))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Check::And),
            prop::collection::vec(inner, 2..4).prop_map(Check::Or),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(check in a_check()) {
        prop_assert_eq!(text(&check.to_string()), Ok(check));
    }

    #[test]
    fn no_text_breaks_the_parser(rule in "[a-z:%()'\"@! \\\\sé-]{0,40}") {
        if let Ok(check) = text(&rule) {
            prop_assert_eq!(text(&check.to_string()), Ok(check));
        }
    }
}
