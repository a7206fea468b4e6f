use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::nova::Interface;
use super::{Period, Problem, anchor};

/// What becomes of images that somebody has signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Signatures {
    /// They are refused: nobody is here who could verify them.
    #[default]
    Enabled,
    /// They are taken like any other.
    Disabled,
}

/// Whether a volume is there for callers is asked with their own token; what is copied is copied
/// with the account of `[keystone]`, which needs the role `admin` for that.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Glance {
    /// Which of its addresses in the catalogue: `public`, `internal` or `admin`.
    pub interface: Interface,
    /// Its region, where the catalogue has several.
    pub region_name: Option<String>,
    /// Its URL (without `/v2`), instead of the catalogue's. The only way to it without a Keystone.
    pub endpoint_override: Option<String>,
    /// How long Glance may be silent, in a call or in the middle of an image.
    pub timeout: Period,
    /// How often a copy is begun again when Glance cannot be reached or breaks off.
    pub num_retries: u32,
    /// Folder for images that are not raw while they are read: they are checked as a whole before
    /// any of it is believed. It must hold as many as are copied at once. Unset: the system's
    /// folder for temporary files.
    pub image_conversion_dir: Option<PathBuf>,
    /// What becomes of signed images: `enabled` refuses them, as hearth cannot verify signatures;
    /// `disabled` takes them unverified.
    pub verify_glance_signatures: Signatures,
    /// Let volumes be uploaded while they are attached, when `force` is asked for.
    pub enable_force_upload: bool,
}

impl Default for Glance {
    fn default() -> Self {
        Self {
            interface: Interface::default(),
            region_name: None,
            endpoint_override: None,
            timeout: Period::seconds(60),
            num_retries: 10,
            image_conversion_dir: None,
            verify_glance_signatures: Signatures::default(),
            enable_force_upload: false,
        }
    }
}

impl Glance {
    /// `endpoint_override` as a URL.
    pub fn endpoint(&self) -> Option<url::Url> {
        let url = url::Url::parse(self.endpoint_override.as_deref()?).ok()?;
        matches!(url.scheme(), "http" | "https").then_some(url)
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if self.endpoint_override.is_some() && self.endpoint().is_none() {
            problems.push(Problem::of("glance.endpoint_override", "must be an http or https URL"));
        }
        if self.timeout.0.is_zero() {
            problems.push(Problem::of("glance.timeout", "must be more than nothing"));
        }
    }

    pub(super) fn anchor(&mut self, folder: &Path) {
        if let Some(dir) = &mut self.image_conversion_dir {
            anchor(dir, folder);
        }
    }
}
