//! Checking that what arrived is what the image service says it keeps.

use md5::Md5;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::domain::image::Image;

/// The digest of an image, while its bytes come in.
pub(super) struct Digest {
    expected: String,
    hash: Hash,
}

enum Hash {
    Md5(Md5),
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl Digest {
    /// The strongest that the image has and we know; as Glance's own client, an image without any
    /// is taken as it is.
    pub(super) fn of(image: &Image) -> Option<Self> {
        let strong = image.os_hash_value.as_ref().filter(|value| !value.is_empty()).and_then(|value| {
            let hash = match image.os_hash_algo.as_deref()? {
                "sha256" => Hash::Sha256(Sha256::new()),
                "sha384" => Hash::Sha384(Sha384::new()),
                "sha512" => Hash::Sha512(Sha512::new()),
                "md5" => Hash::Md5(Md5::new()),
                _ => return None,
            };
            Some(Self { expected: value.to_lowercase(), hash })
        });
        let checksum = || {
            let value = image.checksum.as_ref().filter(|value| !value.is_empty())?;
            Some(Self { expected: value.to_lowercase(), hash: Hash::Md5(Md5::new()) })
        };
        strong.or_else(checksum)
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match &mut self.hash {
            Hash::Md5(hash) => hash.update(bytes),
            Hash::Sha256(hash) => hash.update(bytes),
            Hash::Sha384(hash) => hash.update(bytes),
            Hash::Sha512(hash) => hash.update(bytes),
        }
    }

    pub(super) fn matches(self) -> bool {
        let found = match self.hash {
            Hash::Md5(hash) => hex::encode(hash.finalize()),
            Hash::Sha256(hash) => hex::encode(hash.finalize()),
            Hash::Sha384(hash) => hex::encode(hash.finalize()),
            Hash::Sha512(hash) => hex::encode(hash.finalize()),
        };
        found == self.expected
    }
}
