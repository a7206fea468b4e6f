//! From a registration to a client.

use super::registrations::{Credentials, Registration, Tls};
use super::settings::Settings;
use crate::domain::{Clock, ClusterId};
use crate::lightbits::{self, Endpoint, RsaKey, TlsTrust};

/// Contacts nobody.
///
/// # Errors
/// In words: a CA file that cannot be read, an endpoint that is none.
pub(super) fn connect(
    registration: &Registration,
    known: Option<ClusterId>,
    settings: &Settings,
    clock: Clock,
) -> Result<lightbits::Cluster, String> {
    let endpoints: Result<Vec<Endpoint>, _> = registration.endpoints.iter().map(|e| e.parse()).collect();
    let endpoints = endpoints.map_err(|error| error.to_string())?;
    warn_if_exposed(registration);
    let settings = lightbits::Settings {
        name: registration.name.clone(),
        endpoints,
        expected_uuid: registration.uuid.or(known),
        credentials: match &registration.credentials {
            Credentials::None => lightbits::Credentials::None,
            Credentials::Jwt { file } => lightbits::Credentials::JwtFile(file.clone()),
            Credentials::RsaKey { file, key_id, subject, roles } => lightbits::Credentials::RsaKey(RsaKey {
                path: file.clone(),
                kid: key_id.clone(),
                subject: subject.clone(),
                roles: roles.clone(),
            }),
        },
        tls: match &registration.tls {
            Tls::Verify { ca_file: None } => TlsTrust::PlatformRoots,
            Tls::Verify { ca_file: Some(file) } => TlsTrust::File(file.clone()),
            Tls::Insecure => TlsTrust::InsecureSkipVerify,
        },
        timeouts: settings.timeouts,
        lanes: settings.lanes,
    };
    lightbits::Cluster::new(settings, clock).map_err(|error| error.to_string())
}

/// Not refused: a mounted Kubernetes secret is readable by all in its container by default.
fn warn_if_exposed(registration: &Registration) {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(file) = registration.credentials.file() else { return };
    let open = std::fs::metadata(file).is_ok_and(|found| found.permissions().mode() & 0o004 != 0);
    if open {
        tracing::warn!(
            cluster = %registration.name, file = %file.display(),
            "this credential can be read by everybody on the host; run chmod o-r"
        );
    }
}

/// Whether a client made for one still serves the other.
pub(super) fn same_connection(a: &Registration, b: &Registration) -> bool {
    a.name == b.name && a.endpoints == b.endpoints && a.credentials == b.credentials && a.tls == b.tls
}
