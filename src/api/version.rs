//! Version discovery and microversion negotiation (`cinder-microversions` part 1).

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use super::reply::Reply;
use crate::domain::{Error, Microversion};

pub const HEADER: HeaderName = HeaderName::from_static("openstack-api-version");

/// The header does not name a version we speak.
#[derive(Debug)]
pub struct Refusal {
    pub error: Error,
    /// What the reply's version header says; absent for a malformed one and for 1.0 and 2.0.
    pub echo: Option<HeaderValue>,
}

/// The version a request asks for; 3.0 when it does not ask.
pub fn negotiate(headers: &HeaderMap) -> Result<Microversion, Refusal> {
    if !headers.contains_key(HEADER) {
        return Ok(Microversion::MIN);
    }
    // Said more than once it is one list.
    let said = headers.get_all(HEADER).iter().map(|value| value.to_str());
    let said: Vec<_> =
        said.collect::<Result<_, _>>().map_err(|_| malformed("with bytes that are no text"))?;
    // The first element that contains the word counts, so `volumev3 3.5` does too.
    let element = said.iter().flat_map(|text| text.split(',')).find(|element| element.contains("volume"));
    let element = element.ok_or_else(nothing_for_us)?;
    let mut words = element.split_whitespace();
    let version = match (words.next(), words.next(), words.next()) {
        (Some(_service), Some(version), None) => version,
        _ => return Err(malformed(element)),
    };
    if version == "latest" {
        return Ok(Microversion::MAX);
    }
    match parse(version).ok_or_else(|| malformed(version))? {
        (3, minor) if minor <= u64::from(Microversion::MAX.minor()) => {
            Ok(Microversion::v(u16::try_from(minor).unwrap_or_default()))
        }
        _ => Err(Refusal {
            error: Error::not_acceptable(format!(
                "Version {version} is not supported by the API. Minimum is {} and maximum is {}.",
                Microversion::MIN,
                Microversion::MAX
            )),
            echo: HeaderValue::from_str(&format!("volume {version}")).ok().filter(|_| !looks_legacy(version)),
        }),
    }
}

/// `MajorNum.MinorNum` without leading zeroes. Numbers too large to hold are too large anyway.
fn parse(version: &str) -> Option<(u64, u64)> {
    let (major, minor) = version.split_once('.')?;
    let number = |digits: &str| {
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let canonical = plain && (digits == "0" || !digits.starts_with('0'));
        canonical.then(|| digits.parse().unwrap_or(u64::MAX))
    };
    Some((number(major).filter(|major| *major > 0)?, number(minor)?))
}

/// Cinder leaves its headers off where it takes the version for one of its first two APIs, and it takes every version
/// with these digits in it for one.
fn looks_legacy(version: &str) -> bool {
    version.contains("1.0") || version.contains("2.0")
}

fn nothing_for_us() -> Refusal {
    let message =
        "The server could not comply with the request since it is either malformed or otherwise incorrect.";
    Refusal { error: Error::invalid(message), echo: None }
}

fn malformed(version: &str) -> Refusal {
    let message =
        format!("API Version String {version} is of invalid format. Must be of format MajorNum.MinorNum.");
    Refusal { error: Error::invalid(message), echo: None }
}

static ECHOES: LazyLock<Vec<HeaderValue>> = LazyLock::new(|| {
    (0..=Microversion::MAX.minor())
        .filter_map(|minor| HeaderValue::from_str(&format!("volume 3.{minor}")).ok())
        .collect()
});

/// `volume 3.N`, made once: a clone only counts references.
pub fn echo(version: Microversion) -> Option<HeaderValue> {
    ECHOES.get(usize::from(version.minor())).cloned()
}

/// The version an echo tells.
pub fn of_echo(echo: &str) -> Option<Microversion> {
    let (major, minor) = parse(echo.strip_prefix("volume ")?)?;
    (major == 3).then(|| u16::try_from(minor).ok().map(Microversion::v)).flatten()
}

#[derive(Serialize)]
struct Versions<'a> {
    versions: [Document<'a>; 1],
}

#[derive(Serialize)]
struct Document<'a> {
    id: &'static str,
    status: &'static str,
    version: String,
    min_version: String,
    updated: &'static str,
    links: [Link<'a>; 2],
    #[serde(rename = "media-types")]
    media_types: [MediaType; 1],
}

#[derive(Serialize)]
struct Link<'a> {
    rel: &'static str,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    href: &'a str,
}

#[derive(Serialize)]
struct MediaType {
    base: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// The version document: 300 on `/`, 200 on `/v3/`. `root` is our URL up to before `/v3`.
pub fn document(status: StatusCode, root: &str) -> Reply {
    let href = format!("{root}/v3/");
    let document = Document {
        id: "v3.0",
        status: "CURRENT",
        version: Microversion::MAX.to_string(),
        min_version: Microversion::MIN.to_string(),
        updated: "2023-08-31T00:00:00Z",
        links: [
            Link { rel: "describedby", kind: Some("text/html"), href: "https://docs.openstack.org/" },
            Link { rel: "self", kind: None, href: &href },
        ],
        media_types: [MediaType {
            base: "application/json",
            kind: "application/vnd.openstack.volume+json;version=3",
        }],
    };
    Reply::json(status, &Versions { versions: [document] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ErrorKind;

    fn ask(header: &str) -> Result<Microversion, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_str(header).unwrap());
        negotiate(&headers)
    }

    #[test]
    fn silence_is_the_minimum() {
        assert_eq!(negotiate(&HeaderMap::new()).unwrap(), Microversion::MIN);
    }

    #[test]
    fn understands_what_cinder_understands() {
        for (header, minor) in [
            ("volume 3.55", 55),
            ("volume 3.0", 0),
            ("volume latest", 71),
            ("compute 2.79, volume 3.50", 50),
            ("compute 2.79,volume 3.50", 50),
            ("volumev3 3.5", 5),
        ] {
            assert_eq!(ask(header).unwrap(), Microversion::v(minor), "{header}");
        }
    }

    #[test]
    fn what_is_said_twice_is_one_list() {
        for (first, second, minor) in [
            ("volume 3.5", "volume 3.6", 5),
            ("compute 2.79", "volume 3.6", 6),
            ("volume 3.5", "compute 2.79", 5),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(HEADER, HeaderValue::from_static(first));
            headers.append(HEADER, HeaderValue::from_static(second));
            assert_eq!(negotiate(&headers).unwrap(), Microversion::v(minor), "{first}, {second}");
        }
    }

    #[test]
    fn refuses_what_cinder_refuses() {
        use ErrorKind::{Invalid, NotAcceptable};
        for (header, kind, echo) in [
            ("volume 3.72", NotAcceptable, Some("volume 3.72")),
            ("volume 4.0", NotAcceptable, Some("volume 4.0")),
            ("volume 3.99999999999999999999999", NotAcceptable, Some("volume 3.99999999999999999999999")),
            ("volume 2.0", NotAcceptable, None),
            ("volume 12.0", NotAcceptable, None),
            ("volume 1.9", NotAcceptable, Some("volume 1.9")),
            ("volume 3.0.1", Invalid, None),
            ("volume x", Invalid, None),
            ("volume 3.01", Invalid, None),
            ("volume 0.1", Invalid, None),
            ("volume -3.1", Invalid, None),
            ("volume", Invalid, None),
            ("volume 3.5 x", Invalid, None),
            ("compute 2.1", Invalid, None),
            ("", Invalid, None),
        ] {
            let refusal = ask(header).unwrap_err();
            assert_eq!(refusal.error.kind(), kind, "{header}");
            assert_eq!(refusal.echo.as_ref().map(|e| e.to_str().unwrap()), echo, "{header}");
        }
        let text = ask("volume 3.72").unwrap_err().error.message().to_owned();
        assert_eq!(text, "Version 3.72 is not supported by the API. Minimum is 3.0 and maximum is 3.71.");
    }
}
