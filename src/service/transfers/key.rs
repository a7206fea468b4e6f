//! The key of an offer. It is random and long, so one round of a salted hash is enough to keep
//! whoever reads the database from taking volumes.

use rand::RngExt as _;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

/// What a new offer keeps of its key, and the key itself, which is shown once.
pub(super) struct NewKey {
    pub(super) salt: String,
    pub(super) hash: String,
    pub(super) key: SecretString,
}

/// Sixteen hexadecimal digits, as Cinder's are unless configured otherwise.
pub(super) fn generate() -> NewKey {
    let salt = hex::encode(rand::rng().random::<[u8; 16]>());
    let key = SecretString::from(hex::encode(rand::rng().random::<[u8; 8]>()));
    NewKey { hash: hash(&salt, &key), salt, key }
}

pub(super) fn hash(salt: &str, key: &SecretString) -> String {
    let mut digest = Sha256::new();
    digest.update(salt.as_bytes());
    digest.update([0]);
    digest.update(key.expose_secret().as_bytes());
    hex::encode(digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_itself_is_recognised() {
        let (one, other) = (generate(), generate());
        assert_eq!(one.key.expose_secret().len(), 16);
        assert_eq!(hash(&one.salt, &one.key), one.hash);
        assert_ne!(hash(&one.salt, &other.key), one.hash);
        assert_ne!(hash(&other.salt, &one.key), one.hash);
    }
}
