//! Volume types and what their extra specs mean to hearth.

use super::{Error, Gib, Metadata, QosSpecsId, Timestamp, VolumeTypeId};

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

impl VolumeType {
    /// Holds a size against `provisioning:min_vol_size` and `provisioning:max_vol_size`.
    ///
    /// # Errors
    /// `Invalid` in Cinder's words; also for a limit that is no number, which nothing can keep.
    pub fn check_size(&self, size: Gib) -> Result<(), Error> {
        let name = &self.name;
        if let Some((minimum, written)) = self.size_limit("provisioning:min_vol_size")?
            && i64::from(size.0) < minimum
        {
            return Err(Error::invalid(format!(
                "Invalid input received: Specified volume size of '{size}' is less than the minimum required size of \
                 '{written}' for volume type '{name}'."
            )));
        }
        if let Some((maximum, written)) = self.size_limit("provisioning:max_vol_size")?
            && i64::from(size.0) > maximum
        {
            return Err(Error::invalid(format!(
                "Invalid input received: Specified volume size of '{size}' is greater than the maximum allowable size \
                 of '{written}' for volume type '{name}'."
            )));
        }
        Ok(())
    }

    /// A limit in GiB and as it is written; an empty one is none.
    fn size_limit(&self, key: &str) -> Result<Option<(i64, &str)>, Error> {
        let Some(written) = self.extra_specs.get(key).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        match written.trim().parse() {
            Ok(limit) => Ok(Some((limit, written))),
            Err(_) => Err(Error::invalid(format!(
                "Invalid input received: {key} of volume type '{}' is not a number: '{written}'.",
                self.name
            ))),
        }
    }
}

/// What an administrator asks for when making a type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewVolumeType {
    pub name: String,
    pub description: Option<String>,
    pub extra_specs: Metadata,
    pub is_public: bool,
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
                // In this spelling alone, as in Cinder.
                "multiattach" => out.multiattach = value == "<is> True",
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Metadata;

    fn limited(minimum: &str, maximum: &str) -> VolumeType {
        let spec = |key: &str, value: &str| (format!("provisioning:{key}_vol_size"), value.to_owned());
        VolumeType {
            id: VolumeTypeId::random(),
            name: "gold".to_owned(),
            description: None,
            is_public: true,
            qos_specs_id: None,
            extra_specs: Metadata::from_iter([spec("min", minimum), spec("max", maximum)]),
            created_at: Timestamp(0),
            updated_at: None,
        }
    }

    #[test]
    fn sizes_are_held_against_both_limits() {
        let told = |minimum: &str, maximum: &str, size: u32| {
            limited(minimum, maximum).check_size(Gib(size)).map_err(|error| error.message().to_owned())
        };
        for size in [2, 3, 4] {
            assert_eq!(told("2", " 4 ", size), Ok(()));
        }
        assert_eq!(
            told("2", "4", 1).unwrap_err(),
            "Invalid input received: Specified volume size of '1' is less than the minimum required size of '2' for \
             volume type 'gold'."
        );
        assert_eq!(
            told("", "4", 5).unwrap_err(),
            "Invalid input received: Specified volume size of '5' is greater than the maximum allowable size of '4' \
             for volume type 'gold'."
        );
        assert_eq!(told("", "", 5), Ok(()));
        assert_eq!(told("-1", "99999999999", u32::MAX), Ok(()));
        assert!(told("2 GiB", "", 5).unwrap_err().contains("is not a number: '2 GiB'"));
    }
}
