//! The names of adopted volumes on clusters that cannot rename: everywhere else a name is made
//! from an id.

use crate::store::Dialect;

pub(super) fn statements(dialect: Dialect) -> Vec<String> {
    let columns = "volume_id VARCHAR(36) PRIMARY KEY, name VARCHAR(255) NOT NULL";
    vec![dialect.create_table("adopted_names", columns)]
}
