//! QoS specs: limits that a cloud promises with a volume type, kept by the hypervisor (front-end),
//! by the cluster (back-end), or both.
//!
//! What a cluster keeps is a Lightbits QoS policy. A spec names one (`lightos:qos_policy`), or it
//! gives limits, from which a policy of our own is made on every cluster that has such volumes; it
//! is named after the spec, and changed in place when the spec changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::status::text_enum;
use super::volume_type::VolumeType;
use super::{Gib, QosSpecsId, Timestamp};

/// Key of a spec (and of a type's extra specs) that names a policy of the cluster, by UUID or name.
pub const POLICY_KEY: &str = "lightos:qos_policy";

/// A cluster rounds limits of I/O operations up to a multiple of this (`lightbits-api` §2.7).
const IOPS_STEP: u32 = 256;
const MEGABYTE: u64 = 1_000_000;

text_enum! {
    /// Who keeps the limits.
    Consumer { BackEnd = "back-end", FrontEnd = "front-end", Both = "both" }
}

/// The keys; a value may be null.
pub type Specs = BTreeMap<String, Option<String>>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QosSpecs {
    pub id: QosSpecsId,
    pub name: String,
    pub consumer: Consumer,
    pub specs: Specs,
    pub created_at: Timestamp,
    pub updated_at: Option<Timestamp>,
}

/// A rate; `None` is unlimited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rate {
    pub read: Option<u32>,
    pub write: Option<u32>,
}

/// One of the kinds of limit a policy can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QosLimit {
    Unlimited,
    /// I/O operations per second; the cluster rounds up to 256.
    Iops(Rate),
    /// MB/s.
    Bandwidth(Rate),
    IopsPerGb(Rate),
}

/// What the cluster of a volume is to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Throttle {
    /// Whatever the cluster gives to volumes that name no policy.
    Default,
    /// A policy of the operator's, by UUID or name.
    Policy(String),
    /// The policy of ours that stands for this spec.
    Own { specs: QosSpecsId, limit: QosLimit },
}

impl Throttle {
    /// What a type asks for: its QoS specs win over its extra specs, as with Cinder's drivers.
    ///
    /// # Errors
    /// A sentence about limits that no policy can keep.
    pub fn of(volume_type: &VolumeType, specs: Option<&QosSpecs>) -> Result<Self, String> {
        match specs.map_or(Ok(Self::Default), QosSpecs::back_end)? {
            Self::Default => {}
            asked => return Ok(asked),
        }
        let named = volume_type.extra_specs.get(POLICY_KEY).filter(|policy| !policy.is_empty());
        Ok(named.map_or(Self::Default, |policy| Self::Policy(policy.clone())))
    }
}

/// `hearth-qos-<id of the spec>`: the policy of a spec that gives limits.
pub fn policy_name(specs: QosSpecsId) -> String {
    format!("hearth-qos-{specs}")
}

impl QosLimit {
    /// As the cluster keeps and shows it.
    #[must_use]
    pub const fn rounded(self) -> Self {
        match self {
            Self::Iops(Rate { read, write }) => Self::Iops(Rate { read: step(read), write: step(write) }),
            other => other,
        }
    }
}

const fn step(limit: Option<u32>) -> Option<u32> {
    match limit {
        Some(limit) => match limit.checked_next_multiple_of(IOPS_STEP) {
            Some(rounded) => Some(rounded),
            None => Some(u32::MAX),
        },
        None => None,
    }
}

type Kind = fn(Rate) -> QosLimit;

/// The families of keys, in the words of Cinder's front-end, and what one unit of theirs is.
const FAMILIES: [(&str, Kind, u64); 3] = [
    ("iops_sec", QosLimit::Iops, 1),
    ("bytes_sec", QosLimit::Bandwidth, MEGABYTE),
    ("iops_sec_per_gb", QosLimit::IopsPerGb, 1),
];

impl QosSpecs {
    /// What the specs by themselves ask of the cluster.
    ///
    /// # Errors
    /// A sentence about limits that no policy can keep.
    pub fn back_end(&self) -> Result<Throttle, String> {
        if self.consumer == Consumer::FrontEnd {
            return Ok(Throttle::Default);
        }
        let named = self.specs.get(POLICY_KEY).and_then(Option::as_ref);
        if let Some(policy) = named.filter(|policy| !policy.is_empty()) {
            return Ok(Throttle::Policy(policy.clone()));
        }
        Ok(match self.limit()? {
            QosLimit::Unlimited => Throttle::Default,
            limit => Throttle::Own { specs: self.id, limit },
        })
    }

    /// The limits for the cluster, from `read_`, `write_` and `total_` `iops_sec`, `bytes_sec` and
    /// `iops_sec_per_gb`. A policy limits reading and writing apart, so a total goes to each.
    ///
    /// # Errors
    /// A sentence: a value is no number, or there are limits of more than one kind.
    pub fn limit(&self) -> Result<QosLimit, String> {
        let mut found = Vec::new();
        for (family, make, unit) in FAMILIES {
            let total = self.number("total", family, unit)?;
            let (read, write) = (self.number("read", family, unit)?, self.number("write", family, unit)?);
            let rate = Rate { read: read.or(total), write: write.or(total) };
            if rate != Rate::default() {
                found.push((family, make(rate)));
            }
        }
        match found[..] {
            [] => Ok(QosLimit::Unlimited),
            [(_, limit)] => Ok(limit),
            _ => {
                let families: Vec<_> = found.iter().map(|(family, _)| *family).collect();
                Err(format!(
                    "the QoS specs {} limit {}, and a policy of a cluster can keep only one of them",
                    self.name,
                    families.join(" and ")
                ))
            }
        }
    }

    /// 0 and null are unlimited.
    fn number(&self, side: &str, family: &str, unit: u64) -> Result<Option<u32>, String> {
        let key = format!("{side}_{family}");
        let Some(Some(text)) = self.specs.get(&key) else { return Ok(None) };
        let wrong = || format!("{key} of the QoS specs {} must be a number, not {text:?}", self.name);
        let number: u64 = text.trim().parse().map_err(|_| wrong())?;
        let units = u32::try_from(number.div_ceil(unit)).map_err(|_| wrong())?;
        Ok(Some(units).filter(|units| *units > 0))
    }

    /// What the hypervisor is told with a connection; limits per GB are multiplied out.
    pub fn front_end(&self, size: Gib) -> Option<Map<String, Value>> {
        if self.consumer == Consumer::BackEnd {
            return None;
        }
        let mut told: Map<String, Value> =
            self.specs.iter().map(|(key, value)| (key.clone(), Value::from(value.clone()))).collect();
        for side in ["read", "write", "total"] {
            for family in ["iops_sec", "bytes_sec"] {
                self.multiply(&mut told, &format!("{side}_{family}"), i64::from(size.0));
            }
        }
        Some(told)
    }

    fn multiply(&self, told: &mut Map<String, Value>, option: &str, gib: i64) {
        let number = |key: &str| self.specs.get(key)?.as_ref()?.trim().parse::<i64>().ok();
        let (per_gb, least, most) =
            (format!("{option}_per_gb"), format!("{option}_per_gb_min"), format!("{option}_max"));
        let Some(each) = number(&per_gb) else { return };
        let value = each.saturating_mul(gib).max(number(&least).unwrap_or(0));
        told.insert(option.to_owned(), value.min(number(&most).unwrap_or(value)).into());
        for spent in [&per_gb, &least, &most] {
            told.remove(spent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specs(consumer: Consumer, pairs: &[(&str, &str)]) -> QosSpecs {
        let specs = pairs.iter().map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned()))).collect();
        let created_at = Timestamp(0);
        let name = "gold".to_owned();
        QosSpecs { id: QosSpecsId::random(), name, consumer, specs, created_at, updated_at: None }
    }

    fn typed(extra: &[(&str, &str)]) -> VolumeType {
        VolumeType {
            id: super::super::VolumeTypeId::random(),
            name: "t".to_owned(),
            description: None,
            is_public: true,
            qos_specs_id: None,
            extra_specs: extra.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            created_at: Timestamp(0),
            updated_at: None,
        }
    }

    #[test]
    fn limits_are_read_in_the_units_of_the_cluster() {
        let limit = |pairs| specs(Consumer::BackEnd, pairs).limit();
        let rate = |read, write| Rate { read, write };
        assert_eq!(limit(&[("total_iops_sec", "1000")]), Ok(QosLimit::Iops(rate(Some(1000), Some(1000)))));
        assert_eq!(
            limit(&[("total_iops_sec", "9"), ("read_iops_sec", "5")]),
            Ok(QosLimit::Iops(rate(Some(5), Some(9))))
        );
        assert_eq!(limit(&[("write_bytes_sec", "1000001")]), Ok(QosLimit::Bandwidth(rate(None, Some(2)))));
        assert_eq!(limit(&[("read_iops_sec_per_gb", "3")]), Ok(QosLimit::IopsPerGb(rate(Some(3), None))));
        assert_eq!(limit(&[("total_iops_sec", "0"), ("other", "x")]), Ok(QosLimit::Unlimited));
        assert!(limit(&[("total_iops_sec", "many")]).is_err());
        assert!(limit(&[("total_iops_sec", "99999999999")]).is_err());
        assert!(
            limit(&[("total_iops_sec", "1"), ("total_bytes_sec", "1")]).unwrap_err().contains("only one")
        );
    }

    #[test]
    fn the_cluster_rounds_operations_and_nothing_else() {
        let rate = Rate { read: Some(400), write: None };
        assert_eq!(QosLimit::Iops(rate).rounded(), QosLimit::Iops(Rate { read: Some(512), write: None }));
        assert_eq!(QosLimit::Bandwidth(rate).rounded(), QosLimit::Bandwidth(rate));
    }

    #[test]
    fn qos_specs_win_over_extra_specs() {
        let named = typed(&[(POLICY_KEY, "silver")]);
        assert_eq!(Throttle::of(&named, None), Ok(Throttle::Policy("silver".to_owned())));
        let front = specs(Consumer::FrontEnd, &[("total_iops_sec", "1")]);
        assert_eq!(Throttle::of(&named, Some(&front)), Ok(Throttle::Policy("silver".to_owned())));
        assert_eq!(Throttle::of(&typed(&[(POLICY_KEY, "")]), Some(&front)), Ok(Throttle::Default));
        let own = specs(Consumer::Both, &[("read_iops_sec", "1")]);
        assert!(matches!(Throttle::of(&named, Some(&own)), Ok(Throttle::Own { .. })));
        let gold = specs(Consumer::BackEnd, &[(POLICY_KEY, "gold"), ("read_iops_sec", "1")]);
        assert_eq!(Throttle::of(&named, Some(&gold)), Ok(Throttle::Policy("gold".to_owned())));
    }

    #[test]
    fn the_hypervisor_is_told_products() {
        let pairs = [
            ("read_iops_sec_per_gb", "10"),
            ("read_iops_sec_per_gb_min", "50"),
            ("write_iops_sec_per_gb", "10"),
            ("write_iops_sec_max", "25"),
            ("total_bytes_sec", "77"),
        ];
        let told = specs(Consumer::Both, &pairs).front_end(Gib(4)).unwrap();
        let expected =
            serde_json::json!({"read_iops_sec": 50, "write_iops_sec": 25, "total_bytes_sec": "77"});
        assert_eq!(Value::Object(told), expected);
        assert_eq!(specs(Consumer::BackEnd, &pairs).front_end(Gib(4)), None);
    }
}
