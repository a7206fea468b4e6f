//! Under which URL a client knows us, and the links made from it.
//!
//! `public_endpoint` wins; then `X-Forwarded-Host`; then the request's own host. Protocol and
//! prefix headers of a proxy count only when the operator says that there is one
//! (`cinder-behaviours` 2.4), because anybody can send them.

use std::fmt;

use axum::http::{HeaderMap, Uri, header};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::{Serialize, Serializer};

/// Whether `Forwarded`, `X-Forwarded-Proto` and `X-Forwarded-Prefix` are believed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProxyHeaders {
    #[default]
    Ignored,
    Trusted,
}

/// Our URL as one client sees it.
#[derive(Debug, Clone)]
pub struct Links {
    /// Scheme, host and prefix, without `/v3`.
    root: String,
    /// `/<project>`, or empty when the request's URL had no project.
    project: String,
}

impl Links {
    pub fn new(public_endpoint: Option<&str>, proxy: ProxyHeaders, uri: &Uri, headers: &HeaderMap) -> Self {
        let root = match public_endpoint {
            Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
            None => requested(proxy, uri, headers),
        };
        Self { root, project: String::new() }
    }

    /// For a request whose URL names the project.
    #[must_use]
    pub fn of_project(mut self, project: Option<&str>) -> Self {
        if let Some(project) = project {
            self.project = format!("/{project}");
        }
        self
    }

    pub fn root(&self) -> &str {
        &self.root
    }

    /// Links of the items of a collection such as `volumes`.
    pub fn of(&self, collection: &str) -> Collection {
        let Self { root, project } = self;
        Collection {
            self_prefix: format!("{root}/v3{project}/{collection}/"),
            bookmark_prefix: format!("{root}{project}/{collection}/"),
        }
    }

    /// The URL of a collection itself.
    pub fn collection(&self, path: &str) -> String {
        format!("{}/v3{}/{path}", self.root, self.project)
    }
}

fn requested(proxy: ProxyHeaders, uri: &Uri, headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let last = |list: &str| list.rsplit(',').next().unwrap_or_default().trim().to_owned();
    let mut scheme = "http".to_owned();
    let mut prefix = String::new();
    let mut host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| uri.authority().map(axum::http::uri::Authority::as_str))
        .unwrap_or("localhost")
        .to_owned();
    if proxy == ProxyHeaders::Trusted {
        if let Some(forwarded) = text("forwarded") {
            // The first element is the one nearest to the client.
            for pair in forwarded.split(',').next().unwrap_or_default().split(';') {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                let value = value.trim().trim_matches('"');
                match name.trim().to_ascii_lowercase().as_str() {
                    "proto" => value.clone_into(&mut scheme),
                    "host" => value.clone_into(&mut host),
                    _ => {}
                }
            }
        }
        scheme = text("x-forwarded-proto").map_or(scheme, last);
        prefix = text("x-forwarded-prefix").map(|p| p.trim_end_matches('/').to_owned()).unwrap_or_default();
    }
    host = text("x-forwarded-host").map_or(host, last);
    format!("{scheme}://{host}{prefix}")
}

/// Everything before the id in the two links of an item.
#[derive(Debug)]
pub struct Collection {
    self_prefix: String,
    bookmark_prefix: String,
}

impl Collection {
    /// `[{"rel": "self", …}, {"rel": "bookmark", …}]` of one item.
    pub const fn item<I: fmt::Display>(&self, id: I) -> ItemLinks<'_, I> {
        ItemLinks { collection: self, id }
    }
}

#[derive(Debug)]
pub struct ItemLinks<'a, I> {
    collection: &'a Collection,
    id: I,
}

impl<I: fmt::Display> Serialize for ItemLinks<'_, I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (own, bookmark) = (&self.collection.self_prefix, &self.collection.bookmark_prefix);
        [
            Link { rel: "self", href: Href(own, &self.id) },
            Link { rel: "bookmark", href: Href(bookmark, &self.id) },
        ]
        .serialize(serializer)
    }
}

#[derive(Serialize)]
#[serde(bound = "I: fmt::Display")]
struct Link<'a, I> {
    rel: &'static str,
    href: Href<'a, I>,
}

struct Href<'a, I>(&'a str, &'a I);

impl<I: fmt::Display> Serialize for Href<'_, I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}{}", self.0, self.1))
    }
}

/// What Python's `urlencode` leaves alone: letters, digits and `_.-~`; a space becomes `+`.
const QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'!')
    .add(b'"')
    .add(b'#')
    .add(b'$')
    .add(b'%')
    .add(b'&')
    .add(b'\'')
    .add(b'(')
    .add(b')')
    .add(b'*')
    .add(b'+')
    .add(b',')
    .add(b'/')
    .add(b':')
    .add(b';')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'?')
    .add(b'@')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Encodes pairs as a query string.
pub fn urlencode<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::new();
    for (key, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        for (index, part) in [key, value].into_iter().enumerate() {
            if index == 1 {
                out.push('=');
            }
            for (at, word) in part.split(' ').enumerate() {
                if at > 0 {
                    out.push('+');
                }
                out.extend(utf8_percent_encode(word, QUERY));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(public: Option<&str>, proxy: ProxyHeaders, headers: &[(&'static str, &str)]) -> String {
        let map = headers.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap())).collect();
        let links = Links::new(public, proxy, &Uri::from_static("/v3/"), &map).of_project(Some("p1"));
        serde_json::to_string(&links.of("volumes").item("x")).unwrap()
    }

    fn expected(own: &str, bookmark: &str) -> String {
        format!(r#"[{{"rel":"self","href":"{own}"}},{{"rel":"bookmark","href":"{bookmark}"}}]"#)
    }

    #[test]
    fn the_host_is_the_one_the_client_used() {
        assert_eq!(
            links(None, ProxyHeaders::Ignored, &[("host", "h:8776"), ("x-forwarded-proto", "https")]),
            expected("http://h:8776/v3/p1/volumes/x", "http://h:8776/p1/volumes/x")
        );
        assert_eq!(
            links(None, ProxyHeaders::Ignored, &[("host", "h"), ("x-forwarded-host", "a, b")]),
            expected("http://b/v3/p1/volumes/x", "http://b/p1/volumes/x")
        );
    }

    #[test]
    fn a_trusted_proxy_says_protocol_and_prefix() {
        let headers = [("host", "h"), ("x-forwarded-proto", "https"), ("x-forwarded-prefix", "/volume/")];
        assert_eq!(
            links(None, ProxyHeaders::Trusted, &headers),
            expected("https://h/volume/v3/p1/volumes/x", "https://h/volume/p1/volumes/x")
        );
        let headers = [("host", "h"), ("forwarded", "proto=https;host=\"pub\", proto=http")];
        assert!(links(None, ProxyHeaders::Trusted, &headers).contains("https://pub/v3/p1"));
    }

    #[test]
    fn the_public_endpoint_wins() {
        assert!(
            links(Some("https://cloud/block/"), ProxyHeaders::Trusted, &[("x-forwarded-host", "evil")])
                .contains(r#""https://cloud/block/v3/p1/volumes/x""#)
        );
    }

    #[test]
    fn queries_are_encoded_as_python_does() {
        let pairs = [("metadata", "{'k': 'é'}"), ("limit", "1")];
        assert_eq!(urlencode(pairs.into_iter()), "metadata=%7B%27k%27%3A+%27%C3%A9%27%7D&limit=1");
    }
}
