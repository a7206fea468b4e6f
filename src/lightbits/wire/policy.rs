//! QoS policy objects.

use crate::domain::LightosProject;
use crate::lightbits::{QosLimit, QosPolicy, Rate};

use super::{Fields, FromWire};

impl FromWire for QosPolicy {
    fn from_wire(fields: Fields<'_>) -> Result<Self, String> {
        // Reads and writes spell the key differently (`lightbits-api` §2.7).
        let limits = fields.object("QoSRateLimitPolicy").or_else(|| fields.object("qoSRateLimitPolicy"));
        Ok(Self {
            uuid: fields.id("UUID")?,
            name: fields.text("name").unwrap_or_default(),
            description: fields.text("description"),
            state: fields.of("state"),
            limit: limits.map_or(QosLimit::Unlimited, limit),
            visibility: limits.map(|limits| limits.of("policyVisibility")).unwrap_or_default(),
            projects: limits
                .map(|limits| {
                    limits.texts("projectsNamesScope").into_iter().map(LightosProject::new).collect()
                })
                .unwrap_or_default(),
        })
    }
}

fn limit(fields: Fields<'_>) -> QosLimit {
    let rate = |object: &str, kind: &str| {
        let limits = fields.object(object)?;
        let one = |side: &str| Some(limits.small::<u32>(&format!("{side}{kind}Limit"))).filter(|n| *n != 0);
        Some(Rate { read: one("read"), write: one("write") }).filter(|rate| *rate != Rate::default())
    };
    if let Some(limit) = rate("limitIOPS", "IOPS") {
        QosLimit::Iops(limit)
    } else if let Some(limit) = rate("limitBw", "BW") {
        QosLimit::Bandwidth(limit)
    } else if let Some(limit) = rate("limitIOPSPerGB", "IOPSPerGB") {
        QosLimit::IopsPerGb(limit)
    } else {
        QosLimit::Unlimited
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::lightbits::wire;
    use crate::lightbits::{CreatePolicy, PolicyState, PolicyVisibility};

    #[test]
    fn what_we_write_is_what_we_read() {
        let iops = QosLimit::Iops(Rate { read: Some(512), write: None });
        let bandwidth = QosLimit::Bandwidth(Rate { read: Some(1), write: Some(2) });
        for limit in [iops, bandwidth, QosLimit::Unlimited] {
            let mut value = wire::policy(
                &CreatePolicy {
                    name: "gold".to_owned(),
                    description: None,
                    limit,
                    visibility: PolicyVisibility::Scoped,
                    projects: vec![LightosProject::new("a")],
                },
                Some(&Uuid::new_v4().to_string()),
            );
            value["state"] = json!("Active");
            let policy = QosPolicy::from_wire(Fields::new(value.as_object().unwrap())).unwrap();
            assert_eq!((policy.limit, policy.state), (limit, PolicyState::Active));
            assert_eq!(policy.projects, [LightosProject::new("a")]);
            assert_eq!(policy.visibility, PolicyVisibility::Scoped);
        }
    }
}
