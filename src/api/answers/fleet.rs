//! The fleet API. Sizes are bytes, times RFC 3339; what is not known is null.

use super::{Answer, Field, MAYBE_TEXT, MAYBE_UUID, Shape, TEXTS, always, object, sometimes};

static MAYBE_TIME: Shape = Shape::Maybe(&Shape::ZonedTime);

static CAPACITY: Shape = object(&[&[
    always("effective", &Shape::Integer),
    always("provisioned", &Shape::Integer),
    always("reserved", &Shape::Integer),
    always("allocated", &Shape::Integer),
    always("provisioned_ratio", &Shape::Number),
    always("physical_used", &Shape::Integer),
    always("physical_free", &Shape::Integer),
    always("max_replicas", &Shape::Integer),
    always("volumes", &Shape::Integer),
]]);

static MAYBE_CAPACITY: Shape = Shape::Maybe(&CAPACITY);

const BASE: &[Field] = &[
    always("name", &Shape::Text),
    always("registered", &Shape::Boolean),
    always("trouble", &MAYBE_TEXT),
    always("id", &MAYBE_UUID),
    always("state", &Shape::Text),
    always("intent", &MAYBE_TEXT),
    always("capacity", &MAYBE_CAPACITY),
];

const REGISTERED: &str = "The cluster is registered.";
const REGISTRATION: &[Field] = &[
    sometimes("endpoints", &Shape::List(&Shape::Text), REGISTERED),
    sometimes("credentials", &Shape::OneOf(&["none", "jwt-file", "rsa-key"]), REGISTERED),
    sometimes("tls", &Shape::OneOf(&["verify", "verify-ca-file", "insecure"]), REGISTERED),
];

const KNOWN: &str = "The cluster is registered or has been reached.";
const LIMITS: &[Field] = &[
    sometimes("availability_zone", &Shape::Text, KNOWN),
    sometimes("labels", &TEXTS, KNOWN),
    sometimes("max_over_subscription_ratio", &Shape::Number, KNOWN),
    sometimes("max_physical_used_percent", &Shape::Integer, KNOWN),
    sometimes("default_replicas", &Shape::Integer, KNOWN),
    sometimes("default_compression", &Shape::Boolean, KNOWN),
    sometimes("tenancy", &Shape::OneOf(&["fixed", "per-project"]), KNOWN),
    sometimes("project", &MAYBE_TEXT, KNOWN),
];

const MET: &str = "The cluster has been reached.";
const STATE: &[Field] = &[
    sometimes("host", &Shape::Text, MET),
    sometimes("state_reason", &MAYBE_TEXT, MET),
    sometimes("state_since", &Shape::ZonedTime, MET),
    sometimes("intent_reason", &MAYBE_TEXT, MET),
    sometimes("intent_by", &MAYBE_TEXT, MET),
    sometimes("intent_at", &Shape::ZonedTime, MET),
    sometimes("polled_at", &MAYBE_TIME, MET),
    sometimes("version", &MAYBE_TEXT, MET),
    sometimes("health", &MAYBE_TEXT, MET),
    sometimes("subsystem_nqn", &MAYBE_TEXT, MET),
    sometimes("nodes", &Shape::Integer, MET),
    sometimes("nodes_active", &Shape::Integer, MET),
    sometimes("foreign_volumes", &Shape::Integer, MET),
    sometimes("missing_volumes", &Shape::Integer, MET),
];

static CLUSTER: Shape = object(&[BASE, REGISTRATION, LIMITS, STATE]);
static OURS: Shape = object(&[&[
    always("volumes", &Shape::Integer),
    always("snapshots", &Shape::Integer),
    always("operations", &Shape::Integer),
]]);
const COUNTS: &[Field] = &[always("ours", &OURS)];

static FILE: Shape = object(&[&[
    always("file", &Shape::Text),
    always("epoch", &Shape::Integer),
    always("trouble", &MAYBE_TEXT),
]]);

pub static LIST: Answer =
    Answer::Json(&object(&[&[always("clusters", &Shape::List(&CLUSTER)), always("registrations", &FILE)]]));
pub static ONE: Answer = Answer::Json(&object(&[&[always("cluster", &CLUSTER)]]));
pub static SHOW: Answer =
    Answer::Json(&object(&[&[always("cluster", &object(&[BASE, REGISTRATION, LIMITS, STATE, COUNTS]))]]));

static MAYBE_INTEGER: Shape = Shape::Maybe(&Shape::Integer);
static ASKED: Shape = object(&[&[
    always("bytes", &Shape::Integer),
    always("replicas", &MAYBE_INTEGER),
    always("availability_zone", &MAYBE_TEXT),
]]);
static VERDICT: Shape = object(&[&[
    always("cluster", &Shape::Text),
    always("cluster_id", &Shape::Uuid),
    always("verdict", &Shape::OneOf(&["chosen", "fits", "refused"])),
    always("ratio", &Shape::Maybe(&Shape::Number)),
    always("why", &Shape::Text),
]]);
static PLACEMENT: Shape = object(&[&[
    always("volume_id", &Shape::Uuid),
    always("decided_at", &Shape::ZonedTime),
    always("summary", &Shape::Text),
    always("asked", &ASKED),
    always("verdicts", &Shape::List(&VERDICT)),
    // As it was stored; for programs that know the release.
    always("decision", &Shape::Map(&Shape::Anything)),
]]);
pub static EXPLANATION: Answer = Answer::Json(&object(&[&[always("placement", &PLACEMENT)]]));
