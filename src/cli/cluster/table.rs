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

pub(super) fn show(answer: &Value) -> String {
    let mut rows = table(&["Field", "Value"]);
    let Some(cluster) = answer.get("cluster").and_then(Value::as_object) else { return String::new() };
    for (key, value) in cluster {
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
            _ => {
                rows.add_row([key.replace('_', " "), text(Some(value))]);
            }
        }
    }
    format!("{rows}\n")
}

pub(super) fn removed(answer: &Value) -> String {
    format!("{} is no longer registered; nothing on it was touched.\n", text(answer.get("removed")))
}

pub(super) fn explain(answer: &Value) -> String {
    let Some(placement) = answer.get("placement") else { return String::new() };
    let asked = |key: &str| placement.pointer(&format!("/decision/asked/{key}"));
    let mut out = format!(
        "Volume {}, decided {}\n{}\nAsked: {}, replicas {}, zone {}\n",
        text(placement.get("volume_id")),
        text(placement.get("decided_at")),
        text(placement.get("summary")),
        bytes(asked("bytes")),
        text(asked("replicas")),
        text(asked("availability_zone")),
    );
    let mut rows = table(&["Cluster", "Verdict", "Ratio", "Why"]);
    let chosen = placement.pointer("/decision/chosen/cluster");
    let verdicts = placement.pointer("/decision/verdicts").and_then(Value::as_array).cloned();
    for verdict in verdicts.unwrap_or_default() {
        let name = text(verdict.get("name"));
        let row = match (verdict.get("fits"), verdict.get("refused")) {
            (Some(score), _) => {
                let ratio = percent(score.pointer("/ratio/provisioned"), score.pointer("/ratio/effective"));
                let best = chosen.is_some() && verdict.get("cluster") == chosen;
                let why = if best { "lowest ratio" } else { "a lower ratio was found" };
                [name, if best { "chosen" } else { "fits" }.to_owned(), ratio, why.to_owned()]
            }
            (None, refused) => [name, "refused".to_owned(), "-".to_owned(), refusal(refused)],
        };
        rows.add_row(row);
    }
    out.push_str(&format!("{rows}\n"));
    out
}

/// The reason's own words and figures.
fn refusal(refused: Option<&Value>) -> String {
    let Some(refused) = refused.and_then(Value::as_object) else { return "-".to_owned() };
    let mut out = text(refused.get("reason")).replace('-', " ");
    for (key, value) in refused.iter().filter(|(key, value)| *key != "reason" && !value.is_null()) {
        let shown = match key.as_str() {
            "provisioned" | "asked" | "cap" if value.as_u64().is_some_and(|n| n > 3) => bytes(Some(value)),
            _ => text(Some(value)),
        };
        out.push_str(&format!("; {} {shown}", key.replace('_', " ")));
    }
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
            "decision": {
                "asked": {"bytes": 10_u64 << 30, "replicas": null, "availability_zone": "nova"},
                "chosen": {"cluster": "1"},
                "verdicts": [
                    {"cluster": "1", "name": "a", "fits": {"ratio": {"provisioned": 1, "effective": 4}}},
                    {"cluster": "2", "name": "b", "refused": {"reason": "over-subscribed",
                     "provisioned": 1_u64 << 40, "asked": 30_u64 << 30, "cap": 1_u64 << 40}},
                ],
            },
        }});
        let shown = explain(&answer);
        for part in ["10.0 GiB", "chosen", "25.0 %", "refused", "over subscribed", "asked 30.0 GiB"] {
            assert!(shown.contains(part), "{part}:\n{shown}");
        }
        assert_eq!(explain(&json!({})), "");
        assert_eq!(show(&json!({})), "");
    }
}
