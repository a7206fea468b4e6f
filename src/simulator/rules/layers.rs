//! Freezing, branching and releasing layers (see `model::extents` for the idea).

use uuid::Uuid;

use crate::simulator::model::{Layer, Record, Tables};

/// A fresh open layer above `parent`.
pub fn above(parent: &Layer, nodes: &[Uuid], stored_percent: u32) -> Layer {
    Layer { parent: Some(parent.uuid), ..root(nodes, stored_percent) }
}

/// A fresh open layer above nothing.
pub fn root(nodes: &[Uuid], stored_percent: u32) -> Layer {
    Layer {
        uuid: Uuid::new_v4(),
        parent: None,
        held: true,
        nodes: nodes.to_vec(),
        stored_percent,
        extents: Default::default(),
        files: Vec::new(),
    }
}

/// The owner of a layer is gone. What nobody stands on is freed; what only one stands on is
/// folded into it; what several stand on stays until they are fewer.
pub fn release(tables: &Tables, layer: Uuid) -> Vec<Record> {
    let Some(old) = tables.layers.get(&layer) else { return Vec::new() };
    let children: Vec<Uuid> = tables.layers_above(layer).collect();
    match children.as_slice() {
        [] => {
            let mut records = vec![Record::LayerGone(layer)];
            records.extend(old.parent.map(|parent| settle_parent(tables, parent, layer)).unwrap_or_default());
            records
        }
        [only] => fold(tables, old, *only),
        _ => vec![Record::Layer(Box::new(Layer { held: false, ..old.clone() }))],
    }
}

/// `gone` stood on `parent`; if nobody owns that one and one other layer is left on it, fold.
fn settle_parent(tables: &Tables, parent: Uuid, gone: Uuid) -> Vec<Record> {
    let Some(parent) = tables.layers.get(&parent).filter(|layer| !layer.held) else { return Vec::new() };
    let left: Vec<Uuid> = tables.layers_above(parent.uuid).filter(|layer| *layer != gone).collect();
    match left.as_slice() {
        [] => vec![Record::LayerGone(parent.uuid)],
        [only] => fold(tables, parent, *only),
        _ => Vec::new(),
    }
}

fn fold(tables: &Tables, lower: &Layer, upper: Uuid) -> Vec<Record> {
    let mut records = Vec::new();
    if let Some(upper) = tables.layers.get(&upper) {
        let mut merged = Layer { parent: lower.parent, ..upper.clone() };
        merged.absorb(lower);
        records.push(Record::Layer(Box::new(merged)));
    }
    records.push(Record::LayerGone(lower.uuid));
    records
}

/// A layer and everything below it, top first.
pub fn chain(tables: &Tables, top: Option<Uuid>) -> impl Iterator<Item = &Layer> {
    std::iter::successors(top.and_then(|uuid| tables.layers.get(&uuid)), |layer| {
        tables.layers.get(&layer.parent?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(tables: &mut Tables, parent: Option<Uuid>, blocks: std::ops::Range<u64>) -> Uuid {
        let mut layer = Layer { parent, ..root(&[Uuid::nil()], 100) };
        layer.extents.insert(blocks.start, blocks.end);
        let uuid = layer.uuid;
        tables.apply(Record::Layer(Box::new(layer)));
        uuid
    }
    fn free(tables: &mut Tables, layer: Uuid) {
        release(tables, layer).into_iter().for_each(|record| tables.apply(record));
    }
    fn stored(tables: &Tables) -> u64 {
        tables.usage.stored.values().sum::<u64>() / 4096
    }

    #[test]
    fn what_one_stands_on_is_folded_into_it() {
        let mut tables = Tables::default();
        let bottom = put(&mut tables, None, 0..10);
        let top = put(&mut tables, Some(bottom), 5..15);
        assert_eq!(stored(&tables), 20);
        free(&mut tables, bottom);
        assert_eq!(stored(&tables), 15);
        assert_eq!(tables.layers[&top].parent, None);
        free(&mut tables, top);
        assert_eq!((stored(&tables), tables.layers.len()), (0, 0));
    }

    #[test]
    fn what_several_stand_on_waits_for_the_last_but_one() {
        let mut tables = Tables::default();
        let bottom = put(&mut tables, None, 0..10);
        let one = put(&mut tables, Some(bottom), 0..5);
        let two = put(&mut tables, Some(bottom), 10..12);
        free(&mut tables, bottom);
        assert_eq!(stored(&tables), 17);
        free(&mut tables, one);
        assert_eq!(stored(&tables), 12);
        assert_eq!(chain(&tables, Some(two)).count(), 1);
        free(&mut tables, two);
        assert!(tables.layers.is_empty());
    }
}
