//! Every metric there is, by name. Labels never carry a user's text or an id of a volume: their
//! number must stay small.

/// Requests answered; labels `method`, `route`, `status`.
pub const HTTP_REQUESTS: &str = "hearth_http_requests_total";
/// Seconds until a request is answered; labels `method`, `route`.
pub const HTTP_SECONDS: &str = "hearth_http_request_duration_seconds";

/// Calls to clusters; labels `cluster`, `call`, `outcome` (`done`, `not-found`, `refused`,
/// `abandoned`, or the kind of trouble: `lightbits::Trouble::label`).
pub const CLUSTER_CALLS: &str = "hearth_cluster_calls_total";
/// Seconds of one call to a cluster, waiting for its lane and all attempts included; labels
/// `cluster`, `call`.
pub const CLUSTER_CALL_SECONDS: &str = "hearth_cluster_call_duration_seconds";
/// 1 for the present observed state of a cluster, else 0; labels `cluster`, `state`.
pub const CLUSTER_STATE: &str = "hearth_cluster_state";
/// Changes of the observed state; labels `cluster`, `state` (the new one).
pub const CLUSTER_STATE_CHANGES: &str = "hearth_cluster_state_changes_total";
/// Effective capacity in bytes; label `cluster`.
pub const CLUSTER_EFFECTIVE_BYTES: &str = "hearth_cluster_effective_bytes";
/// Provisioned bytes (size × replicas) listed by the last poll; label `cluster`.
pub const CLUSTER_PROVISIONED_BYTES: &str = "hearth_cluster_provisioned_bytes";
/// Bytes promised and not yet seen by a poll; label `cluster`.
pub const CLUSTER_RESERVED_BYTES: &str = "hearth_cluster_reserved_bytes";
/// Physically used bytes; label `cluster`.
pub const CLUSTER_USED_BYTES: &str = "hearth_cluster_physical_used_bytes";
/// Volumes on the cluster that are not ours; label `cluster`.
pub const CLUSTER_FOREIGN_VOLUMES: &str = "hearth_cluster_foreign_volumes";
/// Polls; labels `cluster`, `outcome` (`complete`, `figures`, `failed`, `superseded`).
pub const POLLS: &str = "hearth_cluster_polls_total";
/// Seconds of one poll; label `cluster`.
pub const POLL_SECONDS: &str = "hearth_cluster_poll_duration_seconds";

/// Reads of the registrations file; label `outcome` (`accepted`, `rejected`).
pub const REGISTRATION_LOADS: &str = "hearth_registration_loads_total";

/// Placement decisions; label `outcome` (`placed`, `refused`).
pub const PLACEMENTS: &str = "hearth_placements_total";
/// Steps of operations; labels `operation`, `outcome`.
pub const OPERATION_STEPS: &str = "hearth_operation_steps_total";
/// Seconds from an operation's start to its end; label `operation`.
pub const OPERATION_SECONDS: &str = "hearth_operation_duration_seconds";
/// Operations that wait for a person.
pub const OPERATIONS_STUCK: &str = "hearth_operations_needing_operator";

/// Seconds of a store transaction; label `what`.
pub const STORE_SECONDS: &str = "hearth_store_transaction_duration_seconds";
/// Transactions tried again after a lost race; label `what`.
pub const STORE_RETRIES: &str = "hearth_store_retries_total";

/// Token validations; label `outcome` (`cached`, `valid`, `invalid`, `unavailable`).
pub const TOKENS: &str = "hearth_token_validations_total";
