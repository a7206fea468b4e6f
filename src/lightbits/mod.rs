//! The client of ONE Lightbits cluster.
//!
//! ```text
//! let cluster = Cluster::new(Settings::new(name, endpoints), clock)?;      // contacts nobody
//! cluster.cluster_status(Lane::Background).await?                          // reads: Result<_, Trouble>
//! cluster.volume(Lane::User, &project, uuid).await?                        //   …<Option<_>>: 404 is None
//! cluster.volume_pages(lane, &filter) / all_volumes(lane, &filter)         //   whole lists or trouble
//! match cluster.create_volume(Lane::User, &request).await {                // writes: Outcome<_>
//!     Outcome::Done(volume) => …,      // accepted; poll until Available or Failed
//!     Outcome::Refused(refusal) => …,  // definitely nothing happened: refusal.reason says why
//!     Outcome::Unknown(trouble) => …,  // stay on this cluster, unless trouble.is_unsent()
//! }
//! cluster.settle_volume(Lane::User, &request).await                        // adopt by name, or create
//! cluster.within(Duration::from_secs(5))                                   // same client, other deadline
//! ```
//!
//! | file | idea |
//! |---|---|
//! | `settings` | what has to be known to talk to a cluster |
//! | `error`, `answer` | the three outcomes; the table from status to outcome |
//! | `client`, `volumes`, `snapshots`, `policies` | the calls |
//! | `resolve` | what a name stands for: the way out of `Unknown` |
//! | `transport` | which endpoint, which connection, how often |
//! | `connection`, `tls` | one verified connection, one exchange |
//! | `endpoints`, `lanes`, `token` | failover order; two queues; the bearer token |
//! | `call`, `wire/` | requests and answers as bytes; nothing of it leaves the room |

mod answer;
mod call;
mod client;
mod cluster_model;
mod connection;
mod endpoints;
mod error;
mod lanes;
mod metrics;
mod policies;
mod policy_model;
mod requests;
mod resolve;
mod settings;
mod snapshots;
mod tls;
mod token;
mod transport;
mod volume_model;
mod volumes;
mod wire;

pub use client::Cluster;
pub use cluster_model::*;
pub use endpoints::{EndpointStatus, Origin};
pub use error::{Outcome, Reason, Refusal, SetupError, Trouble};
pub use policy_model::*;
pub use requests::*;
pub use resolve::{Resolution, Settled};
pub use settings::*;
pub use volume_model::*;
