//! Who is connected. A controller is made by the Connect command of an admin queue and goes with
//! that connection; the I/O queues that name it go with it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::events::Told;
use crate::nvme::command::property;

/// Controllers of all nodes together.
const MOST: usize = 4096;
/// Entries of a queue, less one.
pub const MAX_QUEUE: u16 = 127;
const VERSION: u64 = 0x0001_0400;
/// CAP: queues are contiguous, ready within 10 s, the NVM command set.
const CAPABILITIES: u64 = MAX_QUEUE as u64 | 1 << 16 | 20 << 24 | 1 << 37;

#[derive(Debug)]
pub struct Controller {
    pub id: u16,
    pub node: u16,
    pub host: String,
    pub end: CancellationToken,
    configuration: Mutex<u32>,
    /// What the host has been told of changes.
    pub told: Mutex<Told>,
}

impl Controller {
    fn configuration(&self) -> MutexGuard<'_, u32> {
        self.configuration.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub fn is_enabled(&self) -> bool {
        *self.configuration() & 1 != 0
    }
    pub fn property(&self, offset: u32) -> Option<u64> {
        let configuration = *self.configuration();
        Some(match offset {
            property::CAP => CAPABILITIES,
            property::VS => VERSION,
            property::CC => configuration.into(),
            // Whatever it is told to become, it is at once.
            property::CSTS if configuration >> 14 & 0x3 != 0 => 2 << 2 | u64::from(configuration & 1),
            property::CSTS => u64::from(configuration & 1),
            _ => return None,
        })
    }
    /// Whether there is such a property to be set.
    pub fn set_property(&self, offset: u32, value: u32) -> bool {
        if offset == property::CC {
            *self.configuration() = value;
        }
        offset == property::CC
    }
}

#[derive(Debug, Default)]
pub struct Controllers {
    known: Mutex<BTreeMap<u16, Arc<Controller>>>,
}

impl Controllers {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u16, Arc<Controller>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// None when there are too many.
    pub fn add(
        &self,
        node: u16,
        host: String,
        told: Told,
        end: CancellationToken,
    ) -> Option<Arc<Controller>> {
        let mut known = self.lock();
        if known.len() >= MOST {
            return None;
        }
        let next = known.last_key_value().map_or(1, |(last, _)| last.checked_add(1).unwrap_or(1));
        let id = (next..0xfff0).chain(1..next).find(|id| !known.contains_key(id))?;
        let (configuration, told) = (Mutex::new(0), Mutex::new(told));
        let controller = Arc::new(Controller { id, node, host, end, configuration, told });
        known.insert(id, Arc::clone(&controller));
        Some(controller)
    }
    /// The one that an I/O queue may join.
    pub fn of(&self, id: u16, node: u16, host: &str) -> Option<Arc<Controller>> {
        let found = self.lock().get(&id).map(Arc::clone)?;
        (found.node == node && found.host == host && found.is_enabled()).then_some(found)
    }
    /// The controller is gone, and its queues with it.
    pub fn remove(&self, controller: &Controller) {
        self.lock().remove(&controller.id);
        controller.end.cancel();
    }
}
