//! The commands in flight on one queue, by their ids. What a controller sends is checked here
//! against what was asked of it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::command::Completion;
use super::pdu::Transfer;

/// R2Ts that may wait for one command: one, and the next, which may come before we notice that
/// the data of the first is out.
const MOST_REQUESTS: u8 = 2;

/// Which way a command's data goes.
#[derive(Debug)]
pub enum Payload {
    None,
    Out(Bytes),
    /// Bytes to be read.
    In(usize),
}

/// How a command ended.
#[derive(Debug)]
pub struct Answer {
    pub completion: Completion,
    /// What was read; empty for other commands.
    pub data: Vec<u8>,
}

pub type Complaint = &'static str;

struct Slot {
    data: Direction,
    done: oneshot::Sender<Answer>,
    /// Held until the controller has answered, even when the caller has gone away.
    _permit: OwnedSemaphorePermit,
}

enum Direction {
    None,
    Out { data: Bytes, asked: usize, requests: u8 },
    In { buffer: Vec<u8>, received: usize },
}

pub struct Slots {
    slots: Mutex<Vec<Option<Slot>>>,
}

impl Slots {
    pub fn new(depth: u16) -> Self {
        Self { slots: Mutex::new((0..depth).map(|_| None).collect()) }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Option<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a free id; the permit says that there is one. None once the queue has ended.
    pub fn admit(
        &self,
        payload: Payload,
        permit: OwnedSemaphorePermit,
    ) -> Option<(u16, oneshot::Receiver<Answer>)> {
        let data = match payload {
            Payload::None => Direction::None,
            Payload::Out(data) => Direction::Out { data, asked: 0, requests: 0 },
            Payload::In(length) => Direction::In { buffer: vec![0; length], received: 0 },
        };
        let mut slots = self.lock();
        let id = slots.iter().position(Option::is_none)?;
        let (done, answer) = oneshot::channel();
        *slots.get_mut(id)? = Some(Slot { data, done, _permit: permit });
        Some((u16::try_from(id).ok()?, answer))
    }

    /// Whoever waits learns that the queue has ended, and nobody is admitted any more.
    pub fn end(&self) {
        self.lock().clear();
    }

    /// Takes the buffer out for as long as its data is being read from the connection.
    pub fn take_buffer(&self, part: Transfer, length: usize) -> Result<Vec<u8>, Complaint> {
        match self.lock().get_mut(usize::from(part.command)) {
            Some(Some(Slot { data: Direction::In { buffer, received }, .. })) => {
                let end = received.checked_add(length).filter(|end| *end <= buffer.len());
                if part.offset as usize != *received || part.length as usize != length || end.is_none() {
                    return Err("data that was not asked for");
                }
                Ok(std::mem::take(buffer))
            }
            _ => Err("data for a command that reads nothing"),
        }
    }

    /// Puts it back, `length` bytes fuller.
    pub fn return_buffer(&self, id: u16, full: Vec<u8>, length: usize) {
        if let Some(Some(Slot { data: Direction::In { buffer, received }, .. })) =
            self.lock().get_mut(usize::from(id))
        {
            *buffer = full;
            *received += length;
        }
    }

    /// The data that an R2T asks for.
    pub fn requested(&self, request: Transfer) -> Result<Bytes, Complaint> {
        match self.lock().get_mut(usize::from(request.command)) {
            Some(Some(Slot { data: Direction::Out { data, asked, requests }, .. })) => {
                let end = asked.checked_add(request.length as usize).filter(|end| *end <= data.len());
                let Some(end) = end.filter(|end| end > asked && request.offset as usize == *asked) else {
                    return Err("an R2T for data that the command does not have");
                };
                if *requests == MOST_REQUESTS {
                    return Err("more R2Ts than were agreed on");
                }
                *requests += 1;
                let part = data.slice(*asked..end);
                *asked = end;
                Ok(part)
            }
            _ => Err("an R2T for a command that writes nothing"),
        }
    }

    /// The data of one R2T has been sent.
    pub fn sent(&self, id: u16) {
        if let Some(Some(Slot { data: Direction::Out { requests, .. }, .. })) =
            self.lock().get_mut(usize::from(id))
        {
            *requests = requests.saturating_sub(1);
        }
    }

    pub fn complete(&self, completion: Completion) -> Result<(), Complaint> {
        let slot = self.lock().get_mut(usize::from(completion.id)).and_then(Option::take);
        let Some(slot) = slot else { return Err("an answer to a command that nobody gave") };
        let data = match slot.data {
            Direction::In { buffer, received } if completion.status.is_success() => {
                if received < buffer.len() {
                    return Err("success, without all of the data");
                }
                buffer
            }
            _ => Vec::new(),
        };
        // Nobody there: the caller has gone away meanwhile.
        drop(slot.done.send(Answer { completion, data }));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Semaphore;

    use super::*;
    use crate::nvme::command::Status;

    async fn admitted(payload: Payload) -> (Slots, u16, oneshot::Receiver<Answer>) {
        let slots = Slots::new(2);
        let permit = Arc::new(Semaphore::new(2)).acquire_owned().await.unwrap();
        let (id, answer) = slots.admit(payload, permit).unwrap();
        (slots, id, answer)
    }

    fn part(command: u16, offset: u32, length: u32) -> Transfer {
        Transfer { command, tag: 0, offset, length }
    }

    fn success(id: u16) -> Completion {
        Completion { result: 0, head: 0, id, status: Status::SUCCESS }
    }

    #[tokio::test]
    async fn data_comes_in_order_and_no_more_than_was_asked_for() {
        let (slots, id, answer) = admitted(Payload::In(8)).await;
        assert!(slots.take_buffer(part(id, 4, 4), 4).is_err());
        assert!(slots.take_buffer(part(id, 0, 9), 9).is_err());
        assert!(slots.take_buffer(part(id + 1, 0, 4), 4).is_err());
        let mut buffer = slots.take_buffer(part(id, 0, 8), 8).unwrap();
        buffer.fill(7);
        slots.return_buffer(id, buffer, 8);
        slots.complete(success(id)).unwrap();
        assert_eq!(answer.await.unwrap().data, [7; 8]);
        assert!(slots.complete(success(id)).is_err());
    }

    #[tokio::test]
    async fn success_without_the_data_is_a_lie() {
        let (slots, id, answer) = admitted(Payload::In(8)).await;
        assert!(slots.complete(success(id)).is_err());
        assert!(answer.await.is_err());
    }

    #[tokio::test]
    async fn requests_are_bounded_and_stay_within_the_data() {
        let (slots, id, _answer) = admitted(Payload::Out(Bytes::from_static(&[1; 16]))).await;
        assert!(slots.requested(part(id, 0, 17)).is_err());
        assert!(slots.requested(part(id, 0, 0)).is_err());
        assert_eq!(slots.requested(part(id, 0, 4)).unwrap().len(), 4);
        assert_eq!(slots.requested(part(id, 4, 4)).unwrap().len(), 4);
        assert!(slots.requested(part(id, 8, 4)).is_err());
        slots.sent(id);
        assert!(slots.requested(part(id, 8, 4)).is_ok());
    }

    #[tokio::test]
    async fn the_end_is_told_to_whoever_waits() {
        let (slots, _, answer) = admitted(Payload::None).await;
        slots.end();
        assert!(answer.await.is_err());
        let permit = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
        assert!(slots.admit(Payload::None, permit).is_none());
    }
}
