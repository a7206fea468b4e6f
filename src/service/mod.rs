//! The use cases, one file a resource. They own the transaction; they never call a cluster.
