//! The durable operations: driver, leases, one file an operation.
