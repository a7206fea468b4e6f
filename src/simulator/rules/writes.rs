//! Writes to a volume, as the data path reports them: which bytes, not what.

use uuid::Uuid;

use super::{Moment, protection};
use crate::simulator::model::Record;
use crate::simulator::model::extents::BLOCK;
use crate::simulator::refusal::{Refusal, Result};

/// Bytes `offset..offset + length`, widened to whole blocks.
pub fn write(at: &Moment<'_>, volume: Uuid, offset: u64, length: u64) -> Result<Vec<Record>> {
    let volume = at.tables.volumes.get(&volume).ok_or_else(|| Refusal::not_found("no such volume"))?;
    let layer = volume.layer.ok_or_else(|| Refusal::precondition("the volume has no place yet"))?;
    if !protection::of(at, volume).is_writable() {
        return Err(Refusal::precondition("the volume cannot be written now"));
    }
    let end = offset.checked_add(length).filter(|end| *end <= volume.size);
    let end = end.ok_or_else(|| Refusal::invalid("the write is beyond the end of the volume"))?;
    Ok(vec![Record::Written { layer, from: offset / BLOCK, to: end.div_ceil(BLOCK) }])
}
