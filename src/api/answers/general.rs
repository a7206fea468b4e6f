//! What belongs to no resource: extensions, messages, filters, the version document, health.

use super::{Answer, LINKS, Shape, always, next, object, sometimes};

static EXTENSION: Shape = object(&[&[
    always("name", &Shape::Text),
    always("alias", &Shape::Text),
    always("description", &Shape::Text),
    always("updated", &Shape::Text),
    always("links", &Shape::List(&Shape::Anything)),
]]);
pub static EXTENSIONS: Answer = Answer::Json(&object(&[&[always("extensions", &Shape::List(&EXTENSION))]]));
pub static ONE_EXTENSION: Answer = Answer::Json(&object(&[&[always("extension", &EXTENSION)]]));

static FILTERS: Shape =
    object(&[&[always("resource", &Shape::Text), always("filters", &Shape::List(&Shape::Text))]]);
pub static RESOURCE_FILTERS: Answer =
    Answer::Json(&object(&[&[always("resource_filters", &Shape::List(&FILTERS))]]));

const ABOUT: &str = "The message is about a resource.";
static MESSAGE: Shape = object(&[&[
    always("id", &Shape::Uuid),
    always("event_id", &Shape::Text),
    always("user_message", &Shape::Text),
    always("message_level", &Shape::Text),
    always("created_at", &Shape::Time),
    always("guaranteed_until", &Shape::Time),
    always("request_id", &Shape::Text),
    always("links", &LINKS),
    sometimes("resource_type", &Shape::Text, ABOUT),
    sometimes("resource_uuid", &Shape::Text, ABOUT),
]]);
pub static MESSAGES: Answer =
    Answer::Json(&object(&[&[always("messages", &Shape::List(&MESSAGE)), next("messages_links")]]));
pub static ONE_MESSAGE: Answer = Answer::Json(&object(&[&[always("message", &MESSAGE)]]));

static LINK: Shape = object(&[&[
    always("rel", &Shape::Text),
    sometimes("type", &Shape::Text, "The link leads to a page."),
    always("href", &Shape::Text),
]]);
static MEDIA_TYPE: Shape = object(&[&[always("base", &Shape::Text), always("type", &Shape::Text)]]);
static VERSION: Shape = object(&[&[
    always("id", &Shape::Text),
    always("status", &Shape::Text),
    always("version", &Shape::Text),
    always("min_version", &Shape::Text),
    always("updated", &Shape::Text),
    always("links", &Shape::List(&LINK)),
    always("media-types", &Shape::List(&MEDIA_TYPE)),
]]);
pub static VERSIONS: Shape = object(&[&[always("versions", &Shape::List(&VERSION))]]);

pub static HEALTH: Shape =
    object(&[&[always("detailed", &Shape::Boolean), always("reasons", &Shape::List(&Shape::Text))]]);
