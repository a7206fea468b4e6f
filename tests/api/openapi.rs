//! The files of the API reference say what the route tables say.

use std::fs;
use std::path::Path;

use hearth::api::openapi::{AsOf, document, pages};

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/api-ref"))
}

#[expect(clippy::disallowed_methods, reason = "it is the file under test")]
fn hold(name: &str, made: &str) {
    let path = folder().join(name);
    if std::env::var_os("HEARTH_WRITE_API_REF").is_some() {
        fs::write(&path, made).unwrap();
    }
    let file = fs::read_to_string(path).unwrap_or_default();
    assert!(
        made == file,
        "api-ref/{name} is not what the route tables say; run `HEARTH_WRITE_API_REF=1 cargo test --test api openapi`"
    );
}

#[test]
fn the_document_is_what_the_tables_say() {
    hold("openapi.yaml", &document(AsOf::All).unwrap());
}

#[test]
fn the_pages_are_what_the_document_says() {
    let made = pages();
    for (name, text) in &made {
        hold(name, text);
    }
    // No page of what is no more, and every link leads somewhere.
    let by_hand = ["openapi.yaml", "differences.md"];
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(by_hand.contains(&name.as_str()) || made.iter().any(|(known, _)| *known == name), "{name}");
    }
    for (name, text) in &made {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            assert!(folder().join(file).exists(), "{name} links to {link}");
        }
    }
}
