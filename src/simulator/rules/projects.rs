//! Projects and credentials (`lightbits-api` §2.6).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

use super::{Moment, input};
use crate::simulator::model::{Credential, Project, Record};
use crate::simulator::refusal::{Refusal, Result};

/// The cluster's own scope, and the project that everybody starts with.
pub const BUILT_IN: [&str; 2] = ["system", "default"];

pub fn create(at: &Moment<'_>, name: String, description: String) -> Result<(Vec<Record>, Project)> {
    input::project_name(&name)?;
    input::description(&description)?;
    if at.tables.projects.contains_key(&name) {
        return Err(Refusal::exists(format!("project {name:?} exists")));
    }
    let project = Project { uuid: Uuid::new_v4(), name, description, default_policy: None };
    Ok((vec![Record::Project(project.clone())], project))
}

pub fn set_default_policy(at: &Moment<'_>, project: &Project, policy: Option<Uuid>) -> Result<Vec<Record>> {
    let usable =
        |uuid: &Uuid| at.tables.policies.get(uuid).is_some_and(|policy| policy.serves(&project.name));
    if let Some(uuid) = policy.filter(|uuid| !usable(uuid)) {
        return Err(Refusal::invalid(format!("no QoS policy {uuid} for project {}", project.name)));
    }
    Ok(vec![Record::Project(Project { default_policy: policy, ..project.clone() })])
}

pub fn delete(at: &Moment<'_>, project: &Project) -> Result<Vec<Record>> {
    let name = project.name.as_str();
    let volumes = at.tables.volumes.values().any(|volume| volume.project == name);
    let snapshots = at.tables.snapshots.values().any(|snapshot| snapshot.project == name);
    if BUILT_IN.contains(&name) || volumes || snapshots {
        return Err(Refusal::precondition(format!("project {name:?} cannot be deleted")));
    }
    let credentials = at.tables.credentials.keys().filter(|(project, _)| project == name);
    let mut records: Vec<Record> = credentials
        .map(|(project, id)| Record::CredentialGone { project: project.clone(), id: id.clone() })
        .collect();
    records.push(Record::ProjectGone(name.to_owned()));
    Ok(records)
}

/// `payload` is the base64 of a PEM text.
pub fn add_credential(
    at: &Moment<'_>,
    project: &str,
    id: &str,
    kind: &str,
    payload: &str,
) -> Result<Vec<Record>> {
    input::name(id)?;
    if !at.tables.projects.contains_key(project) {
        return Err(Refusal::invalid(format!("no project {project:?}")));
    }
    if at.tables.credentials.contains_key(&(project.to_owned(), id.to_owned())) {
        return Err(Refusal::exists(format!("credential {id:?} exists")));
    }
    let pem = STANDARD.decode(payload).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let pem = pem
        .filter(|pem| pem.contains("-----BEGIN"))
        .ok_or_else(|| Refusal::invalid("payload is not a PEM"))?;
    if kind == "RS256PubKey" && jsonwebtoken::DecodingKey::from_rsa_pem(pem.as_bytes()).is_err() {
        return Err(Refusal::invalid("payload is not an RSA public key"));
    }
    let credential =
        Credential { project: project.to_owned(), id: id.to_owned(), kind: kind.to_owned(), payload: pem };
    Ok(vec![Record::Credential(credential)])
}
