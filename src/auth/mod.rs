//! Who is asking, and may they?
//!
//! `Authenticator` turns the tokens of a request into an `Identity` (Keystone, or no-auth for
//! trying things out); `Policy` speaks the oslo.policy language and answers whether that caller
//! may do what it asks. Nothing here knows HTTP of our own side: headers come in as `&str`, and
//! errors leave as `domain::Error` of kind `Unauthenticated`, `Forbidden` or `Unavailable`.

mod access_rules;
mod authenticator;
mod identity;
pub mod keystone;
mod noauth;
pub mod policy;
mod token_cache;

pub use authenticator::{AuthHeaders, Authenticator};
pub use identity::{Identity, IsAdmin, RequestFacts};
pub use keystone::KeystoneSettings;
pub use policy::{Policy, Target};
