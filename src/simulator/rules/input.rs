//! What counts as a valid name, size, access list, label (`lightbits-api` §2.4, §3.10).

use crate::simulator::model::Label;
use crate::simulator::model::extents::BLOCK;
use crate::simulator::options::Quirks;
use crate::simulator::refusal::{Refusal, Result};

pub const ALLOW_ANY: &str = "ALLOW_ANY";
pub const ALLOW_NONE: &str = "ALLOW_NONE";
const MAX_IP_ENTRIES: usize = 16;
const MAX_LABELS: usize = 16;
const MAX_DESCRIPTION: usize = 256;

fn is_word(text: &str) -> bool {
    (1..=253).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// Names of volumes and snapshots.
pub fn name(text: &str) -> Result<()> {
    if is_word(text) {
        return Ok(());
    }
    Err(Refusal::invalid(format!("invalid name {text:?}: 1-253 characters of [A-Za-z0-9._-]")))
}

pub fn description(text: &str) -> Result<()> {
    if text.len() <= MAX_DESCRIPTION {
        return Ok(());
    }
    Err(Refusal::invalid("description is longer than 256 bytes"))
}

/// `^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$`
pub fn project_name(text: &str) -> Result<()> {
    let edge = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    let ends = bytes.first().is_some_and(|b| edge(*b)) && bytes.last().is_some_and(|b| edge(*b));
    if ends && bytes.len() <= 63 && bytes.iter().all(|b| edge(*b) || b".-".contains(b)) {
        return Ok(());
    }
    Err(Refusal::invalid(format!("invalid project name {text:?}")))
}

/// Bytes of a size like `10 gib`, `55Gib`, `4294967296b` or `4096`, rounded up to whole blocks.
pub fn size(text: &str) -> Result<u64> {
    let bad = || Refusal::invalid(format!("invalid size {text:?}"));
    let trimmed = text.trim();
    let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = trimmed.split_at_checked(digits).ok_or_else(bad)?;
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "kib" => 10,
        "mib" => 20,
        "gib" => 30,
        "tib" => 40,
        "pib" => 50,
        _ => return Err(bad()),
    };
    let bytes = number.parse::<u64>().ok().and_then(|n| n.checked_mul(1 << shift)).ok_or_else(bad)?;
    let rounded = bytes.checked_next_multiple_of(BLOCK).ok_or_else(bad)?;
    // The figure travels as a signed 64-bit number somewhere inside: 2^63-1 is refused.
    if bytes == 0 || i64::try_from(rounded).is_err() {
        return Err(bad());
    }
    Ok(rounded)
}

/// `acl`: at least one entry, a pseudo entry only alone.
pub fn acl(values: &[String]) -> Result<()> {
    if values.is_empty() || values.iter().any(String::is_empty) {
        return Err(Refusal::invalid("acl must have at least one entry; use ALLOW_NONE for nobody"));
    }
    let pseudo = values.iter().any(|value| value == ALLOW_ANY || value == ALLOW_NONE);
    if pseudo && values.len() > 1 {
        return Err(Refusal::invalid("ALLOW_ANY and ALLOW_NONE cannot be mixed with other entries"));
    }
    Ok(())
}

pub fn ip_acl(values: &[String]) -> Result<()> {
    acl(values)?;
    if values.len() > MAX_IP_ENTRIES {
        return Err(Refusal::invalid("IPAcl has more than 16 entries"));
    }
    for value in values.iter().filter(|value| *value != ALLOW_ANY && *value != ALLOW_NONE) {
        let host = value.split('/').next().unwrap_or_default();
        if host.parse::<std::net::IpAddr>().is_err() {
            return Err(Refusal::invalid(format!("IPAcl entry {value:?} is not an IP address")));
        }
    }
    Ok(())
}

/// `compression` is a string on the wire; nothing means `absent`.
pub fn compression(text: &str) -> Result<Option<bool>> {
    match text.to_ascii_lowercase().as_str() {
        "" => Ok(None),
        "true" | "enable" | "enabled" => Ok(Some(true)),
        "false" | "disable" | "disabled" => Ok(Some(false)),
        _ => Err(Refusal::invalid(format!("invalid compression {text:?}"))),
    }
}

pub fn labels(labels: Vec<Label>, quirks: &Quirks) -> Result<Vec<Label>> {
    if labels.len() > MAX_LABELS {
        return Err(Refusal::invalid("more than 16 labels"));
    }
    if labels.iter().any(|label| !is_word(&label.key) || !is_word(&label.value)) {
        return Err(Refusal::invalid("label keys and values are 1-253 characters of [A-Za-z0-9._-]"));
    }
    if !quirks.strip_label_prefix {
        return Ok(labels);
    }
    let strip = |key: &str| key.rsplit(['-', '.']).next().unwrap_or_default().to_owned();
    Ok(labels.into_iter().map(|label| Label { key: strip(&label.key), value: label.value }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_any_case_binary_units_and_round_up() {
        for (text, bytes) in [
            ("10 gib", 10 << 30),
            ("4 Gib", 4 << 30),
            ("55GIB", 55 << 30),
            ("1024mib", 1 << 30),
            ("4294967296b", 1 << 32),
            ("4294967296", 1 << 32),
            ("511", 4096),
            (" 4097 ", 8192),
        ] {
            assert_eq!(size(text).unwrap(), bytes, "{text}");
        }
        for bad in [
            "",
            "0",
            "0gib",
            "-1",
            "gib",
            "1.5gib",
            "9223372036854775807",
            "99999999999999999999",
            "9pib9",
            "1 гиб",
            "16384pib",
        ] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn pseudo_entries_stand_alone() {
        let list = |values: &[&str]| values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>();
        assert!(acl(&list(&["acl1", "nqn.2014-08.org:x"])).is_ok());
        assert!(acl(&list(&["ALLOW_ANY", "acl1"])).is_err());
        assert!(acl(&[]).is_err());
        assert!(ip_acl(&list(&["10.0.0.1", "fe80::1", "10.0.0.0/24"])).is_ok());
        assert!(ip_acl(&list(&["host.example"])).is_err());
        assert!(ip_acl(&vec!["10.0.0.1".to_owned(); 17]).is_err());
    }

    #[test]
    fn project_names_are_dns_like() {
        for good in ["default", "a", "tenant-a.b", "0x"] {
            assert!(project_name(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a_b", &"a".repeat(64)] {
            assert!(project_name(bad).is_err(), "{bad}");
        }
    }
}
