//! Where things are on a host that says nothing else.

pub(super) const DATA_DIR: &str = "/var/lib/hearth";
pub(super) const CLUSTERS_FILE: &str = "/etc/hearth/clusters.toml";
