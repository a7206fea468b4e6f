//! Bodies of the actions that copy between a volume and the image service.

use super::{Format, Null, Schema, closed, formatted, optional, required, text};

static BOOLEAN: Schema = Schema::Boolean(Null::Refused);
static NAME: Schema = text(1, 255, Null::Refused);
static CONTAINER: Schema = formatted(Format::Printable, Null::Allowed);
static DISK: Schema = Schema::OneOf(&["raw", "vmdk", "vdi", "qcow2", "vhd", "vhdx", "ploop"], Null::Refused);
static VISIBILITY: Schema = Schema::OneOf(&["community", "public", "private", "shared"], Null::Refused);
static UUID: Schema = formatted(Format::Uuid, Null::Refused);

static IMAGE: Schema = closed(&[
    required("image_name", &NAME),
    optional("force", &BOOLEAN),
    optional("disk_format", &DISK),
    optional("container_format", &CONTAINER),
    optional("visibility", &VISIBILITY).since(1),
    optional("protected", &BOOLEAN).since(1),
]);
pub static UPLOAD: Schema = closed(&[required("os-volume_upload_image", &IMAGE)]);

static REIMAGE_FIELDS: Schema =
    closed(&[required("image_id", &UUID), optional("reimage_reserved", &BOOLEAN)]);
pub static REIMAGE: Schema = closed(&[required("os-reimage", &REIMAGE_FIELDS)]);
