//! Transfers, under both paths.

use super::{Answer, Field, LINKS, MAYBE_TEXT, Shape, always, next, object};

const BASE: &[Field] = &[
    always("id", &Shape::Uuid),
    always("volume_id", &Shape::Uuid),
    always("name", &MAYBE_TEXT),
    always("links", &LINKS),
];
const MORE: &[Field] = &[
    always("created_at", &Shape::Time),
    always("no_snapshots", &Shape::Boolean).since(55),
    always("destination_project_id", &MAYBE_TEXT).since(57),
    always("source_project_id", &MAYBE_TEXT).since(57),
    always("accepted", &Shape::Boolean).since(57),
];
/// Told once.
const KEY: &[Field] = &[always("auth_key", &Shape::Text)];

static SUMMARY: Shape = object(&[BASE]);
static TRANSFER: Shape = object(&[BASE, MORE]);

pub static LIST: Answer =
    Answer::Json(&object(&[&[always("transfers", &Shape::List(&SUMMARY)), next("transfers_links")]]));
pub static DETAIL: Answer =
    Answer::Json(&object(&[&[always("transfers", &Shape::List(&TRANSFER)), next("transfers_links")]]));
pub static SHOW: Answer = Answer::Json(&object(&[&[always("transfer", &TRANSFER)]]));
pub static CREATED: Answer = Answer::Json(&object(&[&[always("transfer", &object(&[BASE, MORE, KEY]))]]));
pub static ACCEPTED: Answer = Answer::Json(&object(&[&[always("transfer", &SUMMARY)]]));
