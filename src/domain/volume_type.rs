//! Volume types and what their extra specs mean to hearth.

use super::{Metadata, QosSpecsId, Timestamp, VolumeTypeId};

/// The type a volume gets when nothing else says one; made by the first migration.
pub const DEFAULT_TYPE_NAME: &str = "__DEFAULT__";

#[derive(Debug, Clone, PartialEq)]
pub struct VolumeType {
    pub id: VolumeTypeId,
    pub name: String,
    pub description: Option<String>,
    pub is_public: bool,
    pub qos_specs_id: Option<QosSpecsId>,
    pub extra_specs: Metadata,
    pub created_at: Timestamp,
    pub updated_at: Option<Timestamp>,
}

/// What an administrator asks for when making a type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewVolumeType {
    pub name: String,
    pub description: Option<String>,
    pub extra_specs: Metadata,
    pub is_public: bool,
}

/// What `PUT /types/{id}` changes; at least one is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VolumeTypeChanges {
    pub name: Option<String>,
    pub description: Option<String>,
    pub is_public: Option<bool>,
}

/// The extra specs of a type, read once. Keys are those of stock Cinder's Lightbits driver and
/// scheduler, so that existing types keep working.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypeSpecs {
    /// `volume_backend_name`: name of a registered cluster.
    pub backend_name: Option<String>,
    /// `lightos:num_replicas`, 1–3.
    pub replicas: Option<u8>,
    /// `compression`, e.g. `<is> True` or `True`.
    pub compression: Option<bool>,
    /// `lightos:project_name`.
    pub project_name: Option<String>,
    /// `lightos:qos_policy`: UUID or name of a policy on the cluster.
    pub qos_policy: Option<String>,
    /// `RESKEY:availability_zones`, comma separated.
    pub availability_zones: Vec<String>,
    /// `hearth:label:<key>` = value: the cluster's registration must carry the label.
    pub labels: Metadata,
    /// `multiattach` = `<is> True`.
    pub multiattach: bool,
    /// Keys that no cluster of ours can satisfy (`replication_enabled` = `<is> True`, unknown
    /// capabilities such as `vendor_name`), kept so that placement can say so.
    pub capabilities: Metadata,
}

impl TypeSpecs {
    /// Reads the specs; an impossible value (a replica count of 7) is an error with the reason.
    pub fn parse(specs: &Metadata) -> Result<Self, String> {
        let mut out = Self::default();
        for (key, value) in specs {
            let key = key.strip_prefix("capabilities:").unwrap_or(key);
            match key {
                "volume_backend_name" => out.backend_name = Some(plain(value).to_owned()),
                "lightos:num_replicas" => {
                    let count = plain(value).parse::<u8>().ok().filter(|n| (1..=3).contains(n));
                    out.replicas =
                        Some(count.ok_or_else(|| {
                            format!("lightos:num_replicas must be 1, 2 or 3, not {value:?}")
                        })?);
                }
                "compression" => out.compression = Some(value.to_ascii_lowercase().contains("true")),
                "lightos:project_name" => out.project_name = Some(value.clone()),
                "lightos:qos_policy" => {
                    out.qos_policy = Some(value.clone()).filter(|policy| !policy.is_empty());
                }
                "RESKEY:availability_zones" => {
                    out.availability_zones =
                        value.split(',').map(|z| z.trim().to_owned()).filter(|z| !z.is_empty()).collect();
                }
                "multiattach" => out.multiattach = value.to_ascii_lowercase().contains("true"),
                _ => {
                    if let Some(label) = key.strip_prefix("hearth:label:") {
                        out.labels.insert(label.to_owned(), value.clone());
                    } else if !key.contains(':') {
                        // Unscoped keys are capabilities, as for Cinder's CapabilitiesFilter;
                        // scoped ones belong to somebody else and are ignored by scheduling.
                        out.capabilities.insert(key.to_owned(), value.clone());
                    }
                }
            }
        }
        Ok(out)
    }
}

/// `<is> X`, `<in> X`, `s== X` and `X` all ask for X.
fn plain(value: &str) -> &str {
    let value = value.trim();
    ["<is>", "<in>", "s==", "=="]
        .iter()
        .find_map(|operator| value.strip_prefix(operator))
        .map_or(value, str::trim)
}
