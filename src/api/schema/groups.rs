//! Bodies of groups, group types and group snapshots, and of the legacy consistency groups.

use super::bodies::{BOOLEAN, EXTRA_SPEC_UPDATE, MAYBE_METADATA, PLAIN_NAME, PRINTABLE, SPECS, TYPE_NAME};
use super::{Schema, closed, optional, required};

// Types and specs.

static NEW_TYPE: Schema = closed(&[
    required("name", &TYPE_NAME),
    optional("description", &PRINTABLE),
    optional("is_public", &BOOLEAN),
    optional("group_specs", &MAYBE_METADATA),
]);
pub static TYPE_CREATE: Schema = closed(&[required("group_type", &NEW_TYPE)]);
static TYPE_CHANGES: Schema = closed(&[
    optional("name", &PLAIN_NAME),
    optional("description", &PRINTABLE),
    optional("is_public", &BOOLEAN),
]);
pub static TYPE_UPDATE: Schema = closed(&[required("group_type", &TYPE_CHANGES)]);
pub static SPECS_CREATE: Schema = closed(&[required("group_specs", &SPECS)]);
pub static SPEC_UPDATE: &Schema = &EXTRA_SPEC_UPDATE;
