//! Request bodies of transfers.

use super::{Format, Null, Schema, closed, formatted, optional, required};

static UUID: Schema = formatted(Format::Uuid, Null::Refused);
static NAME: Schema = formatted(Format::StrippedName, Null::Allowed);
static BOOLEAN: Schema = Schema::Boolean(Null::Refused);
/// Whoever types a key of digits may leave out the quotes.
static KEY: Schema = Schema::Of(&["string", "integer"]);

static OLD_TRANSFER: Schema = closed(&[required("volume_id", &UUID), optional("name", &NAME)]);
pub static OLD_CREATE: Schema = closed(&[required("transfer", &OLD_TRANSFER)]);

static NEW_TRANSFER: Schema = closed(&[
    required("volume_id", &UUID),
    optional("name", &NAME),
    optional("no_snapshots", &BOOLEAN).since(55),
]);
pub static CREATE: Schema = closed(&[required("transfer", &NEW_TRANSFER)]);

static AUTH_KEY: Schema = closed(&[required("auth_key", &KEY)]);
pub static ACCEPT: Schema = closed(&[required("accept", &AUTH_KEY)]);
