use super::TABLE;
use crate::api::router::Router;
use crate::auth::{Policy, Target};
use crate::domain::{Clock, Ctx};

#[test]
fn every_row_names_a_rule_there_is_and_only_administrators_pass() {
    Router::new(&[TABLE]).unwrap();
    let policy = Policy::defaults().unwrap();
    let admin = Ctx::internal(Clock::System);
    let roles = vec!["member".to_owned(), "reader".to_owned()];
    let member = Ctx { is_admin: false, roles, ..Ctx::internal(Clock::System) };
    let mut ids = std::collections::HashSet::new();
    for row in TABLE {
        assert!(ids.insert(row.id), "{}", row.id);
        assert!(policy.check(&admin, row.rule, &Target::own(&admin)), "{}: {}", row.id, row.rule);
        assert!(!policy.check(&member, row.rule, &Target::own(&member)), "{}: {}", row.id, row.rule);
    }
}
