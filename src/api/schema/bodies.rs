//! All request bodies, by operation.
