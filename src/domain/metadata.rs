//! String maps attached to volumes, snapshots and types.

use std::collections::BTreeMap;

/// Keys in order, so that the stored JSON is canonical: the same map is the same text, and a
/// `"key":"value"` pair can be searched for in it (`store::dialect`).
pub type Metadata = BTreeMap<String, String>;
