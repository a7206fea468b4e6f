//! How the state outlives the process.
//!
//! One line a transaction, a JSON array of records, appended with one `write` and never synced:
//! what a killed process wrote is in the page cache, and surviving a power cut is not asked of a
//! simulator. `state.jsonl` is the start of the tale: its first line names its generation `g`,
//! and `journal.<g>.jsonl` goes on from there. Compaction writes the state of generation `g + 1`
//! beside it and renames; wherever that is interrupted, one complete pair remains. A line cut
//! short at the end of a journal was never answered to anybody and is dropped; a damaged line
//! anywhere else is an error, not a guess.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use super::model::{Record, Tables};

/// A journal longer than this, and than the state it follows, is folded into a new state.
const COMPACT_ABOVE: u64 = 32 << 20;

#[derive(Serialize, Deserialize)]
struct Header {
    generation: u64,
}

#[derive(Debug)]
pub struct Journal {
    dir: PathBuf,
    generation: u64,
    file: File,
    /// Bytes in the journal and in the state before it.
    length: u64,
    base: u64,
}

impl Journal {
    /// Reads what is there into fresh tables and is ready to append.
    pub fn open(dir: &Path) -> anyhow::Result<(Self, Tables)> {
        fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let mut tables = Tables::default();
        let state = dir.join("state.jsonl");
        let text = read(&state)?;
        let generation = match text.split_once('\n') {
            None => 0,
            Some((header, lines)) => {
                let header: Header = serde_json::from_str(header).context("damaged header in state.jsonl")?;
                replay(&mut tables, lines, &state)?;
                header.generation
            }
        };
        let path = journal_path(dir, generation);
        let journal = read(&path)?;
        let whole = journal.rfind('\n').map_or(0, |at| at + 1);
        replay(&mut tables, &journal[..whole], &path)?;
        let file = open_append(&path)?;
        file.set_len(whole as u64).with_context(|| format!("cannot truncate {}", path.display()))?;
        let mut opened =
            Self { dir: dir.to_owned(), generation, file, length: whole as u64, base: text.len() as u64 };
        opened.remove_others();
        // Cheap at start-up, and it keeps the next start as quick as this one.
        if opened.length > 0 {
            opened.compact(&tables)?;
        }
        Ok((opened, tables))
    }

    pub fn append(&mut self, records: &[Record]) -> io::Result<()> {
        let mut line = serde_json::to_vec(records)?;
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line) {
            // Half a line must not be followed by another one.
            self.file.set_len(self.length)?;
            return Err(error);
        }
        self.length += line.len() as u64;
        Ok(())
    }

    pub const fn wants_compaction(&self) -> bool {
        self.length > COMPACT_ABOVE && self.length > self.base
    }

    pub fn compact(&mut self, tables: &Tables) -> anyhow::Result<()> {
        let generation = self.generation + 1;
        let beside = self.dir.join("state.new");
        let mut out = BufWriter::new(File::create(&beside)?);
        serde_json::to_writer(&mut out, &Header { generation })?;
        out.write_all(b"\n")?;
        for record in tables.records() {
            serde_json::to_writer(&mut out, &[record])?;
            out.write_all(b"\n")?;
        }
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        let base = file.metadata()?.len();
        let next = journal_path(&self.dir, generation);
        let journal = open_append(&next)?;
        journal.set_len(0)?;
        fs::rename(&beside, self.dir.join("state.jsonl"))?;
        (self.generation, self.file, self.length, self.base) = (generation, journal, 0, base);
        self.remove_others();
        Ok(())
    }

    /// Journals of other generations are left-overs.
    fn remove_others(&self) {
        let keep = journal_path(&self.dir, self.generation);
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_journal = entry.file_name().to_string_lossy().starts_with("journal.");
            if is_journal
                && path != keep
                && let Err(error) = fs::remove_file(&path)
            {
                tracing::warn!(path = %path.display(), %error, "cannot remove an old journal");
            }
        }
    }
}

fn journal_path(dir: &Path, generation: u64) -> PathBuf {
    dir.join(format!("journal.{generation}.jsonl"))
}

fn open_append(path: &Path) -> anyhow::Result<File> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.with_context(|| format!("cannot open {}", path.display()))
}

fn read(path: &Path) -> anyhow::Result<String> {
    match fs::read(path) {
        // A cut in the middle of a character is a cut line.
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn replay(tables: &mut Tables, lines: &str, path: &Path) -> anyhow::Result<()> {
    for (number, line) in lines.lines().enumerate() {
        let records: Vec<Record> = match serde_json::from_str(line) {
            Ok(records) => records,
            Err(error) => bail!("{}: damaged line {}: {error}", path.display(), number + 1),
        };
        records.into_iter().for_each(|record| tables.apply(record));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flag(name: &str, enabled: bool) -> [Record; 1] {
        [Record::Flag { name: name.to_owned(), enabled }]
    }

    #[test]
    fn a_line_cut_short_is_dropped_and_not_written_onto() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(dir.path()).unwrap();
        journal.append(&flag("a", true)).unwrap();
        journal.file.write_all(br#"[{"Flag":{"name":"b","ena"#).unwrap();
        let (mut journal, tables) = Journal::open(dir.path()).unwrap();
        assert_eq!(tables.flags.keys().collect::<Vec<_>>(), ["a"]);
        journal.append(&flag("c", false)).unwrap();
        let (_, tables) = Journal::open(dir.path()).unwrap();
        assert_eq!(tables.flags.keys().collect::<Vec<_>>(), ["a", "c"]);
    }

    #[test]
    fn a_damaged_line_in_the_middle_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(dir.path()).unwrap();
        journal.file.write_all(b"nonsense\n").unwrap();
        journal.append(&flag("a", true)).unwrap();
        let error = Journal::open(dir.path()).unwrap_err().to_string();
        assert!(error.contains("damaged line 1"), "{error}");
    }

    #[test]
    fn an_interrupted_compaction_leaves_the_old_pair() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(dir.path()).unwrap();
        journal.append(&flag("a", true)).unwrap();
        // Killed after the new journal was made and before the rename.
        open_append(&journal_path(dir.path(), 1)).unwrap();
        open_append(&dir.path().join("state.new")).unwrap().write_all(b"{\"generation\":1}\n").unwrap();
        let (journal, tables) = Journal::open(dir.path()).unwrap();
        assert!(tables.flags["a"]);
        // Opening folded it properly: one state, one empty journal.
        assert_eq!((journal.generation, journal.length), (1, 0));
        let (_, tables) = Journal::open(dir.path()).unwrap();
        assert!(tables.flags["a"]);
    }
}
