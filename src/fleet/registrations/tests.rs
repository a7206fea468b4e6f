use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::domain::cluster::{PlacementTraits, Tenancy};
use crate::domain::{Clock, ErrorKind, Result, Timestamp};
use crate::store::Store;

const TWO: &str = r#"# Our clusters.

# The old one.
[[cluster]]
name = "prod-a"
endpoints = ["10.0.0.1:443", "10.0.0.2"]
uuid = "0B1C2D3E-0000-4000-8000-000000000001"
jwt_file = "a.jwt"   # rotated by vault
[cluster.labels]
tier = "gold"

[[cluster]]
name = "prod-b"
endpoints = ["[fd00::1]:8443"]
rsa_key_file = "/keys/b.pem"
key_id = "system:hearth"
tls = "insecure"
availability_zone = "az2"
tenancy = "per-project"
max_over_subscription_ratio = 1.5
max_physical_used_percent = 70
default_replicas = 2
default_compression = true
"#;

fn defaults() -> Defaults {
    Defaults { traits: PlacementTraits::default(), folder: "/etc/hearth".into() }
}

fn mistakes(text: &str) -> Vec<String> {
    parse(text, &defaults()).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn the_file_is_read_with_its_defaults() {
    let all = parse(TWO, &defaults()).unwrap();
    let [a, b] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(a.endpoints, ["10.0.0.1:443", "10.0.0.2:443"]);
    assert_eq!(a.uuid.unwrap().to_string(), "0b1c2d3e-0000-4000-8000-000000000001");
    assert_eq!(a.credentials, Credentials::Jwt { file: "/etc/hearth/a.jwt".into() });
    assert_eq!(a.traits.labels["tier"], "gold");
    assert_eq!(a.traits.max_over_subscription_millis, 20_000);
    assert_eq!(b.endpoints, ["[fd00::1]:8443"]);
    assert_eq!(b.tls, Tls::Insecure);
    assert!(
        matches!(&b.credentials, Credentials::RsaKey { roles, .. } if roles == &["system:cluster-admin"])
    );
    assert_eq!(b.traits.tenancy, Tenancy::PerProject);
    assert_eq!((b.traits.max_over_subscription_millis, b.traits.max_physical_used_percent), (1_500, 70));
    assert_eq!((b.traits.default_replicas, b.traits.default_compression), (2, true));
    assert_eq!(parse("", &defaults()).unwrap(), []);
}

#[test]
fn every_mistake_is_told_with_its_line() {
    let text = r#"
[[cluster]]
name = "a b"
endpoints = []
uuid = "x"
tls = "maybe"
[[cluster]]
name = "c"
endpoints = ["10.0.0.1", "https://h", "h:0", "u@h", "h/p"]
key_id = "k"
max_over_subscription_ratio = -1.0
default_replicas = 9
project = "Größe"
[[cluster]]
name = "C"
endpoints = ["10.0.0.1:443"]
jwt_file = "a"
rsa_key_file = "b"
key_id = "k"
[[cluster]]
nme = "d"
[[cluster]]
name = "e"
"#;
    let found = mistakes(text);
    let lines: Vec<_> = found.iter().filter_map(|m| m.split(':').next()).collect();
    assert_eq!(
        lines,
        [
            "line 3", "line 4", "line 5", "line 6", "line 9", "line 9", "line 9", "line 9", "line 10",
            "line 11", "line 12", "line 13", "line 14", "line 15", "line 16", "line 21", "line 22"
        ],
        "{found:#?}"
    );
    assert!(found.iter().any(|m| m.contains("name \"c\" is already that of cluster \"c\"")), "{found:#?}");
    assert!(found.iter().any(|m| m.contains("missing field `endpoints`")), "{found:#?}");
    for (text, part) in [
        ("[cluster]\nname = 1", "with two brackets"),
        ("x = 1", "x is not known here"),
        ("[[cluster]]\nname = ", "line 2: "),
        ("[[cluster]]\nname = \"a\"\nname = \"b\"", "duplicate key"),
        ("\u{0}", "line 1: "),
    ] {
        assert!(mistakes(text)[0].contains(part), "{text:?}: {:?}", mistakes(text));
    }
}

fn new(name: &str) -> NewCluster {
    let endpoints = vec![format!("{}.example:443", name.to_lowercase())];
    let labels = [("rack".to_owned(), "r \"1\"".to_owned())].into();
    NewCluster { name: name.to_owned(), endpoints, labels, ..NewCluster::default() }
}

#[test]
fn edits_change_nothing_but_what_they_say() {
    let uuid: ClusterId = "0b1c2d3e-0000-4000-8000-000000000002".parse().unwrap();
    let b = ClusterName::new("prod-b");
    let filled = fill_in_uuid(TWO, &b, uuid).unwrap();
    let inserted = format!("name = \"prod-b\"\nuuid = \"{uuid}\"\n");
    assert_eq!(filled, TWO.replace("name = \"prod-b\"\n", &inserted));
    assert_eq!(fill_in_uuid(&filled, &b, ClusterId::random()).unwrap(), filled, "never a second time");
    let without_a = remove(TWO, &ClusterName::new("prod-a")).unwrap();
    assert!(without_a.starts_with("# Our clusters.\n\n[[cluster]]\nname = \"prod-b\""), "{without_a}");
    let added = add(TWO, &new("c")).unwrap();
    assert!(added.starts_with(TWO));
    let all = parse(&added, &defaults()).unwrap();
    assert_eq!((all.len(), all[2].traits.labels["rack"].as_str()), (3, "r \"1\""));
    assert_eq!(remove(TWO, &ClusterName::new("none")).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(add("cluster = []", &new("c")).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(add("[[", &new("c")).unwrap_err().kind(), ErrorKind::Invalid);
    assert!(parse(&add("", &new("c")).unwrap(), &defaults()).is_ok());
}

fn any_block(number: usize) -> impl Strategy<Value = (String, String)> {
    let comment = prop_oneof![Just(""), Just("# about it\n"), Just("  # é [[cluster]]\n# two\n")];
    let tail = prop_oneof![
        Just(""),
        Just("jwt_file = '''\nx\n[[cluster]]'''\n"),
        Just("labels.a = \"1\" # dotted\nlabels.b = \"2\"\n"),
        Just("\n[cluster.labels] # sub\n# inside\nt = \"1\"\n"),
        Just("labels = { a = \"1\" }\n"),
    ];
    let gap = prop_oneof![Just(""), Just("\n"), Just("\n# free comment\n\n"), Just("  \n\t\n")];
    (comment, tail, gap).prop_map(move |(comment, tail, gap)| {
        let header = "[[cluster]]  # c\n";
        let body =
            format!("{comment}{header}  name   = \"c{number}\"\nendpoints=[\n \"h{number}\", # e\n]\n{tail}");
        (body, gap.to_owned())
    })
}

fn any_file() -> impl Strategy<Value = (Vec<(String, String)>, bool, bool)> {
    ((1_usize..5).prop_flat_map(|n| (0..n).map(any_block).collect::<Vec<_>>()), any::<bool>(), any::<bool>())
}

proptest! {
    #[test]
    fn every_untouched_byte_stays((blocks, crlf, bom) in any_file(), pick in 0_usize..5) {
        let pick = pick % blocks.len();
        let ends = |text: &str| if crlf { text.replace('\n', "\r\n") } else { text.to_owned() };
        let start = if bom { "\u{feff}" } else { "" };
        let join = |blocks: &[(String, String)]| {
            blocks.iter().map(|(body, gap)| ends(body) + &ends(gap)).collect::<String>()
        };
        let text = start.to_owned() + &join(&blocks);
        let name = ClusterName::new(format!("c{pick}"));

        let uuid = ClusterId::random();
        let filled = fill_in_uuid(&text, &name, uuid).unwrap();
        let line = ends(&format!("uuid = \"{uuid}\"\n"));
        prop_assert_eq!(filled.replacen(&line, "", 1), text.clone());
        prop_assert_eq!(parse(&filled, &defaults()).unwrap()[pick].uuid, Some(uuid));

        let added = add(&text, &new("more")).unwrap();
        prop_assert!(added.starts_with(&text));
        prop_assert_eq!(parse(&added, &defaults()).unwrap().len(), blocks.len() + 1);

        // Taken out are the block, the comment lines directly above, and the blank lines below.
        let removed = remove(&text, &name).unwrap();
        let before = start.to_owned() + &join(&blocks[..pick]);
        let after = ends(&blocks[pick].1) + &join(&blocks[pick + 1..]);
        prop_assert!(before.starts_with(removed.get(..before.len().min(removed.len())).unwrap_or("?"))
            || removed.starts_with(before.trim_end_matches("# about it\n")), "{removed:?} {before:?}");
        prop_assert!(removed.ends_with(after.trim_start()), "{removed:?} {after:?}");
        let left = parse(&removed, &defaults()).unwrap();
        prop_assert_eq!(left.len(), blocks.len() - 1);
        prop_assert!(left.iter().all(|r| r.name != name));
    }

    #[test]
    fn no_text_makes_the_reader_or_the_editor_fall_over(text in "[\\[\\]a-z=\"'#\n{}., \u{e9}]{0,60}") {
        let _ = parse(&text, &defaults());
        let _ = add(&text, &new("c"));
        let _ = remove(&text, &ClusterName::new("a"));
        let _ = fill_in_uuid(&text, &ClusterName::new("a"), ClusterId::random());
    }
}

#[expect(clippy::disallowed_methods, reason = "as an editor does it, not atomic")]
fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

#[test]
fn a_write_that_fails_leaves_the_old_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clusters.toml");
    write(&path, TWO);
    let refused = edit_file(&path, |_| Err(crate::domain::Error::invalid("no")));
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(read_file(&path).unwrap(), TWO);
    let written = edit_file(&path, |old| add(old, &new("c"))).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), written);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    // A link is followed.
    let link = folder.path().join("link.toml");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    edit_file(&link, |_| Ok(String::new())).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(read_file(&path).unwrap(), "");
    assert_eq!(read_file(&folder.path().join("none.toml")).unwrap(), "");
    assert!(read_file(folder.path()).is_err());
}

#[test]
fn editors_on_one_host_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/clusters.toml");
    let all: Vec<_> = (0..8)
        .map(|n| {
            let path = path.clone();
            std::thread::spawn(move || edit_file(&path, |old| add(old, &new(&format!("c{n}")))).map(|_| ()))
        })
        .collect();
    for one in all {
        one.join().unwrap().unwrap();
    }
    assert_eq!(parse(&read_file(&path).unwrap(), &defaults()).unwrap().len(), 8);
}

async fn store() -> Store {
    let store = Store::connect("sqlite::memory:", 1).await.unwrap();
    store.migrate(&Clock::System).await.unwrap();
    store
}

fn registry(path: &Path) -> Registry {
    Registry::new(path.to_owned(), defaults())
}

fn names(registry: &Registry) -> Vec<String> {
    registry.current().registrations.iter().map(|r| r.name.to_string()).collect()
}

async fn look(registry: &Registry, store: &Store) -> Taken {
    registry.refresh(store, &Clock::System).await.unwrap()
}

#[tokio::test]
async fn a_changed_file_is_taken_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clusters.toml");
    let (store, registry) = (store().await, registry(&path));
    write(&path, TWO);
    assert_eq!(look(&registry, &store).await, Taken::New);
    assert_eq!(look(&registry, &store).await, Taken::Nothing);
    // A torn write: the last good state stays, the error is visible.
    write(&path, &TWO[..TWO.len() / 2]);
    assert_eq!(look(&registry, &store).await, Taken::Rejected);
    assert_eq!(names(&registry), ["prod-a", "prod-b"]);
    assert!(registry.current().trouble.as_ref().unwrap().contains("line "));
    // An edit through the API does not build on it.
    let refused = registry.edit(&store, &Clock::System, "me", |old| add(old, &new("c"))).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Invalid);
    write(&path, &TWO.replace("prod-b", "prod-c"));
    assert_eq!(look(&registry, &store).await, Taken::New);
    assert_eq!(names(&registry), ["prod-a", "prod-c"]);
    assert_eq!(registry.current().trouble, None);
}

#[tokio::test]
async fn replicas_share_edits_and_a_stale_file_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [folder.path().join("1/clusters.toml"), folder.path().join("2/clusters.toml")];
    paths.iter().for_each(|path| fs::create_dir(path.parent().unwrap()).unwrap());
    let store = store().await;
    let (one, two) = (registry(&paths[0]), registry(&paths[1]));
    write(&paths[0], TWO);
    assert_eq!(look(&one, &store).await, Taken::New);
    assert_eq!(look(&two, &store).await, Taken::New, "a replica without a file takes the store's");
    assert_eq!(read_file(&paths[1]).unwrap(), TWO);
    two.edit(&store, &Clock::System, "me", |old| add(old, &new("c"))).await.unwrap();
    assert_eq!(look(&one, &store).await, Taken::New);
    assert_eq!(names(&one), ["prod-a", "prod-b", "c"]);
    assert_eq!(read_file(&paths[0]).unwrap(), read_file(&paths[1]).unwrap());
    // Down for a week with the first text: its file is stale, not news.
    write(&paths[0], TWO);
    let back = registry(&paths[0]);
    assert_eq!(look(&back, &store).await, Taken::New);
    assert_eq!(names(&back), ["prod-a", "prod-b", "c"]);
    assert_eq!(back.current().epoch, two.current().epoch);
    // Edited while down: news.
    write(&paths[0], &TWO.replace("prod-a", "prod-z"));
    let edited = registry(&paths[0]);
    assert_eq!(look(&edited, &store).await, Taken::New);
    assert_eq!(look(&two, &store).await, Taken::New);
    assert_eq!(names(&two), ["prod-z", "prod-b"]);
    // Wrong while down: the store's last good one is in force, the file is left alone.
    write(&paths[0], "[[cluster");
    let wrong = registry(&paths[0]);
    assert_eq!(look(&wrong, &store).await, Taken::Rejected);
    assert_eq!(names(&wrong), ["prod-z", "prod-b"]);
    assert_eq!(read_file(&paths[0]).unwrap(), "[[cluster");
}

#[tokio::test]
async fn of_two_edits_from_one_epoch_one_wins() {
    let store = store().await;
    let put = async |after: i64| -> Result<i64> {
        store
            .write("test", |tx, _| {
                Box::pin(async move { tx.put_registrations(after, "", "me", Timestamp(0)).await })
            })
            .await
    };
    assert_eq!(put(0).await.unwrap(), 1);
    assert_eq!(put(0).await.unwrap_err().kind(), ErrorKind::Conflict);
    for epoch in 1..30 {
        assert_eq!(put(epoch).await.unwrap(), epoch + 1);
    }
    assert_eq!(store.read().await.unwrap().registrations_texts().await.unwrap().len(), 20);
}
