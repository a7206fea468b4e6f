//! Tables for people.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde_json::Value;

use super::size::{bytes, percent};

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header.iter().copied());
    table
}

fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(all)) => all.iter().map(|one| text(Some(one))).collect::<Vec<_>>().join(", "),
        Some(Value::Object(map)) if map.is_empty() => "-".to_owned(),
        Some(Value::Object(map)) => {
            map.iter().map(|(key, one)| format!("{key}={}", text(Some(one)))).collect::<Vec<_>>().join(", ")
        }
        Some(other) => other.to_string(),
    }
}

pub(super) fn list(answer: &Value) -> String {
    let clusters = answer.get("clusters").and_then(Value::as_array).cloned().unwrap_or_default();
    let header = [
        "Name",
        "State",
        "Intent",
        "Zone",
        "Capacity",
        "Provisioned",
        "Ratio",
        "Used",
        "Free",
        "Volumes",
        "Nodes",
    ];
    let mut rows = table(&header);
    for column in rows.column_iter_mut().skip(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut notes = Vec::new();
    for cluster in &clusters {
        let of = |key: &str| cluster.get(key);
        let figure = |key: &str| cluster.pointer(&format!("/capacity/{key}"));
        let nodes = match (of("nodes_active"), of("nodes")) {
            (Some(active), Some(all)) => format!("{active}/{all}"),
            _ => "-".to_owned(),
        };
        rows.add_row([
            text(of("name")),
            text(of("state")),
            text(of("intent")),
            text(of("availability_zone")),
            bytes(figure("effective")),
            bytes(figure("provisioned")),
            percent(figure("provisioned"), figure("effective")),
            percent(figure("physical_used"), figure("effective")),
            bytes(figure("physical_free")),
            text(figure("volumes")),
            nodes,
        ]);
        notes.extend(notes_of(cluster));
    }
    let mut out = format!("{rows}\n");
    let file = answer.get("registrations");
    if let Some(trouble) = file.and_then(|file| file.get("trouble")).and_then(Value::as_str) {
        notes.push(format!("registrations: {trouble}"));
    }
    for note in notes {
        out.push_str(&format!("! {note}\n"));
    }
    out
}

/// What somebody ought to know at a glance.
fn notes_of(cluster: &Value) -> Vec<String> {
    let name = text(cluster.get("name"));
    let mut notes = Vec::new();
    for key in ["trouble", "state_reason"] {
        if let Some(reason) = cluster.get(key).and_then(Value::as_str) {
            let note = format!("{name}: {reason}");
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
    if let (Some(intent), Some(reason)) = (
        cluster.get("intent").and_then(Value::as_str).filter(|intent| *intent != "enabled"),
        cluster.get("intent_reason").and_then(Value::as_str),
    ) {
        notes.push(format!("{name}: {intent} by {}: {reason}", text(cluster.get("intent_by"))));
    }
    if cluster.get("registered") == Some(&Value::Bool(false)) {
        notes.push(format!("{name}: no longer registered, but volumes are on it"));
    }
    if cluster.get("missing_volumes").and_then(Value::as_u64).unwrap_or_default() > 0 {
        notes.push(format!("{name}: {} volumes are missing on it", text(cluster.get("missing_volumes"))));
    }
    notes
}

/// What people look for first; the rest follows by name.
const FIRST: [&str; 14] = [
    "name",
    "id",
    "host",
    "state",
    "state_reason",
    "state_since",
    "trouble",
    "intent",
    "intent_reason",
    "intent_by",
    "intent_at",
    "health",
    "ours",
    "capacity",
];

pub(super) fn show(answer: &Value) -> String {
    let mut rows = table(&["Field", "Value"]);
    let Some(cluster) = answer.get("cluster").and_then(Value::as_object) else { return String::new() };
    let first = FIRST.iter().filter_map(|key| cluster.get_key_value(*key));
    let rest = cluster.iter().filter(|(key, _)| !FIRST.contains(&key.as_str()));
    for (key, value) in first.chain(rest) {
        match (key.as_str(), value) {
            ("capacity", Value::Object(capacity)) => {
                for (figure, size) in capacity {
                    let shown = match figure.as_str() {
                        "max_replicas" | "volumes" => text(Some(size)),
                        "provisioned_ratio" => percent(Some(size), Some(&1.into())),
                        _ => bytes(Some(size)),
                    };
                    rows.add_row([format!("capacity: {}", figure.replace('_', " ")), shown]);
                }
            }
            // What there is nothing to say about.
            ("trouble" | "state_reason" | "intent_reason", Value::Null) => {}
            _ => {
                rows.add_row([key.replace('_', " "), text(Some(value))]);
            }
        }
    }
    format!("{rows}\n")
}

pub(super) fn intent(answer: &Value) -> String {
    let of = |key: &str| answer.pointer(&format!("/cluster/{key}"));
    match of("intent").and_then(Value::as_str) {
        Some("enabled") => format!("{} takes new volumes again.\n", text(of("name"))),
        _ => format!("{} is {}: no new volumes are placed on it.\n", text(of("name")), text(of("intent"))),
    }
}

pub(super) fn removed(answer: &Value) -> String {
    format!("{} is no longer registered; nothing on it was touched.\n", text(answer.get("removed")))
}

pub(super) fn explain(answer: &Value) -> String {
    let Some(placement) = answer.get("placement") else { return String::new() };
    let asked = |key: &str| placement.pointer(&format!("/asked/{key}"));
    let replicas = asked("replicas").filter(|n| !n.is_null());
    let mut out = format!(
        "Volume {}, decided {}\n{}\nAsked for: {}, {} replicas, zone {}\n",
        text(placement.get("volume_id")),
        text(placement.get("decided_at")),
        text(placement.get("summary")),
        bytes(asked("bytes")),
        replicas.map_or_else(|| "the cluster's default".to_owned(), |n| text(Some(n))),
        text(asked("availability_zone")),
    );
    let mut rows = table(&["Cluster", "Verdict", "Ratio", "Why"]);
    let verdicts = placement.get("verdicts").and_then(Value::as_array).cloned();
    for verdict in verdicts.unwrap_or_default() {
        let of = |key: &str| verdict.get(key);
        rows.add_row([
            text(of("cluster")),
            text(of("verdict")),
            percent(of("ratio"), Some(&1.into())),
            text(of("why")),
        ]);
    }
    out.push_str(&format!("{rows}\n"));
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_is_readable_and_notes_what_matters() {
        let answer = json!({
            "clusters": [
                {"name": "a", "state": "reachable", "intent": "cordoned", "intent_reason": "disks",
                 "intent_by": "eve", "availability_zone": "nova", "nodes": 3, "nodes_active": 2,
                 "registered": true, "trouble": null, "missing_volumes": 0,
                 "capacity": {"effective": 100_u64 << 40, "provisioned": 25_u64 << 40,
                              "physical_used": 1_u64 << 40, "physical_free": 99_u64 << 40, "volumes": 7}},
                {"name": "b", "state": "unknown", "intent": null, "registered": true,
                 "trouble": "no answer", "capacity": null},
            ],
            "registrations": {"epoch": 2, "trouble": "line 3: what?"},
        });
        let shown = list(&answer);
        for part in [
            "reachable",
            "cordoned",
            "100 TiB",
            "25.0 TiB",
            "25.0 %",
            "1.0 %",
            "99.0 TiB",
            "2/3",
            "unknown",
            "! a: cordoned by eve: disks",
            "! b: no answer",
            "! registrations: line 3: what?",
        ] {
            assert!(shown.contains(part), "{part}:\n{shown}");
        }
        assert!(list(&json!({})).contains("Name"));
    }

    #[test]
    fn an_explanation_names_the_chosen_and_the_refused() {
        let answer = json!({"placement": {
            "volume_id": "v", "decided_at": "now", "summary": "Placed on cluster a.",
            "asked": {"bytes": 10_u64 << 30, "replicas": null, "availability_zone": "nova"},
            "verdicts": [
                {"cluster": "a", "verdict": "chosen", "ratio": 0.25, "why": "it had the lowest ratio"},
                {"cluster": "b", "verdict": "refused", "ratio": null, "why": "it is cordoned"},
            ],
        }});
        let shown = explain(&answer);
        for part in ["10.0 GiB", "the cluster's default replicas", "chosen", "25.0 %", "it is cordoned"] {
            assert!(shown.contains(part), "{part}:\n{shown}");
        }
        assert_eq!(explain(&json!({})), "");
        assert_eq!(show(&json!({})), "");
        let cordoned = json!({"cluster": {"name": "a", "intent": "frozen"}});
        assert_eq!(intent(&cordoned), "a is frozen: no new volumes are placed on it.\n");
    }
}
