//! hearth: a Cinder-compatible volume API gateway in front of a fleet of Lightbits clusters.
//!
//! The map of the house, from the street inwards; a room knows only the rooms below it
//! (`tests/architecture.rs` reads the `use` lines and says so when one does not):
//!
//! | room | what lives there |
//! |---|---|
//! | `cli` | one file a command |
//! | `app` | the composition root: start-up and shutdown order |
//! | `api` | the Cinder edge and the fleet edge; `routes` is the table everything is made from |
//! | `auth` | Keystone, tokens, the oslo.policy language |
//! | `compute` | Nova, as far as volumes concern it |
//! | `image` | Glance, and copying between images and volumes |
//! | `service` | the use cases; they own the transaction and start operations |
//! | `worker` | the durable operations, step by step |
//! | `backup` | where the data of backups is kept |
//! | `datapath` | the bytes of volumes, for copies |
//! | `placement` | which cluster, and why; pure |
//! | `fleet` | registrations, inventory, poller, health, intent |
//! | `lightbits` | the client of one cluster |
//! | `store` | all SQL, and only SQL |
//! | `domain` | pure types and rules |
//! | `simulator` | a simulated Lightbits cluster, a stranger to the rest |
//! | `nvme` | NVMe/TCP in user space: the blocks of one namespace |
//! | `config`, `telemetry` | settings; logs and metric names |

pub mod api;
pub mod app;
pub mod auth;
pub mod backup;
pub mod cli;
pub mod compute;
pub mod config;
pub mod datapath;
pub mod domain;
pub mod fleet;
pub mod image;
pub mod lightbits;
pub mod nvme;
pub mod placement;
pub mod service;
pub mod simulator;
pub mod store;
pub mod telemetry;
pub mod worker;
