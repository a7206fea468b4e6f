//! Routes of Cinder that lead nowhere. Its router maps a resource as a whole: list, create, `new`,
//! show, change, delete and `edit`. What a resource does not have of these is not found within
//! Cinder, with its headers and its kind of body, unlike a path that its router does not know.

use axum::http::Method;

use crate::api::fault;
use crate::domain::Error;

/// The resources, with whatever they are inside of.
static COLLECTIONS: &[&str] = &[
    "attachments",
    "backups",
    "capabilities",
    "cgsnapshots",
    "consistencygroups",
    "extensions",
    "group_snapshots",
    "group_types",
    "group_types/*/group_specs",
    "groups",
    "limits",
    "manageable_snapshots",
    "manageable_volumes",
    "messages",
    "os-availability-zone",
    "os-hosts",
    "os-quota-class-sets",
    "os-quota-sets",
    "os-snapshot-manage",
    "os-volume-manage",
    "os-volume-transfer",
    "qos-specs",
    "resource_filters",
    "scheduler-stats",
    "snapshots",
    "snapshots/*/metadata",
    "types",
    "types/*/encryption",
    "types/*/extra_specs",
    "types/*/os-volume-type-access",
    "volume-transfers",
    "volumes",
    "volumes/*/encryption",
    "volumes/*/metadata",
    "workers",
];

/// What is told of a path without a project to which no row belongs; `None` where Cinder has no
/// route for it either.
pub fn missing(method: &Method, path: &str) -> Option<Error> {
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    if segments.iter().any(|segment| segment.is_empty()) {
        return None;
    }
    let mapped = COLLECTIONS.iter().any(|collection| match after(collection, &segments) {
        Some([]) => matches!(*method, Method::GET | Method::POST),
        Some([_]) => matches!(*method, Method::GET | Method::PUT | Method::DELETE),
        Some([_, "edit"]) => *method == Method::GET,
        _ => false,
    });
    // Here a change is taken for an action without a body.
    if mapped && *method == Method::PUT && path.starts_with("/group_snapshots/") {
        return Some(Error::invalid(
            "There is no such action: update. Verify the request body and Content-Type header and try again.",
        ));
    }
    mapped.then(|| Error::not_found(fault::NOT_FOUND))
}

/// `new` is a form to fill in, which nobody has, and not the name of an item.
pub fn is_form(method: &Method, path: &str) -> bool {
    *method == Method::GET && path.ends_with("/new") && missing(method, path).is_some()
}

/// The segments behind those of a collection.
fn after<'s, 'p>(collection: &str, segments: &'s [&'p str]) -> Option<&'s [&'p str]> {
    let mut rest = segments;
    for name in collection.split('/') {
        let (first, others) = rest.split_first()?;
        if name != "*" && name != *first {
            return None;
        }
        rest = others;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_resource_does_not_have_is_not_found_in_it() {
        for (method, path) in [
            (Method::DELETE, "/groups/x"),
            (Method::GET, "/volumes/new"),
            (Method::GET, "/volumes/x/edit"),
            (Method::GET, "/types/x/encryption/y/edit"),
            (Method::POST, "/limits"),
            (Method::PUT, "/workers/x"),
        ] {
            let told = missing(&method, path).unwrap();
            assert_eq!(told.message(), fault::NOT_FOUND, "{method} {path}");
        }
        let told = missing(&Method::PUT, "/group_snapshots/x").unwrap();
        assert!(told.message().starts_with("There is no such action: update."));
        for (method, path) in [
            (Method::PUT, "/volumes"),
            (Method::PATCH, "/volumes/x"),
            (Method::POST, "/volumes/x"),
            (Method::GET, "/volumes/x/y"),
            (Method::GET, "/volumes/"),
            (Method::GET, "/clusters/x/edit"),
            (Method::GET, "/nothing"),
            (Method::GET, ""),
        ] {
            assert!(missing(&method, path).is_none(), "{method} {path}");
        }
        assert!(is_form(&Method::GET, "/snapshots/new"));
        assert!(!is_form(&Method::PUT, "/snapshots/new") && !is_form(&Method::GET, "/clusters/new"));
    }
}
