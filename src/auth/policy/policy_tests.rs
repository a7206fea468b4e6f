use std::collections::BTreeMap;

use super::*;
use crate::domain::ctx::ServiceCaller;
use crate::domain::{Clock, ErrorKind, ProjectId, UserId};

fn persona(project: &str, roles: &[&str]) -> Ctx {
    let mut ctx = Ctx {
        user_id: UserId::new("u-1"),
        project_id: ProjectId::new(project),
        roles: roles.iter().map(|&role| role.to_owned()).collect(),
        is_admin: false,
        ..Ctx::internal(Clock::System)
    };
    ctx.is_admin = Policy::defaults().unwrap().check(&ctx, "context_is_admin", &Target::own(&ctx));
    ctx
}

fn in_force(rules: Rules) -> Policy {
    Policy { rules: ArcSwap::from_pointee(rules), defaults: Defaults::New, files: None }
}

fn with(overrides: &str) -> (Policy, Vec<String>) {
    let overrides = file::overrides(overrides.as_bytes()).unwrap();
    let loaded = Rules::with_overrides(overrides, Defaults::New).unwrap();
    (in_force(loaded.rules), loaded.warnings)
}

fn refused(overrides: &str) -> PolicyError {
    file::overrides(overrides.as_bytes())
        .and_then(|overrides| Rules::with_overrides(overrides, Defaults::New).map(|_| ()))
        .unwrap_err()
}

#[test]
fn personas() {
    let policy = Policy::defaults().unwrap();
    let owner = ProjectId::new("p-1");
    let someone = UserId::new("u-2");
    let target = Target::of(&owner, &someone);
    let admin_elsewhere = persona("p-9", &["admin", "member", "reader"]);
    let admin = persona("p-1", &["admin", "member", "reader"]);
    let member = persona("p-1", &["member", "reader"]);
    let reader = persona("p-1", &["reader"]);
    let stranger = persona("p-2", &["member", "reader"]);
    let roleless = persona("p-1", &[]);
    let service = persona("p-1", &["service"]);
    let rank_of = |rules: &[&'static str]| {
        rules
            .iter()
            .flat_map(|rule| {
                [&admin, &admin_elsewhere, &member, &reader, &stranger, &roleless, &service]
                    .map(|who| policy.check(who, rule, &target))
            })
            .collect::<Vec<_>>()
    };
    let expect = |row: [bool; 7], rules: &[&'static str]| {
        assert_eq!(rank_of(rules), row.repeat(rules.len()), "{rules:?}");
    };
    expect([true, true, true, true, false, false, false], defaults::READER_RULES);
    expect([true, true, true, false, false, false, false], defaults::MEMBER_RULES);
    expect([true, true, false, false, false, false, false], defaults::ADMIN_RULES);
    expect([true, true, false, false, false, false, false], defaults::FLEET_RULES);
    expect([true, true, false, false, false, false, false], &["context_is_admin"]);
    expect([false; 7], &["volume:no_such_rule", "default", ""]);
}

#[test]
fn a_refusal_reads_as_cinders() {
    let policy = Policy::defaults().unwrap();
    let reader = persona("p-1", &["reader"]);
    assert!(policy.authorize(&reader, "volume:get", &Target::own(&reader)).is_ok());
    let error = policy.authorize(&reader, "volume:create", &Target::own(&reader)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(error.message(), "Policy doesn't allow volume:create to be performed.");
}

#[test]
fn without_a_project_nothing_is_ones_own() {
    let policy = Policy::defaults().unwrap();
    let mut ctx = persona("", &["member", "reader"]);
    ctx.system_scope = Some("all".to_owned());
    assert!(!policy.check(&ctx, "volume:get", &Target::own(&ctx)));
    assert!(!policy.check(&ctx, "volume:get", &Target::default()));
}

#[test]
fn admin_project_and_is_admin_count() {
    let (policy, _) = with("context_is_admin: role:cloud_admin");
    let mut ctx = persona("p-1", &["admin"]);
    ctx.is_admin = false;
    assert!(policy.check(&ctx, "volume_extension:hosts", &Target::own(&ctx)));
    ctx.is_admin_project = false;
    assert!(!policy.check(&ctx, "volume_extension:hosts", &Target::own(&ctx)));
    ctx.is_admin = true;
    assert!(policy.check(&ctx, "volume_extension:hosts", &Target::own(&ctx)));
}

#[test]
fn every_attribute_can_be_asked_for() {
    let mut ctx = persona("p-1", &["member", "creator"]);
    ctx.user_domain_id = Some("d-1".to_owned());
    ctx.domain_id = Some("d-2".to_owned());
    ctx.system_scope = Some("all".to_owned());
    ctx.service_roles = vec!["service".to_owned()];
    ctx.service_caller = Some(ServiceCaller {
        user_id: UserId::new("nova"),
        user_domain_id: Some("d-3".to_owned()),
        project_id: ProjectId::new("services"),
        project_domain_id: None,
    });
    let attributes = [("visibility", "private"), ("wanted", "Creator"), ("shared", "True"), ("size", "12")];
    let target = Target::own(&ctx).with(&attributes);
    for (rule, expected) in [
        ("user_id:u-1", true),
        ("user_id:u-1x", false),
        ("user_id:u-%(size)s", false),
        ("user_id:%(user_id)s", true),
        ("user_domain_id:d-1 and domain_id:d-2", true),
        ("project_domain_id:None", false),
        ("system_scope:all and system:all", true),
        ("service_roles:service", true),
        ("service_user_id:nova and service_project_id:services and service_user_domain_id:d-3", true),
        ("service_project_domain_id:d-3", false),
        ("roles:creator", true),
        ("role:CREATOR", true),
        ("role:%(wanted)s", true),
        ("role:%(missing)s", false),
        ("'private':%(visibility)s", true),
        ("\"public\":%(visibility)s", false),
        ("True:%(shared)s", true),
        ("12:%(size)s", true),
        ("1:%(size)s", false),
        ("None:%(missing)s", false),
        ("not None:%(missing)s", true),
        ("is_admin:False and is_admin_project:True", true),
        ("is_admin:True", false),
        ("nonsense:1", false),
        ("user.name:u-1", false),
    ] {
        let overrides = BTreeMap::from([("test".to_owned(), parse::text(rule).unwrap())]);
        let policy = in_force(Rules::with_overrides(overrides, Defaults::New).unwrap().rules);
        assert_eq!(policy.check(&ctx, "test", &target), expected, "{rule}");
    }
}

#[test]
fn overrides_in_yaml_and_json() {
    let member = persona("p-1", &["member", "reader"]);
    let creator = persona("p-1", &["creator"]);
    for overrides in [
        "# only creators\n\"volume:create\": \"role:creator\"\nour_rule: '!'\n\"volume:delete\": rule:our_rule\n",
        r#"{"volume:create": [["role:creator", "project_id:%(project_id)s"]], "volume:delete": [[]]}"#,
    ] {
        let (policy, warnings) = with(overrides);
        assert_eq!(warnings, [""; 0], "{overrides}");
        assert!(policy.check(&creator, "volume:create", &Target::own(&creator)));
        assert!(!policy.check(&member, "volume:create", &Target::own(&member)));
        assert!(!policy.check(&member, "volume:delete", &Target::own(&member)));
        assert!(policy.check(&member, "volume:get", &Target::own(&member)), "an untouched rule");
    }
    for nothing in ["", "# just a comment\n", "{}", "---\n"] {
        assert_eq!(with(nothing).1, [""; 0], "{nothing:?}");
    }
}

#[test]
fn a_default_rule_answers_for_the_missing() {
    let (policy, warnings) = with("default: role:creator\n'volume:get': rule:gone\n");
    assert_eq!(warnings, ["rule \"volume:get\" refers to \"gone\", which is not defined"]);
    let creator = persona("p-1", &["creator"]);
    let member = persona("p-1", &["member", "reader"]);
    for rule in ["volume:get", "volume:no_such_rule"] {
        assert!(policy.check(&creator, rule, &Target::own(&creator)), "{rule}");
        assert!(!policy.check(&member, rule, &Target::own(&member)), "{rule}");
    }
}

#[test]
fn former_names_still_count() {
    let member = persona("p-1", &["member", "reader"]);
    let may = |policy: &Policy, rule: &str| policy.check(&member, rule, &Target::own(&member));
    let former = "'volume_extension:types_manage': role:member\n";
    let (policy, warnings) = with(former);
    assert!(may(&policy, "volume_extension:type_create") && may(&policy, "volume_extension:type_delete"));
    assert_eq!(warnings.len(), 3);
    assert_eq!(
        warnings[0],
        "rule \"volume_extension:types_manage\" is deprecated in favour of \
         \"volume_extension:type_create\"; please rename it"
    );
    // The present name wins over the former one, rule by rule.
    let (policy, _) = with(&format!("{former}'volume_extension:type_create': '!'\n"));
    assert!(!may(&policy, "volume_extension:type_create") && may(&policy, "volume_extension:type_delete"));
    // The former default says nothing new, and neither does a reference to the present rule.
    let (policy, _) = with("'volume_extension:volume_image_metadata': rule:admin_or_owner\n");
    let roleless = persona("p-1", &[]);
    assert!(!policy.check(&roleless, "volume_extension:volume_image_metadata:show", &Target::own(&roleless)));
    let (policy, _) = with("'volume_extension:quota_classes': rule:volume_extension:quota_classes:get\n");
    assert!(!may(&policy, "volume_extension:quota_classes:get"));
}

#[test]
fn misspelt_names_are_told() {
    let (_, warnings) = with("'volume:craete': role:member\n");
    assert_eq!(warnings, ["rule \"volume:craete\" is not one that this service asks for"]);
}

#[test]
fn what_a_file_may_not_say() {
    for (overrides, complaint) in [
        ("a: rule:b\nb: rule:c\nc: rule:a\n", "refers to itself"),
        ("'volume:get': rule:volume:get\n", "\"volume:get\" refers to itself"),
        ("default: rule:gone\n", "refers to itself"),
        ("'volume:get': role:admin or\n", "rule \"volume:get\": it ends where a check is expected"),
        ("'volume:get': http://ask/me\n", "checks by a remote server are not supported"),
        ("'volume:get':\n", "rule \"volume:get\": a rule is a text"),
        ("'volume:get': {a: b}\n", "a rule is a text"),
        ("'volume:get': 7\n", "a rule is a text"),
        ("'volume:get': true\n", "a rule is a text"),
        ("7: role:admin\n", "the name of a rule is a text"),
        ("- role:admin\n", "invalid type: sequence"),
        ("just words\n", "invalid type: string"),
        ("a: 'b\n", "scanning a quoted scalar"),
        ("a: role:x\na: role:y\n", "duplicate entry"),
    ] {
        let error = refused(overrides).to_string();
        assert!(error.contains(complaint), "{overrides:?}: {error}");
    }
    let ladder: String = (0..100).map(|n| format!("r{n}: rule:r{}\n", n + 1)).collect();
    assert!(matches!(refused(&ladder), PolicyError::TooDeep(_)));
    assert!(file::overrides(b"\xff\xfe\x00").is_err());
}

#[tokio::test]
async fn a_broken_file_keeps_the_last_good_rules() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.yaml");
    let write = |content: &str| {
        let mut file = tempfile::NamedTempFile::new_in(folder.path()).unwrap();
        std::io::Write::write_all(&mut file, content.as_bytes()).unwrap();
        file.persist(&path).unwrap();
    };
    let policy = Policy::from_file(&path, Defaults::New).await.unwrap();
    let reader = persona("p-1", &["reader"]);
    let may = || policy.check(&reader, "volume:get", &Target::own(&reader));
    assert!(may(), "without a file the defaults hold");
    assert_eq!(policy.reload().await, Ok(Reload::Unchanged));
    write("'volume:get': '!'\n");
    assert_eq!(policy.reload().await, Ok(Reload::Replaced), "the file may appear later");
    assert!(!may());
    assert_eq!(policy.reload().await, Ok(Reload::Unchanged));

    write("'volume:get': '@'\n");
    assert_eq!(policy.reload().await, Ok(Reload::Replaced));
    assert!(may());

    write("'volume:get': (role:admin\n");
    let error = policy.reload().await.unwrap_err().to_string();
    assert!(error.contains("policy.yaml") && error.contains("volume:get"), "{error}");
    assert!(may());
    assert_eq!(policy.reload().await, Ok(Reload::Unchanged), "complained of once");
    write(&" ".repeat((1 << 20) + 1));
    assert!(policy.reload().await.is_err());
    std::fs::remove_file(&path).unwrap();
    assert!(policy.reload().await.unwrap_err().to_string().contains("gone"));
    assert!(may(), "the last good rules hold");

    write("'volume:get': '!'\n");
    assert_eq!(policy.reload().await, Ok(Reload::Replaced));
    assert!(!may());

    write("'volume:get': role:admin or\n");
    assert!(Policy::from_file(&path, Defaults::New).await.is_err(), "a broken file stops the start");
    assert!(Policy::from_file(folder.path(), Defaults::New).await.is_err(), "so does a folder");
}

#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "nobody reads the files while they are written")]
async fn the_files_of_folders_override_in_the_order_of_their_names() {
    let home = tempfile::tempdir().unwrap();
    let (main, first, second) =
        (home.path().join("policy.yaml"), home.path().join("policy.d"), home.path().join("more.d"));
    let write = |path: &std::path::Path, rule: &str| {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!("'volume:get': '{rule}'\n")).unwrap();
    };
    write(&main, "!");
    let folders = vec![first.clone(), second.clone()];
    let policy = Policy::from_files(Some(main.clone()), folders, Defaults::New).await.unwrap();
    let reader = persona("p-1", &["reader"]);
    let may = || policy.check(&reader, "volume:get", &Target::own(&reader));
    assert!(!may(), "folders need not exist");
    assert_eq!(policy.reload().await, Ok(Reload::Unchanged));

    for (file, rule, allowed) in [
        (first.join("20-b"), "@", true),
        (first.join("10-a.yaml"), "!", true),
        (first.join(".30-hidden"), "!", true),
        (first.join("inner/90.yaml"), "!", true),
        (first.join("30-c.json"), "!", false),
        (second.join("00.yaml"), "@", true),
        (main.clone(), "role:nobody", true),
    ] {
        write(&file, rule);
        let quiet = file.ends_with(".30-hidden") || file.ends_with("inner/90.yaml");
        let expected = if quiet { Reload::Unchanged } else { Reload::Replaced };
        assert_eq!(policy.reload().await, Ok(expected), "{}", file.display());
        assert_eq!(may(), allowed, "{}", file.display());
    }

    std::fs::remove_file(second.join("00.yaml")).unwrap();
    assert_eq!(policy.reload().await, Ok(Reload::Replaced), "its rules go with a file");
    assert!(!may());
    std::fs::write(second.join("01.yaml"), "'volume:get': (role:admin\n").unwrap();
    let error = policy.reload().await.unwrap_err().to_string();
    assert!(error.contains("01.yaml") && error.contains("volume:get"), "{error}");
    assert_eq!(policy.reload().await, Ok(Reload::Unchanged), "complained of once");
    std::fs::remove_dir_all(&first).unwrap();
    let error = policy.reload().await.unwrap_err().to_string();
    assert!(error.contains("policy.d") && error.contains("folder is gone"), "{error}");
    assert!(!may(), "the last good rules hold");
    std::fs::create_dir(&first).unwrap();
    write(&second.join("01.yaml"), "@");
    assert_eq!(policy.reload().await, Ok(Reload::Replaced));
    assert!(may());

    let one_that_is_no_folder = Policy::from_files(None, vec![main], Defaults::New).await;
    assert!(one_that_is_no_folder.is_err());
    // A circle through two files is one.
    std::fs::write(first.join("a"), "a: rule:b\n").unwrap();
    std::fs::write(second.join("b"), "b: rule:a\n").unwrap();
    let error = policy.reload().await.unwrap_err().to_string();
    assert!(error.contains("refers to itself") && error.contains("more.d"), "{error}");
}

#[tokio::test]
async fn watching_follows_the_file_until_told_to_stop() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let policy = Policy::from_file(file.path(), Defaults::New).await.unwrap();
    let reader = persona("p-1", &["reader"]);
    let stop = tokio_util::sync::CancellationToken::new();
    std::io::Write::write_all(&mut file, b"'volume:get': '!'\n").unwrap();
    let watched = policy.watch(std::time::Duration::from_millis(5), stop.clone());
    let until_it_holds = async {
        while policy.check(&reader, "volume:get", &Target::own(&reader)) {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        stop.cancel();
    };
    let both = async { tokio::join!(watched, until_it_holds) };
    tokio::time::timeout(std::time::Duration::from_secs(10), both).await.unwrap();
}

#[test]
fn no_auth_is_an_administrator() {
    use crate::auth::{AuthHeaders, Authenticator, RequestFacts};
    let policy = Policy::defaults().unwrap();
    let headers = AuthHeaders { url_project: Some("beef"), ..AuthHeaders::default() };
    let identity = futures::executor::block_on(Authenticator::NoAuth.authenticate(headers)).unwrap();
    let facts = Ctx::internal(Clock::System);
    let facts = RequestFacts {
        request_id: facts.request_id,
        global_request_id: None,
        microversion: facts.microversion,
        clock: facts.clock,
        patience: facts.patience,
    };
    let ctx = identity.into_ctx(facts, &policy);
    assert!(ctx.is_admin && ctx.project_id == ProjectId::new("beef"));
    assert!(policy.check(&ctx, "volume_extension:hosts", &Target::own(&ctx)));
}
