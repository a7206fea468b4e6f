//! QoS specs.

use super::{Answer, LINKS, MAYBE_TEXT, Shape, always, next, object};
use crate::api::schema::type_parts as bodies;

static NULLABLE: Shape = Shape::Map(&MAYBE_TEXT);
static SPECS: Shape = object(&[&[
    always("id", &Shape::Uuid),
    always("name", &Shape::Text),
    always("consumer", &Shape::OneOf(&["front-end", "back-end", "both"])),
    always("specs", &NULLABLE),
]]);
pub static LIST: Answer =
    Answer::Json(&object(&[&[always("qos_specs", &Shape::List(&SPECS)), next("qos_specs_links")]]));
/// The links stand beside the specs.
pub static SHOW: Answer = Answer::Json(&object(&[&[always("qos_specs", &SPECS), always("links", &LINKS)]]));
pub static UPDATED: Answer = Answer::Json(&Shape::Echo(&bodies::QOS_UPDATE));

static ASSOCIATION: Shape = object(&[&[
    always("association_type", &Shape::OneOf(&["volume_type"])),
    always("name", &Shape::Text),
    always("id", &Shape::Uuid),
]]);
pub static ASSOCIATIONS: Answer =
    Answer::Json(&object(&[&[always("qos_associations", &Shape::List(&ASSOCIATION))]]));
