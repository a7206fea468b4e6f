//! Projects, their credentials and their roles.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::message::Message;
use super::{Call, Decided};
use crate::simulator::model::{Credential, Project, Record};
use crate::simulator::refusal::{Refusal, Result};
use crate::simulator::rules::{Moment, projects as rules};

pub fn create(at: &Moment<'_>, call: &Call) -> Decided {
    let (records, project) = rules::create(at, call.body.text("name")?, call.body.text("description")?)?;
    let answer = view(at, &project);
    Ok((records, answer))
}

/// A tenant sees its own.
pub fn list(at: &Moment<'_>, call: &Call) -> Result<Value> {
    let projects = at.tables.projects.values().filter(|project| call.caller.sees_project(&project.name));
    Ok(Message::new(&at.options.quirks).list("projects", projects.map(|it| view(at, it)).collect()).value())
}

fn find<'a>(at: &Moment<'a>, call: &Call) -> Result<&'a Project> {
    at.tables.projects.get(call.param("projectName")).ok_or_else(|| Refusal::not_found("project not found"))
}

pub fn get(at: &Moment<'_>, call: &Call) -> Result<Value> {
    Ok(view(at, find(at, call)?))
}

/// Only the default policies can be changed.
pub fn update(at: &Moment<'_>, call: &Call) -> Decided {
    let mut policy = None;
    for default in call.body.objects("defaultPolicies")?.unwrap_or_default() {
        if default.choice("policyType", &[("qosRateLimit", 0), ("snapshot", 1)])? == 0 {
            let uuid = default.text("policyUUID")?;
            policy = Some(Uuid::parse_str(&uuid).map_err(|_| Refusal::invalid("policyUUID is not a UUID"))?);
        }
    }
    Ok((rules::set_default_policy(at, find(at, call)?, policy)?, json!({})))
}

pub fn delete(at: &Moment<'_>, call: &Call) -> Decided {
    Ok((rules::delete(at, find(at, call)?)?, json!({})))
}

fn view(at: &Moment<'_>, project: &Project) -> Value {
    let default =
        project.default_policy.map(|uuid| json!({"policyType": "qosRateLimit", "policyUUID": uuid}));
    Message::new(&at.options.quirks)
        .uuid("UUID", project.uuid)
        .text("name", &project.name)
        .text("description", &project.description)
        .list("defaultPolicies", default.into_iter().collect())
        .value()
}

pub fn create_credential(at: &Moment<'_>, call: &Call) -> Decided {
    const KINDS: [(&str, u32); 4] =
        [("UnknownType", 0), ("RS256PubKey", 1), ("TlsCertChainPem", 2), ("TlsPrivKeyPem", 3)];
    let kind = call.body.choice("type", &KINDS)?;
    let kind = KINDS.iter().find(|(_, number)| *number == kind && kind != 0).map(|(name, _)| *name);
    let kind = kind.ok_or_else(|| Refusal::invalid("unknown credential type"))?;
    let id = call.body.text("ID")?;
    let records =
        rules::add_credential(at, call.param("projectName"), &id, kind, &call.body.text("payload")?)?;
    let answer = records.iter().find_map(|record| match record {
        Record::Credential(credential) => Some(credential_view(at, credential)),
        _ => None,
    });
    Ok((records, answer.unwrap_or_default()))
}

pub fn credentials(at: &Moment<'_>, call: &Call) -> Result<Value> {
    let project = &find(at, call)?.name;
    let mine = at.tables.credentials.values().filter(|credential| credential.project == *project);
    Ok(Message::new(&at.options.quirks)
        .list("credentials", mine.map(|it| credential_view(at, it)).collect())
        .value())
}

fn find_credential<'a>(at: &Moment<'a>, call: &Call) -> Result<&'a Credential> {
    let key = (call.param("projectName").to_owned(), call.param("ID").to_owned());
    at.tables.credentials.get(&key).ok_or_else(|| Refusal::not_found("credential not found"))
}

pub fn credential(at: &Moment<'_>, call: &Call) -> Result<Value> {
    Ok(credential_view(at, find_credential(at, call)?))
}

/// Tokens signed with its key are worth nothing from now on.
pub fn delete_credential(at: &Moment<'_>, call: &Call) -> Decided {
    let found = find_credential(at, call)?;
    let gone = Record::CredentialGone { project: found.project.clone(), id: found.id.clone() };
    Ok((vec![gone], json!({})))
}

fn credential_view(at: &Moment<'_>, credential: &Credential) -> Value {
    Message::new(&at.options.quirks)
        .text("projectName", &credential.project)
        .text("ID", &credential.id)
        .choice("type", &credential.kind, "UnknownType")
        .text("payload", &STANDARD.encode(&credential.payload))
        .choice("kind", "UserCreds", "UserCreds")
        .value()
}

fn role_list(project: &str) -> Vec<(&'static str, Value)> {
    let own = json!([{"resources": ["volumes", "snapshots", "resourcePolicys"], "actions": ["*"]}]);
    let look =
        json!([{"resources": ["volumes", "snapshots", "resourcePolicys"], "actions": ["get", "list"]}]);
    match project {
        "system" => vec![
            ("cluster-admin", json!([{"resources": ["*"], "actions": ["*"]}])),
            ("cluster-viewer", json!([{"resources": ["*"], "actions": ["get", "list"]}])),
        ],
        _ => vec![("admin", own), ("viewer", look)],
    }
}

fn role_view(at: &Moment<'_>, project: &str, name: &str, rules: &Value) -> Value {
    Message::new(&at.options.quirks)
        .text("projectName", project)
        .text("name", name)
        .text("rulesJson", &rules.to_string())
        .value()
}

pub fn roles(at: &Moment<'_>, call: &Call) -> Result<Value> {
    let project = &find(at, call)?.name;
    let roles = role_list(project).iter().map(|(name, rules)| role_view(at, project, name, rules)).collect();
    Ok(Message::new(&at.options.quirks).list("roles", roles).value())
}

pub fn role(at: &Moment<'_>, call: &Call) -> Result<Value> {
    let project = &find(at, call)?.name;
    let found = role_list(project).into_iter().find(|(name, _)| *name == call.param("name"));
    let (name, rules) = found.ok_or_else(|| Refusal::not_found("role not found"))?;
    Ok(role_view(at, project, name, &rules))
}
