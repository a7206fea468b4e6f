//! What a volume type says about encryption. The key would come from a key manager; without one
//! a volume of such a type is refused (`service::volumes`).

use super::{Timestamp, VolumeTypeId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeEncryption {
    pub volume_type_id: VolumeTypeId,
    pub encryption_id: uuid::Uuid,
    /// `luks`, `luks2`, or the path of a class.
    pub provider: String,
    /// `front-end` or `back-end`.
    pub control_location: String,
    pub cipher: Option<String>,
    /// Bits.
    pub key_size: Option<i64>,
    pub created_at: Timestamp,
    pub updated_at: Option<Timestamp>,
}

/// What a request says; absent stays, `Some(None)` is null.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EncryptionFields {
    pub provider: Option<String>,
    pub control_location: Option<String>,
    pub cipher: Option<Option<String>>,
    pub key_size: Option<Option<i64>>,
}

impl TypeEncryption {
    /// Takes over what was said.
    pub fn change(&mut self, fields: &EncryptionFields) {
        let said = fields.clone();
        self.provider = said.provider.unwrap_or_else(|| self.provider.clone());
        self.control_location = said.control_location.unwrap_or_else(|| self.control_location.clone());
        self.cipher = said.cipher.unwrap_or_else(|| self.cipher.clone());
        self.key_size = said.key_size.unwrap_or(self.key_size);
    }
}
