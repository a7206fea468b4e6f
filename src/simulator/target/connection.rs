//! One connection, which is one queue: hello, Connect, then command after command in the order
//! in which they are complete, until either end has had enough.
//!
//! A write too large for its capsule is asked for with an R2T. Only so many are asked for at
//! once; the others wait as the 64 bytes they are, so that no host can make us hold more than a
//! few transfers.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::BufReader;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Mutex, Semaphore};
use tokio_util::sync::CancellationToken;

use super::admin::{self, Outcome};
use super::controllers::{Controller, MAX_QUEUE};
use super::events::{self, Told};
use super::identify::{MAX_INSIDE, MAX_TRANSFER};
use super::io;
use crate::nvme::command::{Command, Completion, Status, fabrics, opcode};
use crate::nvme::pdu::{Digests, FLAG_LAST, Fatal, Initialize, Kind, Style, Transfer, encode};
use crate::nvme::stream::{Broken, Header, Reader, send};
use crate::simulator::faults::Action;
use crate::simulator::shared::Shared;

/// MAXH2CDATA, and what we put into one PDU ourselves.
const MAX_DATA: usize = 128 << 10;
/// Writes whose data is under way.
const MOST_TRANSFERS: usize = 8;
const MOST_EVENTS: usize = 4;
const HELLO: Duration = Duration::from_secs(10);
const FOREVER: Duration = Duration::from_secs(1 << 31);
const CONNECT_DATA: usize = 1024;

pub async fn serve(shared: &Arc<Shared>, node: u16, stream: TcpStream, end: &CancellationToken) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(node, %error, "no TCP_NODELAY");
    }
    let (read, write) = stream.into_split();
    let mut reader = Reader::new(BufReader::with_capacity(16 << 10, read));
    let hello = tokio::time::timeout(HELLO, greet(&mut reader, write)).await;
    let Ok(Ok(voice)) = hello else { return };
    let mut link = Link {
        shared: Arc::clone(shared),
        node,
        end: end.clone(),
        reader,
        voice: Arc::new(Mutex::new(voice)),
        role: Role::Nobody,
        transfers: BTreeMap::new(),
        waiting: VecDeque::new(),
        next_tag: 0,
        patience: None,
        events: Arc::new(Semaphore::new(MOST_EVENTS)),
    };
    let ended = link.run().await;
    if let Role::Admin(controller) = &link.role {
        shared.target.controllers.remove(controller);
    }
    match ended {
        End::Broken(Broken::Protocol(fatal, why)) => {
            tracing::debug!(node, why, "a host breaks the protocol");
            link.voice.lock().await.complain(fatal).await;
        }
        End::Broken(Broken::HeaderDigest) => link.voice.lock().await.complain(Fatal::HeaderDigest).await,
        End::Broken(error) => tracing::trace!(node, %error, "a data connection ended"),
        End::Reset => link.voice.lock().await.reset(),
        End::Closed => {}
    }
}

/// Agrees on how to speak.
async fn greet(
    reader: &mut Reader<BufReader<OwnedReadHalf>>,
    mut writer: OwnedWriteHalf,
) -> Result<Voice, Broken> {
    let hello = reader.next().await?;
    let theirs = hello.initialize();
    let mut voice = Voice { style: Style::default(), head: 0, writer: None };
    if hello.kind != Kind::InitializeRequest || hello.data > 0 || theirs.version != 0 {
        voice.writer = Some(writer);
        voice.complain(Fatal::InvalidHeader).await;
        return Err(Broken::Protocol(Fatal::InvalidHeader, "not the hello of a host"));
    }
    let limit = MAX_DATA as u32;
    let ours = Initialize { version: 0, alignment: 0, digests: theirs.digests, limit };
    let answer = encode(Kind::InitializeResponse, 0, &ours.body(), Bytes::new(), Style::default());
    send(&mut writer, answer).await?;
    let digests: Digests = theirs.digests;
    reader.agree(digests);
    voice.style = Style { digests, alignment: theirs.data_alignment() };
    voice.writer = Some(writer);
    Ok(voice)
}

/// The writing half; also that of those who have something to say later.
struct Voice {
    writer: Option<OwnedWriteHalf>,
    style: Style,
    /// Submission queue entries taken so far.
    head: u16,
}

impl Voice {
    async fn say(&mut self, kind: Kind, flags: u8, body: &[u8], data: Bytes) -> std::io::Result<()> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        send(writer, encode(kind, flags, body, data, self.style)).await
    }
    async fn complete(&mut self, id: u16, result: u64, status: Status) -> std::io::Result<()> {
        let completion = Completion { result, head: self.head, id, status };
        self.say(Kind::Response, 0, &completion.bytes(), Bytes::new()).await
    }
    async fn data(&mut self, command: u16, mut data: Bytes) -> std::io::Result<()> {
        let mut offset = 0;
        while !data.is_empty() {
            let part = data.split_to(data.len().min(MAX_DATA));
            let length = part.len() as u32;
            let flags = if data.is_empty() { FLAG_LAST } else { 0 };
            let transfer = Transfer { command, tag: 0, offset, length };
            offset += length;
            self.say(Kind::ControllerData, flags, &transfer.body(), part).await?;
        }
        Ok(())
    }
    async fn complain(&mut self, fatal: Fatal) {
        if let Err(error) = self.say(Kind::ControllerTerminate, 0, &fatal.body(), Bytes::new()).await {
            tracing::trace!(%error, "nobody there to complain to");
        }
    }
    fn reset(&mut self) {
        if let Some(writer) = self.writer.take() {
            // With nothing to linger for, closing the socket sends RST.
            if let Err(error) = writer.as_ref().set_zero_linger() {
                tracing::debug!(%error, "cannot reset the connection");
            }
        }
    }
}

enum Role {
    Nobody,
    Admin(Arc<Controller>),
    Io(Arc<Controller>),
}

enum End {
    Closed,
    Reset,
    Broken(Broken),
}

impl<E: Into<Broken>> From<E> for End {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

/// A write whose data is on its way.
struct Incoming {
    command: Command,
    length: usize,
    data: Vec<u8>,
}

struct Link {
    shared: Arc<Shared>,
    node: u16,
    end: CancellationToken,
    reader: Reader<BufReader<OwnedReadHalf>>,
    voice: Arc<Mutex<Voice>>,
    role: Role,
    transfers: BTreeMap<u16, Incoming>,
    waiting: VecDeque<(Command, usize)>,
    next_tag: u16,
    /// How long the host of an admin queue may be silent.
    patience: Option<Duration>,
    /// Requests for asynchronous events that may still be made.
    events: Arc<Semaphore>,
}

type Flow = Result<(), End>;

fn broken(fatal: Fatal, why: &'static str) -> End {
    End::Broken(Broken::Protocol(fatal, why))
}

impl Link {
    async fn run(&mut self) -> End {
        loop {
            let end = match &self.role {
                Role::Nobody => self.end.clone(),
                Role::Admin(controller) | Role::Io(controller) => controller.end.clone(),
            };
            let patience = self.patience.unwrap_or(FOREVER);
            match end.run_until_cancelled(tokio::time::timeout(patience, self.turn())).await {
                None | Some(Err(_)) => return End::Closed,
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(end))) => return end,
            }
        }
    }

    async fn turn(&mut self) -> Flow {
        let header = self.reader.next().await?;
        match header.kind {
            Kind::Command => {
                if header.data > MAX_INSIDE {
                    return Err(broken(Fatal::LimitExceeded, "more data inside a command than fits"));
                }
                let mut data = vec![0; header.data];
                self.reader.data(&header, &mut data).await?;
                let mut bytes = [0; 64];
                bytes.copy_from_slice(&header.body[..64]);
                self.take(Command(bytes), data).await
            }
            Kind::HostData => self.host_data(&header).await,
            Kind::HostTerminate => Err(End::Closed),
            _ => Err(broken(Fatal::Sequence, "a PDU out of turn")),
        }
    }

    async fn take(&mut self, command: Command, data: Vec<u8>) -> Flow {
        {
            let mut voice = self.voice.lock().await;
            voice.head = (voice.head + 1) % (MAX_QUEUE + 1);
        }
        match &self.role {
            Role::Nobody => self.connect(&command, &data).await,
            Role::Admin(controller) => {
                let controller = Arc::clone(controller);
                self.admin(&controller, &command).await
            }
            Role::Io(controller) => {
                let controller = Arc::clone(controller);
                self.io(&controller, command, data).await
            }
        }
    }

    async fn connect(&mut self, command: &Command, data: &[u8]) -> Flow {
        let is_connect = command.opcode() == opcode::FABRICS && command.fabrics_type() == fabrics::CONNECT;
        if !is_connect || data.len() != CONNECT_DATA {
            return self.refuse(command.id(), Status::SEQUENCE.for_good()).await;
        }
        let name = |field: &[u8]| {
            let end = field.iter().position(|byte| *byte == 0)?;
            std::str::from_utf8(field.get(..end)?).ok().filter(|name| !name.is_empty()).map(str::to_owned)
        };
        let (subsystem, host) = (name(&data[256..512]), name(&data[512..768]));
        let controller = u16::from_le_bytes([data[16], data[17]]);
        let queue = command.dword(10) >> 16;
        let Some(host) = host.filter(|_| subsystem.as_deref() == Some(&self.shared.target.subsystem_nqn))
        else {
            return self.refuse(command.id(), Status::CONNECT_INVALID.for_good()).await;
        };
        *self.shared.counters().calls.entry("nvme_connect".to_owned()).or_default() += 1;
        let controllers = &self.shared.target.controllers;
        let role = if queue == 0 {
            let told = self.shared.world().read(None, |at| Told::now(at, &host)).unwrap_or_default();
            // Twice the time that it said, for it may say so late.
            let kato = u64::from(command.dword(12));
            self.patience = (kato > 0).then(|| Duration::from_millis(2 * kato));
            controllers.add(self.node, host, told, self.end.child_token()).map(Role::Admin)
        } else {
            controllers.of(controller, self.node, &host).map(Role::Io)
        };
        let id = match &role {
            Some(Role::Admin(controller) | Role::Io(controller)) => controller.id,
            _ => return self.refuse(command.id(), Status::CONNECT_INVALID).await,
        };
        self.role = role.unwrap_or(Role::Nobody);
        Ok(self.voice.lock().await.complete(command.id(), id.into(), Status::SUCCESS).await?)
    }

    async fn refuse(&self, id: u16, status: Status) -> Flow {
        Ok(self.voice.lock().await.complete(id, 0, status).await?)
    }

    async fn admin(&mut self, controller: &Arc<Controller>, command: &Command) -> Flow {
        let id = command.id();
        match admin::run(&self.shared, controller, command) {
            Outcome::Done(result) => {
                Ok(self.voice.lock().await.complete(id, result, Status::SUCCESS).await?)
            }
            Outcome::Data(data) => {
                let mut data = data;
                data.truncate(command.data_length() as usize);
                self.answer(id, data).await
            }
            Outcome::Refused(status) => self.refuse(id, status).await,
            Outcome::Later if self.events.available_permits() == 0 => {
                // Asynchronous Event Request Limit Exceeded.
                self.refuse(id, Status(1 << 8 | 0x05).for_good()).await
            }
            Outcome::Later => {
                self.listen(controller, id);
                Ok(())
            }
        }
    }

    /// Answers when something has happened.
    fn listen(&self, controller: &Arc<Controller>, id: u16) {
        let Ok(turn) = Arc::clone(&self.events).try_acquire_owned() else { return };
        let (shared, controller, voice) =
            (Arc::clone(&self.shared), Arc::clone(controller), Arc::clone(&self.voice));
        let tracker = shared.tasks.clone();
        tracker.spawn(async move {
            let told = async {
                let event = events::next(&shared, &controller).await;
                drop(turn);
                voice.lock().await.complete(id, event, Status::SUCCESS).await
            };
            if let Some(Err(error)) = controller.end.run_until_cancelled(told).await {
                tracing::trace!(%error, "nobody there to tell");
            }
        });
    }

    async fn answer(&self, id: u16, data: Vec<u8>) -> Flow {
        let mut voice = self.voice.lock().await;
        voice.data(id, data.into()).await?;
        Ok(voice.complete(id, 0, Status::SUCCESS).await?)
    }

    async fn io(&mut self, controller: &Arc<Controller>, command: Command, data: Vec<u8>) -> Flow {
        let work = match io::prepare(&self.shared, controller, &command) {
            Ok(work) => work,
            Err(status) => return self.refuse(command.id(), status).await,
        };
        if work.wants == 0 {
            return self.perform(controller, &command, &[]).await;
        }
        if command.has_data_inside() {
            if data.len() != work.wants {
                return self.refuse(command.id(), Status::SGL_LENGTH.for_good()).await;
            }
            return self.perform(controller, &command, &data).await;
        }
        if self.waiting.len() + self.transfers.len() > usize::from(MAX_QUEUE) {
            return Err(broken(Fatal::LimitExceeded, "more commands than the queue has entries"));
        }
        self.waiting.push_back((command, work.wants));
        self.ask().await
    }

    /// Asks for the data of the writes that wait, as many as may be under way.
    async fn ask(&mut self) -> Flow {
        while self.transfers.len() < MOST_TRANSFERS
            && let Some((command, length)) = self.waiting.pop_front()
        {
            while self.transfers.contains_key(&self.next_tag) {
                self.next_tag = self.next_tag.wrapping_add(1);
            }
            let (tag, id) = (self.next_tag, command.id());
            self.next_tag = tag.wrapping_add(1);
            let data = Vec::with_capacity(length.min(MAX_TRANSFER));
            self.transfers.insert(tag, Incoming { command, length, data });
            let request = Transfer { command: id, tag, offset: 0, length: length as u32 };
            let mut voice = self.voice.lock().await;
            voice.say(Kind::ReadyToTransfer, 0, &request.body(), Bytes::new()).await?;
        }
        Ok(())
    }

    async fn host_data(&mut self, header: &Header) -> Flow {
        let part = header.transfer();
        let Some(incoming) = self.transfers.get_mut(&part.tag) else {
            return Err(broken(Fatal::InvalidHeader, "data that nobody asked for"));
        };
        let start = incoming.data.len();
        let fits = start + header.data <= incoming.length && header.data <= MAX_DATA;
        let expected = part.command == incoming.command.id()
            && part.offset as usize == start
            && part.length as usize == header.data;
        if !fits || !expected || header.data == 0 {
            return Err(broken(Fatal::DataOutOfRange, "other data than was asked for"));
        }
        incoming.data.resize(start + header.data, 0);
        self.reader.data(header, incoming.data.get_mut(start..).unwrap_or_default()).await?;
        if incoming.data.len() < incoming.length {
            return Ok(());
        }
        let (Some(whole), Role::Io(controller)) = (self.transfers.remove(&part.tag), &self.role) else {
            return Ok(());
        };
        let controller = Arc::clone(controller);
        self.ask().await?;
        self.perform(&controller, &whole.command, &whole.data).await
    }

    async fn perform(&self, controller: &Arc<Controller>, command: &Command, sent: &[u8]) -> Flow {
        let plan = io::plan(&self.shared, controller, command);
        if plan.doomed {
            return self.refuse(command.id(), Status::WRITE_FAULT).await;
        }
        for action in &plan.before {
            if let Some(status) = self.suffer(action).await? {
                return self.refuse(command.id(), status).await;
            }
        }
        let done = io::run(&self.shared, controller, command, sent);
        for action in &plan.after {
            if let Some(status) = self.suffer(action).await? {
                return self.refuse(command.id(), status).await;
            }
        }
        match done {
            Ok(data) => self.answer(command.id(), data).await,
            Err(status) => self.refuse(command.id(), status).await,
        }
    }

    /// What an action makes of the command: a status of its own, the end, or nothing.
    async fn suffer(&self, action: &Action) -> Result<Option<Status>, End> {
        match action {
            Action::Delay { ms, .. } => {
                tokio::time::sleep(Duration::from_millis(*ms)).await;
                Ok(None)
            }
            Action::Drop { .. } => Err(End::Closed),
            Action::Reset { .. } => Err(End::Reset),
            Action::BlackHole { ms, .. } => {
                tokio::time::sleep(Duration::from_millis(ms.unwrap_or(u64::MAX / 2))).await;
                Err(End::Closed)
            }
            // The code is NVMe's: type times 256, and the code of that type.
            Action::Status { code, .. } => Ok(Some(Status(code & 0x7ff))),
            Action::Fail => Ok(None),
        }
    }
}
