//! What Cinder's rules said, and were called, before there were readers and members.
//!
//! Two things are left of that time. An operator's override of a former *name* still counts for
//! the rules that came of it. And a site that has not given its users the roles yet may let the
//! former *checks* hold beside the present ones (`enforce_new_defaults = false`, as oslo.policy
//! has it); then whoever is in a project may act there, whatever the role.
//!
//! What is the members' or the readers' now was the owner's, under the same name: those lists stand
//! in `defaults` alone. Here stands what was otherwise.

use super::defaults::{MEMBER_RULES, READER_RULES};

/// A rule, and the one it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Former {
    pub rule: &'static str,
    /// Another name than `rule`, or the same.
    pub name: &'static str,
    pub check: &'static str,
}

impl Former {
    pub fn is_renamed(&self) -> bool {
        self.name != self.rule
    }
}

const fn renamed(rule: &'static str, name: &'static str, check: &'static str) -> Former {
    Former { rule, name, check }
}

const OWNER: &str = "rule:admin_or_owner";
const ADMIN: &str = "rule:admin_api";
const IMAGE_METADATA: &str = "volume_extension:volume_image_metadata";

const RENAMED: &[Former] = &[
    renamed("group:group_types:create", "group:group_types_manage", ADMIN),
    renamed("group:group_types:update", "group:group_types_manage", ADMIN),
    renamed("group:group_types:delete", "group:group_types_manage", ADMIN),
    renamed("group:group_types_specs:get", "group:group_types_specs", ADMIN),
    renamed("group:group_types_specs:get_all", "group:group_types_specs", ADMIN),
    renamed("group:group_types_specs:create", "group:group_types_specs", ADMIN),
    renamed("group:group_types_specs:update", "group:group_types_specs", ADMIN),
    renamed("group:group_types_specs:delete", "group:group_types_specs", ADMIN),
    renamed("volume_extension:quota_classes:get", "volume_extension:quota_classes", ADMIN),
    renamed("volume_extension:quota_classes:update", "volume_extension:quota_classes", ADMIN),
    renamed("volume_extension:type_create", "volume_extension:types_manage", ADMIN),
    renamed("volume_extension:type_update", "volume_extension:types_manage", ADMIN),
    renamed("volume_extension:type_delete", "volume_extension:types_manage", ADMIN),
    renamed("volume_extension:volume_image_metadata:show", IMAGE_METADATA, OWNER),
    renamed("volume_extension:volume_image_metadata:set", IMAGE_METADATA, OWNER),
    renamed("volume_extension:volume_image_metadata:remove", IMAGE_METADATA, OWNER),
];

/// Rules that came later.
const NEW: &[&str] = &["volume:reimage", "volume:reimage_reserved"];

/// Rules that kept their name and were not the owner's, by what they said.
const KEPT: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "volume:attachment_create",
            "snapshot_extension:snapshot_actions:update_snapshot_status",
            "backup:create",
            "group:create",
            "group:create_group_snapshot",
            "volume:accept_transfer",
            "volume:create",
            "volume:create_from_image",
            "volume_extension:type_get",
            "volume_extension:type_get_all",
            "volume_extension:types_extra_specs:index",
            "volume_extension:types_extra_specs:show",
        ],
    ),
    (ADMIN, &["volume_extension:access_types_extra_specs"]),
    (
        "rule:volume_extension:volume_type_encryption",
        &[
            "volume_extension:volume_type_encryption:create",
            "volume_extension:volume_type_encryption:get",
            "volume_extension:volume_type_encryption:update",
            "volume_extension:volume_type_encryption:delete",
        ],
    ),
    // Cinder forgot the word `rule` here, so that it allows nobody.
    ("volume_extension:volume_type_access", &["volume_extension:volume_type_access:get_all_for_type"]),
    (
        "rule:system_or_domain_or_project_admin",
        &[
            "volume_extension:default_set_or_update",
            "volume_extension:default_get",
            "volume_extension:default_unset",
        ],
    ),
    ("role:admin and system_scope:all", &["volume_extension:default_get_all"]),
];

/// Every rule that has a past.
pub fn all() -> impl Iterator<Item = Former> {
    let kept =
        KEPT.iter().flat_map(|&(check, rules)| rules.iter().map(move |&rule| renamed(rule, rule, check)));
    let owners = MEMBER_RULES.iter().chain(READER_RULES).filter(|rule| was_the_owners(rule));
    let owners = owners.map(|&rule| renamed(rule, rule, OWNER));
    RENAMED.iter().copied().chain(kept).chain(owners)
}

/// Of a rule that members or readers have now.
fn was_the_owners(rule: &str) -> bool {
    let listed = KEPT.iter().any(|(_, rules)| rules.contains(&rule));
    !listed && !NEW.contains(&rule) && !RENAMED.iter().any(|former| former.rule == rule)
}
