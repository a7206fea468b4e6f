//! Images of Glance, and copying between them and volumes.
//!
//! Whether a caller may use an image is Glance's to say, so the API asks it with the caller's own
//! token, at once. The copy comes later, perhaps in another process and after that token has
//! expired, so it is made with the gateway's own account; tokens of users are never written down.
//!
//! | file | idea |
//! |---|---|
//! | `glance` | the calls to Glance |
//! | `wire` | images as Glance has them |
//! | `format` | what the bytes of an image are, whatever it says of itself |
//! | `digest` | whether they are the bytes that Glance keeps |
//! | `pour` | from an image onto a disk |
//! | `sink` | writing a disk from its beginning to its end, without its zeroes |
//! | `unpack` | reading qcow2 |
//! | `draw` | from a disk into an image |

mod digest;
mod draw;
mod format;
mod glance;
mod pour;
mod sink;
mod spool;
mod unpack;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

pub use crate::auth::keystone::Caller;
pub use draw::draw;
pub use glance::{Download, Glance, Missed};
pub use pour::{Failed, pour};
pub use sink::Ground;

/// What is to be known of the configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long Glance may be silent.
    pub patience: Duration,
    /// How often a copy is begun again.
    pub retries: u32,
    /// Where images that are not raw are kept while they are read; `None`: the system's folder.
    pub conversion_dir: Option<PathBuf>,
    pub signatures: Signatures,
    pub force_upload: ForceUpload,
}

/// What becomes of signed images, which nobody here can verify.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Signatures {
    #[default]
    Refused,
    Ignored,
}

/// `enable_force_upload`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ForceUpload {
    #[default]
    Ignored,
    Allowed,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(60),
            retries: 10,
            conversion_dir: None,
            signatures: Signatures::default(),
            force_upload: ForceUpload::default(),
        }
    }
}
