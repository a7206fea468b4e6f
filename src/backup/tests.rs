//! The vault against itself and against what stock Cinder's posix driver wrote
//! (`tests/backup/stock.py record`).

#![allow(clippy::disallowed_methods, reason = "files are damaged here")]

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::domain::backup::object_prefix;
use crate::domain::{BackupId, Bytes as Size, Timestamp, VolumeId};

const BLOCK: usize = 4096;

/// A volume in memory, which may fail from some offset on.
struct Memory {
    data: Mutex<Vec<u8>>,
    fails_at: u64,
}

impl Memory {
    fn of(data: Vec<u8>) -> Self {
        Self { data: Mutex::new(data), fails_at: u64::MAX }
    }

    fn data(&self) -> Vec<u8> {
        self.data.lock().unwrap().clone()
    }

    fn reach(&self, offset: u64) -> Result<usize, Trouble> {
        if offset >= self.fails_at {
            return Err(Trouble::Volume("away".to_owned()));
        }
        Ok(usize::try_from(offset).unwrap())
    }
}

impl Blocks for Memory {
    async fn read(&self, offset: u64, length: usize) -> Result<Bytes, Trouble> {
        let at = self.reach(offset)?;
        Ok(Bytes::copy_from_slice(&self.data.lock().unwrap()[at..at + length]))
    }

    async fn write(&self, offset: u64, data: Bytes) -> Result<(), Trouble> {
        let at = self.reach(offset)?;
        self.data.lock().unwrap()[at..at + data.len()].copy_from_slice(&data);
        Ok(())
    }

    async fn write_zeroes(&self, offset: u64, length: u64) -> Result<(), Trouble> {
        self.write(offset, vec![0; usize::try_from(length).unwrap()].into()).await
    }

    async fn flush(&self) -> Result<(), Trouble> {
        Ok(())
    }
}

/// As `stock.py` makes them: every fourth is empty.
fn block(number: u8) -> Vec<u8> {
    if number.is_multiple_of(4) { vec![0; BLOCK] } else { Sha256::digest([number]).repeat(BLOCK / 32) }
}

fn contents() -> Vec<u8> {
    (0..20).flat_map(block).collect()
}

fn put(data: &mut [u8], at: usize, what: &[u8]) {
    data[at * BLOCK..at * BLOCK + what.len()].copy_from_slice(what);
}

fn changed() -> Vec<u8> {
    let mut data = contents();
    for number in [5, 6, 13u8] {
        put(&mut data, usize::from(number), &block(number + 100));
    }
    put(&mut data, 9, &[0; BLOCK]);
    data
}

fn settings(folder: &Path) -> Settings {
    let (file_size, sha_block_size) = (6 * BLOCK as u64, BLOCK as u64);
    Settings { file_size, sha_block_size, ..Settings::new(folder.to_owned()) }
}

fn vault(folder: &Path) -> Vault {
    Vault::new(settings(folder))
}

struct Made {
    id: BackupId,
    place: Place,
}

async fn back_up(vault: &Vault, blocks: &Memory, parent: Option<&Made>) -> Result<(Made, Written), Trouble> {
    let (id, volume) = (BackupId::random(), VolumeId::random());
    let place = Place::new(&in_own_folder(id), &object_prefix(volume, Timestamp(0), id)).unwrap();
    let copy = CopyOut {
        place: place.clone(),
        size: Size(blocks.data().len() as u64),
        backup: id,
        volume,
        name: Some("\"sha256s\": [ ü".to_owned()),
        description: None,
        created_at: Timestamp(1_795_206_300_000_000),
        parent: parent.map(|parent| Parent { id: parent.id, place: parent.place.clone() }),
        volume_meta: Some("{}".to_owned()),
    };
    let written = vault.copy_out(blocks, &copy).await?;
    Ok((Made { id, place }, written))
}

async fn restore(vault: &Vault, places: &[&Place], into: &Memory) -> Result<Vec<String>, Trouble> {
    let layers: Vec<Layer> = places.iter().map(|place| Layer { place: (*place).clone() }).collect();
    let size = Size(into.data().len() as u64);
    vault.copy_in(into, size, &layers, Zeroes::Write).await
}

fn stale(length: usize) -> Memory {
    Memory::of(vec![7; length])
}

/// Everything below a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

fn stock() -> (Vault, [Place; 2]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/backup/stock");
    let place = |container: &str| {
        let found = files(&folder.join(container));
        let name = found[0].file_name().unwrap().to_str().unwrap().to_owned();
        Place::new(container, name.rsplit_once('-').unwrap().0).unwrap()
    };
    let full = place("a1/0d/a10d3f5e-30a2-4a35-b4d0-6a9a0ff0c8a9");
    let incremental = place("b2/0d/b20d3f5e-30a2-4a35-b4d0-6a9a0ff0c8a9");
    (vault(&folder), [full, incremental])
}

#[tokio::test]
async fn what_stock_cinder_wrote_is_restored() {
    let (vault, [full, incremental]) = stock();
    let volume = stale(contents().len());
    let metas = restore(&vault, &[&full], &volume).await.unwrap();
    assert!(volume.data() == contents(), "the full one");
    assert!(metas[0].contains("\"display_name\": \"disk\""), "{metas:?}");
    restore(&vault, &[&full, &incremental], &volume).await.unwrap();
    assert!(volume.data() == changed(), "with the incremental one");
    for place in [&full, &incremental] {
        vault.find(place).await.unwrap();
    }
}

/// The very bytes, but for names and times, that stock Cinder has in its texts.
#[tokio::test]
async fn what_is_written_is_what_stock_cinder_would_write() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path());
    let (full, written) = back_up(&vault, &Memory::of(contents()), None).await.unwrap();
    assert_eq!(written.objects, 4);
    let (incremental, written) = back_up(&vault, &Memory::of(changed()), Some(&full)).await.unwrap();
    assert_eq!(written.objects, 4);
    let (theirs, places) = stock();
    for (ours, place) in [(&full.place, &places[0]), (&incremental.place, &places[1])] {
        let (our_vault, their_vault) = (vault.objects().await.unwrap(), theirs.objects().await.unwrap());
        let entries = |text: &[u8]| -> Vec<(u64, u64, String, String)> {
            let manifest = manifest::Manifest::parse(text).unwrap();
            let entry = |(_, entry): (&String, &manifest::Entry)| {
                (entry.offset, entry.length, entry.md5.clone(), entry.compression.clone())
            };
            manifest.entries().map(entry).collect()
        };
        let mine = our_vault.read_text(ours, &ours.metadata()).await.unwrap();
        let other = their_vault.read_text(place, &place.metadata()).await.unwrap();
        assert_eq!(entries(&mine), entries(&other));
        let hashes = |text: Bytes| {
            let text = String::from_utf8(text.to_vec()).unwrap();
            let from = text.find("\"chunk_size\"").unwrap();
            let ends = text.find("\"volume_id\"").unwrap();
            let lines = text[from..ends].lines().filter(|line| !line.contains("created_at"));
            lines.map(ToOwned::to_owned).collect::<Vec<_>>()
        };
        let mine = our_vault.read_text(ours, &ours.sha256file()).await.unwrap();
        serde_json::from_slice::<serde_json::Value>(&mine).unwrap();
        let other = their_vault.read_text(place, &place.sha256file()).await.unwrap();
        assert_eq!(hashes(mine), hashes(other));
    }
}

#[tokio::test]
async fn a_chain_of_three_comes_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    for compression in [Compression::None, Compression::Zlib, Compression::Bzip2] {
        let vault = Vault::new(Settings { compression, ..settings(folder.path()) });
        let mut data = contents();
        let (first, _) = back_up(&vault, &Memory::of(data.clone()), None).await.unwrap();
        put(&mut data, 1, &block(77));
        let (second, written) = back_up(&vault, &Memory::of(data.clone()), Some(&first)).await.unwrap();
        assert_eq!(written.objects, 1);
        put(&mut data, 1, &[0; 2 * BLOCK]);
        put(&mut data, 19, &block(78));
        let (third, _) = back_up(&vault, &Memory::of(data.clone()), Some(&second)).await.unwrap();
        // Larger than the backups, and dirty.
        let volume = stale(data.len() + BLOCK);
        restore(&vault, &[&first.place, &second.place, &third.place], &volume).await.unwrap();
        assert!(volume.data()[..data.len()] == data, "{compression:?}");
        assert!(volume.data()[data.len()..] == [7; BLOCK], "what is beyond stays");
        let (fourth, written) = back_up(&vault, &Memory::of(data.clone()), Some(&third)).await.unwrap();
        assert_eq!(written.objects, 0);
        vault.find(&fourth.place).await.unwrap();
    }
}

#[tokio::test]
async fn a_copy_that_died_is_made_again_and_a_removed_one_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path());
    let (id, volume) = (BackupId::random(), VolumeId::random());
    let place = Place::new(&in_own_folder(id), &object_prefix(volume, Timestamp(0), id)).unwrap();
    let copy = CopyOut {
        place: place.clone(),
        size: Size(contents().len() as u64),
        backup: id,
        volume,
        name: None,
        description: None,
        created_at: Timestamp(0),
        parent: None,
        volume_meta: None,
    };
    let failing = Memory { fails_at: 12 * BLOCK as u64, ..Memory::of(contents()) };
    assert_eq!(vault.copy_out(&failing, &copy).await, Err(Trouble::Volume("away".to_owned())));
    let found = vault.find(&place).await.unwrap_err();
    assert!(matches!(found, Trouble::Invalid(_)), "{found:?}");
    // What a process leaves that is killed while it writes.
    let own = folder.path().join(in_own_folder(id));
    for left in ["-00099", "-00001#1", "_metadata#1"] {
        std::fs::write(own.join(format!("{}{left}", place.prefix())), b"x").unwrap();
    }
    std::fs::write(own.join("somebody else's"), b"x").unwrap();
    vault.copy_out(&Memory::of(contents()), &copy).await.unwrap();
    assert_eq!(files(folder.path()).len(), 4 + 2 + 1);
    let volume = stale(contents().len());
    restore(&vault, &[&place], &volume).await.unwrap();
    assert!(volume.data() == contents());
    for _ in 0..2 {
        vault.remove(&place).await.unwrap();
    }
    vault.remove_folder(&place).await;
    assert_eq!(files(folder.path()), [own.join("somebody else's")]);
    std::fs::remove_file(own.join("somebody else's")).unwrap();
    vault.remove_folder(&place).await;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn damage_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let told = |made: &Made, vault: &Vault| {
        let (vault, place) = (vault.clone(), made.place.clone());
        async move { restore(&vault, &[&place], &stale(contents().len())).await.unwrap_err().to_string() }
    };
    for compression in [Compression::None, Compression::Zlib, Compression::Bzip2] {
        let vault = Vault::new(Settings { compression, ..settings(folder.path()) });
        let (made, _) = back_up(&vault, &Memory::of(contents()), None).await.unwrap();
        let object =
            folder.path().join(in_own_folder(made.id)).join(format!("{}-00002", made.place.prefix()));
        let good = std::fs::read(&object).unwrap();
        let mut bad = good.clone();
        let middle = bad.len() / 2;
        bad[middle] ^= 1;
        for (bad, why) in
            [(bad, "flipped"), (good[..good.len() - 1].to_vec(), "short"), (Vec::new(), "empty")]
        {
            std::fs::write(&object, bad).unwrap();
            let told = told(&made, &vault).await;
            assert!(
                told.starts_with("Invalid backup: ") && told.contains("-00002"),
                "{compression:?} {why}: {told}"
            );
        }
        std::fs::remove_file(&object).unwrap();
        let told = told(&made, &vault).await;
        assert!(
            told.ends_with("actual object list does not match object list stored in metadata."),
            "{told}"
        );
    }
}

#[tokio::test]
async fn texts_that_lie_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path());
    let (made, _) = back_up(&vault, &Memory::of(contents()), None).await.unwrap();
    let metadata = folder.path().join(in_own_folder(made.id)).join(made.place.metadata());
    let good = std::fs::read_to_string(&metadata).unwrap();
    for (from, to) in [
        ("\"version\": \"1.0.0\"", "\"version\": \"2.0.0\""),
        ("\"offset\": 24576", "\"offset\": 18446744073709547520"),
        ("\"offset\": 24576", "\"offset\": 24577"),
        ("\"offset\": 24576", "\"offset\": 81920"),
        ("\"length\": 24576", "\"length\": 20480"),
        ("\"length\": 24576", "\"length\": 28672"),
        ("\"compression\": \"zlib\"", "\"compression\": \"rar\""),
        ("\"objects\": [", "\"objects\": [1, "),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good);
        std::fs::write(&metadata, bad).unwrap();
        let refused = restore(&vault, &[&made.place], &stale(contents().len())).await;
        assert!(matches!(refused, Err(Trouble::Invalid(_))), "{to}: {refused:?}");
    }
    let small = restore(&vault, &[&made.place], &stale(BLOCK)).await;
    assert!(matches!(small, Err(Trouble::Invalid(_))), "{small:?}");
}

#[tokio::test]
async fn an_incremental_backup_needs_the_hashes_of_its_parent() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path());
    let (made, _) = back_up(&vault, &Memory::of(contents()), None).await.unwrap();
    let other = Vault::new(Settings { sha_block_size: 2 * BLOCK as u64, ..settings(folder.path()) });
    let refused = back_up(&other, &Memory::of(contents()), Some(&made)).await.err().unwrap();
    assert_eq!(
        refused.to_string(),
        "Invalid backup: Hash block size has changed since the last backup. New hash block size: 8192. Old hash block \
         size: 4096. Do a full backup."
    );
    let mut larger = contents();
    larger.extend([1; BLOCK]);
    let refused = back_up(&vault, &Memory::of(larger), Some(&made)).await.err().unwrap();
    assert!(matches!(refused, Trouble::Invalid(_)), "{refused:?}");
    std::fs::remove_file(folder.path().join(in_own_folder(made.id)).join(made.place.sha256file())).unwrap();
    let refused = back_up(&vault, &Memory::of(contents()), Some(&made)).await.err().unwrap();
    assert!(refused.to_string().ends_with("_sha256file is missing"), "{refused}");
}

#[tokio::test]
async fn a_vault_that_is_away_is_told_from_one_that_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    let gone = vault(&folder.path().join("not mounted"));
    assert!(matches!(gone.is_there().await, Err(Trouble::Away(_))));
    let away = back_up(&gone, &Memory::of(contents()), None).await.err().unwrap();
    assert!(matches!(away, Trouble::Away(_)), "{away:?}");
    assert!(!away.told().contains("not mounted"));
    let id = BackupId::random();
    let place = Place::new("c", &object_prefix(VolumeId::random(), Timestamp(0), id)).unwrap();
    assert!(matches!(gone.remove(&place).await, Err(Trouble::Away(_))));
    vault(folder.path()).remove(&place).await.unwrap();
    // A file is no vault, and where a file is there can be no container.
    std::fs::write(folder.path().join("c"), b"x").unwrap();
    assert!(matches!(vault(&folder.path().join("c")).is_there().await, Err(Trouble::Away(_))));
    let blocked = vault(folder.path()).objects().await.unwrap().put(&place, "x", Vec::new()).await;
    assert!(matches!(blocked, Err(Trouble::Storage { .. })), "{blocked:?}");
}

/// Containers that users have, with whatever letters.
#[tokio::test]
async fn containers_are_folders() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path());
    for container in ["", "plain", "a/b", "mein Behälter %41", "x#1", "q?[~]"] {
        let (id, volume) = (BackupId::random(), VolumeId::random());
        let place = Place::new(container, &object_prefix(volume, Timestamp(0), id)).unwrap();
        let copy = CopyOut {
            place: place.clone(),
            size: Size(BLOCK as u64),
            backup: id,
            volume,
            name: None,
            description: None,
            created_at: Timestamp(0),
            parent: None,
            volume_meta: None,
        };
        vault.copy_out(&Memory::of(block(1)), &copy).await.unwrap();
        assert!(folder.path().join(container).join(place.metadata()).exists(), "{container}");
        let volume = stale(BLOCK);
        restore(&vault, &[&place], &volume).await.unwrap();
        assert!(volume.data() == block(1), "{container}");
        vault.remove(&place).await.unwrap();
    }
    assert_eq!(files(folder.path()).len(), 0);
}
