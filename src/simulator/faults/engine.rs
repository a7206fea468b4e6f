//! Decides which rules hit a request. The dice have a seed, so a run can be repeated.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::rule::{Action, Rule, When};

/// The method of what comes over the data path. A rule hits it only when it says which operation,
/// method or path it means: trouble with the management API is not trouble with the data.
pub const DATA_PATH: &str = "NVME";

/// What a rule can look at.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    pub operation: &'a str,
    pub method: &'a str,
    pub path: &'a str,
    pub node: u16,
}

/// What goes wrong with one request, in the order of the rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub before: Vec<Action>,
    pub after: Vec<Action>,
    pub doomed: bool,
}

#[derive(Debug)]
pub struct Engine {
    rules: Vec<Rule>,
    hits: u64,
    dice: StdRng,
}

impl Engine {
    pub fn new(seed: u64) -> Self {
        Self { rules: Vec::new(), hits: 0, dice: StdRng::seed_from_u64(seed) }
    }
    pub fn reseed(&mut self, seed: u64) {
        self.dice = StdRng::seed_from_u64(seed);
    }
    pub fn add(&mut self, rules: Vec<Rule>) {
        self.rules.extend(rules);
    }
    pub fn clear(&mut self) {
        self.rules.clear();
    }
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
    /// How often any rule hit, ever.
    pub const fn hits(&self) -> u64 {
        self.hits
    }

    pub fn plan(&mut self, seen: Seen<'_>) -> Plan {
        let mut plan = Plan::default();
        for rule in &mut self.rules {
            if !matches(rule, seen) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            let spent = rule.count == Some(0);
            if spent || !self.dice.random_bool(rule.probability.clamp(0.0, 1.0)) {
                continue;
            }
            rule.count = rule.count.map(|left| left - 1);
            self.hits += 1;
            match &rule.action {
                Action::Fail => plan.doomed = true,
                action if when(action) == When::Before => plan.before.push(action.clone()),
                action => plan.after.push(action.clone()),
            }
        }
        plan
    }
}

fn matches(rule: &Rule, seen: Seen<'_>) -> bool {
    let it = &rule.matches;
    let is_meant = it.operation.is_some() || it.method.is_some() || it.path.is_some();
    (is_meant || seen.method != DATA_PATH)
        && it.operation.as_deref().is_none_or(|operation| operation == seen.operation)
        && it.method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case(seen.method))
        && it.path.as_deref().is_none_or(|prefix| seen.path.starts_with(prefix))
        && it.node.is_none_or(|node| node == seen.node)
}

const fn when(action: &Action) -> When {
    match action {
        Action::Delay { when, .. }
        | Action::Drop { when }
        | Action::Reset { when }
        | Action::Status { when, .. }
        | Action::BlackHole { when, .. } => *when,
        Action::Fail => When::Before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(json: serde_json::Value) -> Rule {
        serde_json::from_value(json).unwrap()
    }
    const CREATE: Seen<'static> = Seen {
        operation: "create_volume",
        method: "POST",
        path: "/api/v2/projects/default/volumes",
        node: 1,
    };

    #[test]
    fn a_rule_hits_what_it_matches_as_often_as_it_may() {
        let mut engine = Engine::new(0);
        engine.add(vec![rule(serde_json::json!({
            "match": {"operation": "create_volume", "method": "post", "path": "/api/v2", "node": 1},
            "skip": 1, "count": 2, "action": {"kind": "reset", "when": "after"},
        }))]);
        let hits: Vec<usize> = (0..5).map(|_| engine.plan(CREATE).after.len()).collect();
        assert_eq!(hits, [0, 1, 1, 0, 0]);
        assert_eq!(engine.hits(), 2);
        engine.clear();
        assert!(engine.rules().is_empty());
    }

    #[test]
    fn other_requests_pass() {
        let mut engine = Engine::new(0);
        engine.add(vec![rule(serde_json::json!({"match": {"node": 0}, "action": {"kind": "drop"}}))]);
        assert_eq!(engine.plan(CREATE), Plan::default());
        assert_eq!(engine.plan(Seen { node: 0, ..CREATE }).before.len(), 1);
    }

    #[test]
    fn a_seed_repeats_the_dice() {
        let run = |seed| {
            let mut engine = Engine::new(7);
            engine.reseed(seed);
            engine.add(vec![rule(serde_json::json!({"probability": 0.3, "action": {"kind": "drop"}}))]);
            (0..200).map(|_| engine.plan(CREATE).before.len()).collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        let hits: usize = run(1).iter().sum();
        assert!((30..90).contains(&hits), "{hits}");
    }
}
