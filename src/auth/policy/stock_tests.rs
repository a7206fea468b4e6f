//! Held against stock Cinder: `tests/conformance/rbac/rules.json` is what its own policies say to
//! every persona about every target, recorded by the script beside it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::auth::{Identity, IsAdmin, RequestFacts};
use crate::domain::{Clock, ProjectId, UserId};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/rbac");

/// What the caller itself would make.
const OWN: &str = "own";
/// What stock says of this is what is said here to a caller without a project about what it would
/// make. (To stock, the missing project of the one is the missing project of the other, by the
/// name of `None`.)
const OWN_IN_NO_PROJECT: &str = "one's own in no project";

fn recorded() -> Value {
    let text = std::fs::read_to_string(format!("{FOLDER}/rules.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn text(value: &Value, key: &str) -> Option<String> {
    value[key].as_str().map(str::to_owned)
}

fn caller(persona: &Value, policy: &Policy) -> Ctx {
    let no_auth = persona["is_admin"] == true;
    let identity = Identity {
        user_id: UserId::new(persona["user_id"].as_str().unwrap()),
        user_name: None,
        user_domain_id: None,
        project_id: persona["project_id"].as_str().map(ProjectId::new),
        project_name: None,
        project_domain_id: None,
        domain_id: text(persona, "domain_id"),
        system_scope: text(persona, "system_scope"),
        roles: if no_auth { vec!["admin".to_owned()] } else { texts(&persona["roles"]) },
        is_admin_project: persona["is_admin_project"] != false,
        service_roles: Vec::new(),
        service_caller: None,
        is_admin: if no_auth { IsAdmin::Always } else { IsAdmin::ByPolicy },
    };
    let facts = Ctx::internal(Clock::System);
    let facts = RequestFacts {
        request_id: facts.request_id,
        global_request_id: None,
        microversion: facts.microversion,
        clock: facts.clock,
        patience: facts.patience,
    };
    identity.into_ctx(facts, policy)
}

fn allows(policy: &Policy, caller: &Ctx, rule: &str, target: &Value) -> bool {
    if target["name"] == OWN {
        return policy.check(caller, rule, &Target::own(caller));
    }
    let domain = [("domain_id", target["domain_id"].as_str().unwrap_or_default())];
    let target = Target {
        project_id: target["project_id"].as_str(),
        user_id: target["user_id"].as_str(),
        attributes: if target["domain_id"].is_null() { &[] } else { &domain },
    };
    policy.check(caller, rule, &target)
}

/// The letters of one rule, persona by persona, as they are to be here.
fn expected(personas: &[Value], targets: &[Value], letters: &str) -> Vec<String> {
    let place = |name: &str| targets.iter().position(|target| target["name"] == name).unwrap();
    let of_one = |(persona, letters): (&Value, &str)| {
        assert_eq!(letters.len(), targets.len());
        let mut letters: Vec<char> = letters.chars().collect();
        if persona["project_id"].is_null() {
            letters[place(OWN)] = letters[place(OWN_IN_NO_PROJECT)];
        }
        letters.into_iter().collect()
    };
    let by_persona: Vec<&str> = letters.split(' ').collect();
    assert_eq!(by_persona.len(), personas.len());
    personas.iter().zip(by_persona).map(of_one).collect()
}

/// Rule by rule what stock says under one policy file.
fn by_rule(groups: &Value) -> BTreeMap<String, String> {
    let groups = groups.as_object().unwrap().iter();
    groups
        .flat_map(|(letters, rules)| texts(rules).into_iter().map(move |rule| (rule, letters.clone())))
        .collect()
}

async fn policy(file: &str, defaults: Defaults) -> Policy {
    if file.is_empty() {
        return Policy::of(defaults).unwrap();
    }
    Policy::from_file(format!("{FOLDER}/policies/{file}"), defaults).await.unwrap()
}

#[test]
fn the_rules_are_stocks_letter_for_letter() {
    let recorded = recorded();
    let rules = recorded["rules"].as_object().unwrap();
    let ours: BTreeMap<_, _> = defaults::all().filter(|(name, _)| !name.starts_with("fleet:")).collect();
    let theirs: BTreeMap<_, _> =
        rules.iter().map(|(name, rule)| (name.as_str(), rule["check"].as_str().unwrap())).collect();
    assert_eq!(ours, theirs);
    let ours: BTreeMap<_, _> = former::all().map(|past| (past.rule, (past.name, past.check))).collect();
    let theirs: BTreeMap<_, _> = rules
        .iter()
        .filter(|(_, rule)| !rule["former"].is_null())
        .map(|(name, rule)| {
            let [former, check] = [0, 1].map(|at| rule["former"][at].as_str().unwrap());
            (name.as_str(), (former, check))
        })
        .collect();
    assert_eq!(ours, theirs);
    assert!(rules.values().all(|rule| rule["scope_types"].is_null()), "a scope to be enforced");
}

#[tokio::test]
async fn every_persona_hears_what_stock_would_say() {
    let recorded = recorded();
    let list = |key: &str| recorded[key].as_array().unwrap().clone();
    let (personas, targets) = (list("personas"), list("targets"));
    let mut asked = 0;
    for (mode, defaults) in [("new defaults", Defaults::New), ("old and new defaults", Defaults::NewOrFormer)]
    {
        let without_file = by_rule(&recorded["verdicts"][mode][""]);
        for (file, changed) in recorded["verdicts"][mode].as_object().unwrap() {
            let policy = policy(file, defaults).await;
            let mut all = without_file.clone();
            all.extend(by_rule(changed));
            let callers: Vec<Ctx> = personas.iter().map(|persona| caller(persona, &policy)).collect();
            for (rule, letters) in &all {
                let expected = expected(&personas, &targets, letters);
                for ((persona, caller), expected) in personas.iter().zip(&callers).zip(expected) {
                    let found: String = targets
                        .iter()
                        .map(|target| if allows(&policy, caller, rule, target) { 'y' } else { 'n' })
                        .collect();
                    assert_eq!(found, expected, "{mode}, {file:?}: {rule} for {}", persona["name"]);
                    asked += found.len();
                }
            }
        }
    }
    let files = std::fs::read_dir(format!("{FOLDER}/policies")).unwrap().count();
    let rules = recorded["rules"].as_object().unwrap().len();
    assert_eq!(asked, 2 * (files + 1) * rules * personas.len() * targets.len());
}
