//! One queue: one TCP connection, a task that reads from it, a task that writes to it, and a
//! table of the commands in flight.
//!
//! Reading never waits for writing, so that two ends that both want to be rid of data cannot
//! block each other. What waits to be written is bounded by the table.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::BufReader;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::command::{Command, Completion};
use super::pdu::{Digests, FLAG_LAST, FLAG_SUCCESS, Initialize, Kind, Outgoing, Style, Transfer, encode};
use super::slots::{Answer, Payload, Slots};
use super::stream::{Broken, Header, Reader, send};
use super::{Error, Portal};

/// Smallest MAXH2CDATA that a controller may have.
const LEAST_HOST_DATA: u32 = 4096;
/// The most of a write that goes into one PDU, whatever the controller would take.
const MOST_HOST_DATA: u32 = 1 << 20;
const READ_BUFFER: usize = 16 << 10;

/// The end of a session, which its queues share: the first reason is the one that is told.
#[derive(Debug, Clone)]
pub struct Fate {
    portal: Arc<str>,
    stop: CancellationToken,
    why: Arc<OnceLock<String>>,
}

impl Fate {
    pub fn new(portal: &Portal) -> Self {
        Self {
            portal: portal.to_string().into(),
            stop: CancellationToken::new(),
            why: Arc::new(OnceLock::new()),
        }
    }
    pub fn end(&self, why: impl Into<String>) {
        self.why.get_or_init(|| why.into());
        self.stop.cancel();
    }
    pub fn has_ended(&self) -> bool {
        self.stop.is_cancelled()
    }
    pub const fn stop(&self) -> &CancellationToken {
        &self.stop
    }
    pub fn error(&self) -> Error {
        let why = self.why.get().cloned().unwrap_or_else(|| "the connection is closed".to_owned());
        Error::Path { portal: self.portal.to_string(), why }
    }
}

pub struct Queue {
    out: mpsc::UnboundedSender<Out>,
    slots: Arc<Slots>,
    free: Arc<Semaphore>,
    fate: Fate,
    style: Style,
    /// For the answer to one command.
    deadline: Duration,
    /// Bytes of a write that may travel inside its command.
    pub inside: usize,
}

enum Out {
    Command(Outgoing),
    Data { request: Transfer, data: Bytes },
}

impl Queue {
    /// Connects and agrees on digests and limits; at most `depth` commands will be in flight.
    pub async fn connect(
        portal: &Portal,
        digests: Digests,
        depth: u16,
        deadline: Duration,
        fate: &Fate,
    ) -> Result<Self, Error> {
        match initialize(portal, digests).await {
            Ok((reader, writer, theirs, style)) => {
                let slots = Arc::new(Slots::new(depth));
                let (out, waiting) = mpsc::unbounded_channel();
                let most = theirs.limit.min(MOST_HOST_DATA) as usize & !3;
                let pump = Writer { stream: writer, waiting, slots: Arc::clone(&slots), style, most };
                let ear = Ear { reader, out: out.clone(), slots: Arc::clone(&slots) };
                run(fate, &slots, pump.run());
                run(fate, &slots, ear.run());
                let free = Arc::new(Semaphore::new(usize::from(depth)));
                Ok(Self { out, slots, free, fate: fate.clone(), style, deadline, inside: 0 })
            }
            Err(broken) => {
                fate.end(told(&broken));
                Err(fate.error())
            }
        }
    }

    /// Runs one command to its end. Its status is part of the answer.
    ///
    /// # Errors
    /// The connection is lost, or was given up because no answer came in time.
    pub async fn execute(&self, command: Command, payload: Payload) -> Result<Answer, Error> {
        let answer = async {
            let permit = Arc::clone(&self.free).acquire_owned().await.ok()?;
            let (command, inside) = match &payload {
                Payload::None => (command, Bytes::new()),
                Payload::In(length) => (command.with_data(u32::try_from(*length).ok()?), Bytes::new()),
                Payload::Out(data) => {
                    let length = u32::try_from(data.len()).ok()?;
                    if data.len() <= self.inside {
                        (command.with_data_inside(length), data.clone())
                    } else {
                        (command.with_data(length), Bytes::new())
                    }
                }
            };
            // From here to the send nothing waits, so that no id is taken in vain.
            let (id, answer) = self.slots.admit(payload, permit)?;
            let pdu = encode(Kind::Command, 0, &command.with_id(id).0, inside, self.style);
            self.out.send(Out::Command(pdu)).ok()?;
            answer.await.ok()
        };
        match tokio::time::timeout(self.deadline, answer).await {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => {
                self.fate.end("the connection is closed");
                Err(self.fate.error())
            }
            Err(_) => {
                self.fate.end(format!("no answer within {:?}", self.deadline));
                Err(self.fate.error())
            }
        }
    }
}

/// Runs one half of a connection; whichever ends first takes the whole session with it.
fn run(fate: &Fate, slots: &Arc<Slots>, half: impl Future<Output = Broken> + Send + 'static) {
    let (fate, slots) = (fate.clone(), Arc::clone(slots));
    tokio::spawn(async move {
        if let Some(broken) = fate.stop().run_until_cancelled(half).await {
            fate.end(told(&broken));
        }
        slots.end();
    });
}

fn told(broken: &Broken) -> String {
    match broken {
        Broken::Io(error) => error.to_string(),
        Broken::Protocol(_, why) => format!("the controller breaks the protocol: {why}"),
        other => other.to_string(),
    }
}

type Halves = (Reader<BufReader<OwnedReadHalf>>, OwnedWriteHalf, Initialize, Style);

async fn initialize(portal: &Portal, digests: Digests) -> Result<Halves, Broken> {
    let stream = TcpStream::connect((portal.host.as_str(), portal.port)).await?;
    stream.set_nodelay(true)?;
    let (read, mut writer) = stream.into_split();
    let mut reader = Reader::new(BufReader::with_capacity(READ_BUFFER, read));
    // We take data at any offset, and one R2T a command.
    let ours = Initialize { version: 0, alignment: 0, digests, limit: 0 };
    let hello = encode(Kind::InitializeRequest, 0, &ours.body(), Bytes::new(), Style::default());
    send(&mut writer, hello).await?;
    let header = reader.next().await?;
    if header.kind != Kind::InitializeResponse {
        return Err(out_of_turn());
    }
    let theirs = header.initialize();
    if theirs.version != 0 || theirs.limit < LEAST_HOST_DATA {
        return Err(complaint("it cannot be agreed with"));
    }
    let digests = digests.both(theirs.digests);
    reader.agree(digests);
    let style = Style { digests, alignment: theirs.data_alignment() };
    Ok((reader, writer, theirs, style))
}

const fn complaint(why: &'static str) -> Broken {
    Broken::Protocol(super::pdu::Fatal::Sequence, why)
}

const fn out_of_turn() -> Broken {
    complaint("a PDU out of turn")
}

struct Writer {
    stream: OwnedWriteHalf,
    waiting: mpsc::UnboundedReceiver<Out>,
    slots: Arc<Slots>,
    style: Style,
    /// Bytes of data in one PDU.
    most: usize,
}

impl Writer {
    async fn run(mut self) -> Broken {
        while let Some(out) = self.waiting.recv().await {
            let written = match out {
                Out::Command(pdu) => send(&mut self.stream, pdu).await,
                Out::Data { request, data } => self.data(request, data).await,
            };
            if let Err(error) = written {
                return error.into();
            }
        }
        complaint("nobody has anything to say any more")
    }

    async fn data(&mut self, request: Transfer, mut data: Bytes) -> std::io::Result<()> {
        let mut offset = request.offset;
        while !data.is_empty() {
            let part = data.split_to(data.len().min(self.most));
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            let flags = if data.is_empty() { FLAG_LAST } else { 0 };
            let body = Transfer { offset, length, ..request }.body();
            offset = offset.saturating_add(length);
            send(&mut self.stream, encode(Kind::HostData, flags, &body, part, self.style)).await?;
        }
        self.slots.sent(request.command);
        Ok(())
    }
}

struct Ear {
    reader: Reader<BufReader<OwnedReadHalf>>,
    out: mpsc::UnboundedSender<Out>,
    slots: Arc<Slots>,
}

impl Ear {
    async fn run(mut self) -> Broken {
        loop {
            if let Err(broken) = self.hear().await {
                return broken;
            }
        }
    }

    async fn hear(&mut self) -> Result<(), Broken> {
        let header = self.reader.next().await?;
        match header.kind {
            Kind::Response => self.slots.complete(Completion::parse(&header.body)).map_err(complaint),
            Kind::ControllerData => self.data(&header).await,
            Kind::ReadyToTransfer => {
                let request = header.transfer();
                let data = self.slots.requested(request).map_err(complaint)?;
                self.out.send(Out::Data { request, data }).map_err(|_| out_of_turn())
            }
            Kind::ControllerTerminate => Err(complaint("it says that we do")),
            _ => Err(out_of_turn()),
        }
    }

    async fn data(&mut self, header: &Header) -> Result<(), Broken> {
        let part = header.transfer();
        let mut buffer = self.slots.take_buffer(part, header.data).map_err(complaint)?;
        let start = part.offset as usize;
        let into = buffer.get_mut(start..start + header.data).ok_or(out_of_turn())?;
        self.reader.data(header, into).await?;
        self.slots.return_buffer(part.command, buffer, header.data);
        if header.flags & FLAG_SUCCESS == 0 {
            return Ok(());
        }
        let completion = Completion { result: 0, head: 0, id: part.command, status: super::Status::SUCCESS };
        self.slots.complete(completion).map_err(complaint)
    }
}
