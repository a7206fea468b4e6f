//! Attachments, and what the old way of attaching gives back.

use super::{Answer, Field, MAYBE_TEXT, Shape, always, object, sometimes};

const BASE: &[Field] = &[
    always("id", &Shape::Uuid),
    always("status", &Shape::Text),
    always("instance", &MAYBE_TEXT),
    always("volume_id", &Shape::Uuid),
];

static NODE: Shape = object(&[&[
    always("target_portal", &Shape::Text),
    always("target_port", &Shape::Integer),
    always("transport_type", &Shape::Text),
]]);

static NODES: Shape = Shape::Map(&NODE);
const CONNECTED: &str = "A host is connected.";

/// What os-brick's connector for Lightbits takes.
const DATA: &[Field] = &[
    sometimes("lightos_nodes", &NODES, CONNECTED),
    sometimes("uuid", &Shape::Uuid, CONNECTED),
    sometimes("subsysnqn", &Shape::Text, CONNECTED),
    sometimes("encrypted", &Shape::Boolean, CONNECTED),
    sometimes("qos_specs", &Shape::Maybe(&Shape::Map(&Shape::Anything)), CONNECTED),
    sometimes("access_mode", &MAYBE_TEXT, CONNECTED),
    sometimes("cacheable", &Shape::Boolean, CONNECTED),
];
const FLAT: &[Field] = &[
    sometimes("driver_volume_type", &Shape::Text, CONNECTED),
    sometimes("enforce_multipath", &Shape::Boolean, CONNECTED),
    sometimes("attachment_id", &Shape::Uuid, CONNECTED),
];
/// `attached_at` and `detached_at` are empty texts before.
static MAYBE_EMPTY_TIME: Shape = Shape::Either(&[&Shape::Time, &Shape::OneOf(&[""])]);
const MORE: &[Field] = &[
    always("attached_at", &MAYBE_EMPTY_TIME),
    always("detached_at", &MAYBE_EMPTY_TIME),
    always("attach_mode", &Shape::Text),
    always("connection_info", &Shape::Maybe(&object(&[FLAT, DATA]))),
];

static SUMMARY: Shape = object(&[BASE]);
static ATTACHMENT: Shape = object(&[BASE, MORE]);

/// Also what a deletion gives back: those that are left.
pub static LIST: Answer = Answer::Json(&object(&[&[always("attachments", &Shape::List(&SUMMARY))]]));
pub static DETAIL: Answer = Answer::Json(&object(&[&[always("attachments", &Shape::List(&ATTACHMENT))]]));
pub static SHOW: Answer = Answer::Json(&object(&[&[always("attachment", &ATTACHMENT)]]));

/// The old form says it twice, as Cinder does.
const WITH_MULTIPATH: &[Field] = &[sometimes("enforce_multipath", &Shape::Boolean, CONNECTED)];
static INFO: Shape = object(&[&[
    always("driver_volume_type", &Shape::Text),
    always("data", &object(&[DATA, WITH_MULTIPATH])),
    always("enforce_multipath", &Shape::Boolean),
]]);
pub static CONNECTION: Answer = Answer::Json(&object(&[&[always("connection_info", &INFO)]]));
