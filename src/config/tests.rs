use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;

use super::load::load_with;
use super::*;

fn write(folder: &Path, name: &str, text: &str, mode: u32) -> PathBuf {
    let path = folder.join(name);
    #[expect(clippy::disallowed_methods, reason = "a test file of our own")]
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

fn problems(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "hearth.toml", text, 0o600);
    let prefix = folder.path().display().to_string();
    load_with(Some(&file), []).unwrap_err().iter().map(|p| p.to_string().replace(&prefix, "")).collect()
}

#[test]
fn a_file_is_read_and_its_paths_are_relative_to_it() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "password", "s3cret\n", 0o600);
    let text = r#"
        [server]
        listen = "0.0.0.0:8776"
        patience = "90s"
        [keystone]
        auth_url = "http://127.0.0.1:5000"
        password_file = "password"
        [fleet]
        clusters_file = "clusters.toml"
        poll_interval = 2.5
        [quotas]
        volumes = -1
        [policy]
        file = "policy.yaml"
        folders = ["policy.d", "/srv/policy.d"]
        [nova]
        region_name = "west"
    "#;
    let file = write(folder.path(), "hearth.toml", text, 0o644);
    let loaded = load_with(Some(&file), []).unwrap();
    let config = loaded.config;
    assert_eq!(config.server.listen.to_string(), "0.0.0.0:8776");
    assert_eq!(config.fleet.clusters_file, folder.path().join("clusters.toml"));
    assert_eq!(config.fleet.poll_interval.0.as_millis(), 2500);
    assert_eq!(config.quotas.volumes, -1);
    assert_eq!(config.policy.file, Some(folder.path().join("policy.yaml")));
    assert_eq!(config.policy.folders, [folder.path().join("policy.d"), "/srv/policy.d".into()]);
    assert_eq!(config.nova.region_name.as_deref(), Some("west"));
    let keystone = config.keystone.unwrap();
    assert_eq!(keystone.resolve_password().unwrap().expose_secret(), "s3cret");
    assert_eq!(keystone.username, "cinder");
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
}

#[test]
fn all_errors_are_told_at_once_with_key_and_file() {
    let found = problems(
        r#"
        [server]
        listn = "127.0.0.1:1"
        [fleet]
        poll_interval = "soon"
        [log]
        level = 3
        [severs]
        x = 1
    "#,
    );
    assert_eq!(found.len(), 4, "{found:#?}");
    assert!(found[0].starts_with("server.listn: there is no such key; there are listen, "), "{}", found[0]);
    assert!(found[0].ends_with("(/hearth.toml)"), "{}", found[0]);
    assert!(found[1].starts_with("fleet.poll_interval: "), "{}", found[1]);
    assert!(found[1].contains("such as \"10s\""), "{}", found[1]);
    assert!(found[2].starts_with("log.level: "), "{}", found[2]);
    assert!(found[3].starts_with("severs: there is no such section"), "{}", found[3]);
}

#[test]
fn what_does_not_hold_together_is_refused() {
    let found = problems(
        r#"
        [server]
        listen = "0.0.0.0:8776"
        admin_listen = "0.0.0.0:8776"
        public_endpoint = "ftp://x"
        workers = 0
        [auth]
        strategy = "noauth"
        [database]
        url = "oracle://x"
        [placement]
        default_replicas = 4
        max_over_subscription_ratio = 0.0
        [quotas]
        volumes = -2
        [worker]
        lease = "1s"
        [log]
        level = "info,hearth=loud"
    "#,
    );
    let keys: Vec<_> = found.iter().filter_map(|p| p.split(": ").next()).collect();
    assert_eq!(
        keys,
        [
            "server.admin_listen",
            "server.public_endpoint",
            "server.workers",
            "server.listen",
            "database.url",
            "placement.max_over_subscription_ratio",
            "placement.default_replicas",
            "quotas.volumes",
            "worker.lease",
            "log.level",
        ]
    );
    let found = problems("[auth]\nstrategy = \"noauth\"\n[log]\nlevel = \"loud\"");
    assert!(found[0].starts_with("log.level: \"loud\" is not a level"), "{found:?}");
    assert!(problems("")[0].starts_with("keystone: is missing"));
    let found = problems("[keystone]\nauth_url = \"nonsense\"");
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(problems("[keystone]\npassword = \"x\"")[0], "keystone.auth_url: is missing (/hearth.toml)");
}

#[test]
fn a_broken_or_missing_file_is_one_clear_error() {
    let found = problems("[server\nlisten = ");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        load(Some(Path::new("/nonexistent/hearth.toml"))).unwrap_err()[0].message.contains("No such file")
    );
}

fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_environment_wins_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[server]\nmax_page = 10\nmax_body = 5\n[auth]\nstrategy = \"noauth\"\n";
    let file = write(folder.path(), "hearth.toml", text, 0o600);
    let good = environment(&[
        ("HEARTH__SERVER__MAX_PAGE", "20"),
        ("HEARTH__LOG__FORMAT", "json"),
        ("HEARTH__AUTH__SERVICE_TOKEN_ROLES", "[service, nova]"),
        ("PATH", "/bin"),
    ]);
    let config = load_with(Some(&file), good).unwrap().config;
    assert_eq!((config.server.max_page, config.server.max_body), (20, 5));
    assert_eq!(config.log.format, Format::Json);
    assert_eq!(config.auth.service_token_roles, ["service", "nova"]);
    let bad = environment(&[("HEARTH__SERVER__MAX_PAGE", "many"), ("HEARTH__SERVER__TYPO", "1")]);
    let found = load_with(Some(&file), bad).unwrap_err();
    assert_eq!(found[0].key, "server.max_page");
    assert!(found[0].to_string().contains("environment"), "{}", found[0]);
}

#[test]
fn secrets_are_neither_printed_nor_taken_from_files_open_to_everybody() {
    let folder = tempfile::tempdir().unwrap();
    let open = write(folder.path(), "open", "s3cret", 0o644);
    let text = format!(
        "[keystone]\nauth_url = \"http://h\"\npassword_file = \"{}\"\n[database]\nurl = \"mysql://u:s3cret@h/d?password=s3cret\"",
        open.display()
    );
    let file = write(folder.path(), "hearth.toml", &text, 0o644);
    let found = load_with(Some(&file), []).unwrap_err();
    assert!(found[0].message.contains("can be read by everybody"), "{}", found[0]);
    fs::set_permissions(&open, fs::Permissions::from_mode(0o640)).unwrap();
    let loaded = load_with(Some(&file), []).unwrap();
    assert_eq!(loaded.warnings.len(), 1, "the file itself holds a secret and is open");
    let printed = toml::to_string(&loaded.config).unwrap() + &format!("{:?}", loaded.config);
    assert!(printed.contains("mysql://u:***@h/d") && !printed.contains("s3cret"), "{printed}");
    for bad in ["", &"x".repeat(70_000)] {
        let file = write(folder.path(), "bad", bad, 0o600);
        assert!(read_secret(&file).is_err());
    }
}

#[test]
fn every_key_is_documented() {
    let text = reference();
    let undocumented: Vec<_> = text.lines().filter(|line| line.ends_with("|  |")).collect();
    assert!(undocumented.is_empty(), "{undocumented:#?}");
    assert!(text.contains("| `listen` | `\"127.0.0.1:8776\"` | Address and port of the API. |"), "{text}");
    assert!(text.contains("| `username` | `\"cinder\"` |"), "{text}");
}

/// `docs/configuration.md` is what `hearth config reference` prints; when this fails, print it
/// there again.
#[test]
fn the_reference_in_the_documentation_is_this_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let written = fs::read_to_string(path).unwrap();
    let (_, tables) = written.split_once("\n\n").unwrap();
    assert_eq!(tables, reference().trim_end().to_owned() + "\n");
}

/// A section that is documented and not read would be refused.
#[test]
fn every_section_that_there_is_can_be_written() {
    let Ok(toml::Value::Table(all)) = toml::Value::try_from(Config::default()) else { panic!("no table") };
    let sections: String = all.keys().map(|section| format!("[{section}]\n")).collect();
    assert!(sections.contains("[data_path]"), "{sections}");
    let told = problems(&sections);
    assert!(!told.iter().any(|problem| problem.contains("no such section")), "{told:?}");
}
