//! Bodies of the migration actions.

use super::{Format, Null, Schema, closed, formatted, optional, required, required_below, text};

static BOOLEAN: Schema = Schema::Boolean(Null::Refused);
static SHORT: Schema = text(0, 255, Null::Allowed);
static UUID: Schema = formatted(Format::Uuid, Null::Refused);
static FLAG: Schema = Schema::Of(&["string", "null", "boolean"]);

static TARGET: Schema = closed(&[
    required_below(16, "host", &SHORT),
    optional("force_host_copy", &BOOLEAN),
    optional("lock_volume", &BOOLEAN),
    optional("cluster", &SHORT).since(16),
]);
pub static MIGRATE: Schema = closed(&[required("os-migrate_volume", &TARGET)]);

static OUTCOME: Schema = closed(&[required("new_volume", &UUID), optional("error", &FLAG)]);
pub static COMPLETION: Schema = closed(&[required("os-migrate_volume_completion", &OUTCOME)]);
