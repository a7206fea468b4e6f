//! `/qos-specs`.

pub mod associations;
pub mod change;
pub mod read;

use serde::Serialize;

use crate::api::links::ItemLinks;
use crate::api::page::NextLink;
use crate::domain::QosSpecsId;
use crate::domain::qos::{QosSpecs, Specs};

#[derive(Serialize)]
struct View<'a> {
    id: QosSpecsId,
    name: &'a str,
    consumer: &'static str,
    specs: &'a Specs,
}

impl<'a> View<'a> {
    fn of(found: &'a QosSpecs) -> Self {
        Self { id: found.id, name: &found.name, consumer: found.consumer.as_str(), specs: &found.specs }
    }
}

/// The links stand beside the specs, not in them.
#[derive(Serialize)]
struct One<'a> {
    qos_specs: View<'a>,
    links: ItemLinks<'a, QosSpecsId>,
}

#[derive(Serialize)]
struct List<'a> {
    qos_specs: Vec<View<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qos_specs_links: Option<[NextLink; 1]>,
}
