//! A certificate authority of the cluster's own, kept in its folder, and a leaf for this run
//! that names every node's address.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use rustls::ServerConfig;
use rustls_pki_types::PrivateKeyDer;

use super::files::{self, Audience};

pub struct Certificates {
    pub ca: PathBuf,
    pub tls: Arc<ServerConfig>,
}

pub fn prepare(dir: &Path, name: &str, addresses: &[IpAddr]) -> anyhow::Result<Certificates> {
    let make_key = || Ok(KeyPair::generate()?.serialize_pem());
    let ca_key =
        KeyPair::from_pem(&files::read_or_make(&dir.join("ca-key.pem"), Audience::Owner, make_key)?)?;
    let ca = dir.join("ca.pem");
    files::read_or_make(&ca, Audience::Everybody, || Ok(authority(name).self_signed(&ca_key)?.pem()))?;

    let key = KeyPair::generate()?;
    let leaf = leaf(name, addresses).signed_by(&key, &Issuer::new(authority(name), ca_key))?;
    let private = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], private)?;
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Certificates { ca, tls: Arc::new(tls) })
}

/// The same for the same name, so that the kept certificate and the issuer of this run agree.
fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, format!("{name} simulated cluster CA"));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn leaf(name: &str, addresses: &[IpAddr]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.subject_alt_names = addresses.iter().copied().map(SanType::IpAddress).collect();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params
}
