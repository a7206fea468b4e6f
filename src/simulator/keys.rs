//! The RSA key whose public half the cluster knows as credential `system:root`, and the tokens
//! that an installer leaves behind (`lightbits-api` §1.2).

use std::path::{Path, PathBuf};

use anyhow::Context;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::json;

use super::files::{self, Audience};
use super::model::{Credential, Record};
use crate::domain::Timestamp;

/// `kid` of the tokens made here.
pub const ROOT_KID: &str = "system:root";
const YEAR: i64 = 365 * 24 * 3600;

/// Where the secrets lie; every file is readable by its owner only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFiles {
    /// Private RSA key, PKCS #8 PEM; sign with it under the kid [`ROOT_KID`].
    pub root_key: PathBuf,
    /// A JWT of the role `system:cluster-admin`.
    pub system_jwt: PathBuf,
    /// A JWT of the role `default:admin`.
    pub default_admin_jwt: PathBuf,
}

/// Makes the key if there is none and fresh tokens; gives the credential to install.
pub fn prepare(dir: &Path, now: Timestamp) -> anyhow::Result<(KeyFiles, Record)> {
    let files = KeyFiles {
        root_key: dir.join("root-key.pem"),
        system_jwt: dir.join("system-jwt"),
        default_admin_jwt: dir.join("default-admin-jwt"),
    };
    let make = || Ok(KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?.serialize_pem());
    let pem = files::read_or_make(&files.root_key, Audience::Owner, make)?;
    let pair = KeyPair::from_pem(&pem).context("damaged root-key.pem")?;
    for (path, role) in
        [(&files.system_jwt, "system:cluster-admin"), (&files.default_admin_jwt, "default:admin")]
    {
        files::replace(path, sign(&pem, ROOT_KID, &[role], now)?.as_bytes(), Audience::Owner)?;
    }
    let credential = Credential {
        project: "system".to_owned(),
        id: "root".to_owned(),
        kind: "RS256PubKey".to_owned(),
        payload: pair.public_key_pem(),
    };
    Ok((files, Record::Credential(credential)))
}

fn sign(pem: &str, kid: &str, roles: &[&str], now: Timestamp) -> anyhow::Result<String> {
    let issued = now.to_utc().timestamp();
    let claims = json!({
        "sub": "lightos-client", "iss": "hearth-sim", "roles": roles,
        "iat": issued, "exp": issued + YEAR, "jti": uuid::Uuid::new_v4(),
    });
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::RS256) };
    Ok(jsonwebtoken::encode(&header, &claims, &EncodingKey::from_rsa_pem(pem.as_bytes())?)?)
}
