//! Requests as JSON.

use serde_json::{Map, Value, json};

use crate::domain::size::GIB;
use crate::domain::{Bytes, LightosProject, Metadata};

use crate::lightbits::{
    Acl, CreatePolicy, CreateSnapshot, CreateVolume, PolicyVisibility, QosLimit, QosRef, Rate, UpdateVolume,
};

/// Whole GiB in the words of stock Cinder's driver, other sizes in those of the CSI driver,
/// which found that its releases want a unit on create.
fn size(size: Bytes) -> String {
    if size.0 > 0 && size.0.is_multiple_of(GIB) {
        format!("{} gib", size.0 / GIB)
    } else {
        format!("{}b", size.0)
    }
}

fn acl(acl: &Acl) -> Value {
    match acl {
        Acl::Any => json!({"values": ["ALLOW_ANY"]}),
        // An empty list is not accepted any more; nobody has to be said.
        Acl::Nobody => json!({"values": ["ALLOW_NONE"]}),
        Acl::Only(hosts) if hosts.is_empty() => json!({"values": ["ALLOW_NONE"]}),
        Acl::Only(hosts) => json!({"values": hosts}),
    }
}

fn labels(labels: &Metadata) -> Value {
    labels.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

fn put_qos(body: &mut Map<String, Value>, qos: &QosRef) {
    let (key, value) = match qos {
        QosRef::Uuid(uuid) => ("qosPolicyUUID", uuid.to_string()),
        QosRef::Name(name) => ("qosPolicyName", name.clone()),
    };
    body.insert(key.to_owned(), value.into());
}

pub(in crate::lightbits) fn create_volume(request: &CreateVolume) -> Value {
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
    put("name", request.name.as_str().into());
    put("projectName", request.project.as_str().into());
    put("size", size(request.size).into());
    put("replicaCount", request.replicas.into());
    put("compression", request.compression.to_string().into());
    put("acl", acl(&request.acl));
    put("IPAcl", acl(&request.ip_acl));
    if let Some(source) = request.source {
        put("sourceSnapshotUUID", source.to_string().into());
    }
    if !request.labels.is_empty() {
        put("labels", labels(&request.labels));
    }
    if let Some(qos) = &request.qos {
        put_qos(&mut body, qos);
    }
    Value::Object(body)
}

pub(in crate::lightbits) fn update_volume(
    project: &LightosProject,
    uuid: &str,
    request: &UpdateVolume,
) -> Value {
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
    put("UUID", uuid.into());
    put("projectName", project.as_str().into());
    if let Some(hosts) = &request.acl {
        put("acl", acl(hosts));
    }
    if let Some(addresses) = &request.ip_acl {
        put("IPAcl", acl(addresses));
    }
    if let Some(bytes) = request.size {
        put("size", size(bytes).into());
    }
    if let Some(compression) = request.compression {
        put("compression", compression.to_string().into());
    }
    if let Some(name) = &request.new_name {
        put("newName", name.as_str().into());
    }
    if let Some(new_labels) = &request.labels {
        put("labels", labels(new_labels));
    }
    if let Some(qos) = &request.qos {
        put_qos(&mut body, qos);
    }
    Value::Object(body)
}

pub(in crate::lightbits) fn create_snapshot(request: &CreateSnapshot) -> Value {
    let mut body = json!({
        "name": request.name,
        "projectName": request.project.as_str(),
        "sourceVolumeUUID": request.volume.to_string(),
    });
    if let Some(description) = &request.description {
        body["description"] = description.as_str().into();
    }
    body
}

/// The body of a policy's create, and with `uuid` of its update.
pub(in crate::lightbits) fn policy(request: &CreatePolicy, uuid: Option<&str>) -> Value {
    let scoped = request.visibility == PolicyVisibility::Scoped;
    let mut limits = json!({
        "policyVisibility": if scoped { "Scoped" } else { "Global" },
        "projectsNamesScope": request.projects.iter().map(LightosProject::as_str).collect::<Vec<_>>(),
    });
    let rate = |kind: &str, rate: Rate| json!({format!("write{kind}Limit"): rate.write.unwrap_or(0), format!("read{kind}Limit"): rate.read.unwrap_or(0)});
    match request.limit {
        QosLimit::Unlimited => limits["limitIOPS"] = rate("IOPS", Rate::default()),
        QosLimit::Iops(limit) => limits["limitIOPS"] = rate("IOPS", limit),
        QosLimit::Bandwidth(limit) => limits["limitBw"] = rate("BW", limit),
        QosLimit::IopsPerGb(limit) => limits["limitIOPSPerGB"] = rate("IOPSPerGB", limit),
    }
    let mut body = json!({"name": request.name, "qoSRateLimitPolicy": limits});
    if let Some(description) = &request.description {
        body["description"] = description.as_str().into();
    }
    if let Some(uuid) = uuid {
        body["UUID"] = uuid.into();
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BackendUuid, Gib};

    #[test]
    fn a_create_says_what_stock_cinder_says() {
        let source = BackendUuid::random();
        let body = create_volume(&CreateVolume {
            project: LightosProject::new("default"),
            name: "volume-1".to_owned(),
            size: Gib(10).bytes(),
            replicas: 3,
            compression: true,
            acl: Acl::Nobody,
            ip_acl: Acl::Only(vec![]),
            source: Some(source),
            qos: Some(QosRef::parse("gold")),
            labels: [("hearth".to_owned(), "1".to_owned())].into(),
        });
        assert_eq!(
            body,
            json!({"name": "volume-1", "projectName": "default", "size": "10 gib", "replicaCount": 3,
                "compression": "true", "acl": {"values": ["ALLOW_NONE"]}, "IPAcl": {"values": ["ALLOW_NONE"]},
                "sourceSnapshotUUID": source.to_string(), "qosPolicyName": "gold",
                "labels": [{"key": "hearth", "value": "1"}]})
        );
    }

    #[test]
    fn an_update_says_only_what_changes() {
        let change = UpdateVolume { size: Some(Bytes(4096)), ..UpdateVolume::default() };
        let body = update_volume(&LightosProject::new("p"), "u", &change);
        assert_eq!(body, json!({"UUID": "u", "projectName": "p", "size": "4096b"}));
    }
}
