"""Groups, their types and snapshots, and the consistency groups that were before them."""

from call import NOBODY, act, changes, delete, get, post, put, reads

from .scene import GROUP, KIND

HERE = [KIND, *GROUP]
SNAP = post("/group_snapshots", {"group_snapshot": {"group_id": "@group", "name": "snap"}}, makes="@gs")
CG = [KIND, post("/consistencygroups", {"consistencygroup": {"name": "cg", "volume_types": "@type"}}, makes="@cg"),
      act("/groups/@cg", "reset_status", {"status": "available"}, by="admin")]

READS = reads(
    "group_types",
    ("list by name", get("/group_types/@kind"), 11),
    ("show to an administrator", get("/group_types/@kind", by="admin"), 11),
    ("default", get("/group_types/default"), 11),
    ("group specs", get("/group_types/@kind/group_specs", by="admin"), 11),
    ("group specs to a member", get("/group_types/@kind/group_specs"), 11),
    ("group spec", get("/group_types/@kind/group_specs/x", by="admin"), 11),
) + reads(
    "groups",
    ("list", get("/groups"), 13),
    ("detail", get("/groups/detail", by="admin"), 13, 14, 38, 58),
    ("detail to a member", get("/groups/detail"), 13, 14, 38),
    ("detail with volumes", get("/groups/detail?list_volume=True"), 13, 14, 25, 38),
    ("list with volumes", get("/groups?list_volume=True"), 13),
    ("show", get("/groups/@group", by="admin"), 13, 14, 38, 58),
    ("show to a member", get("/groups/@group"), 13, 14, 38),
    ("show with volumes", get("/groups/@group?list_volume=True"), 13, 14, 25, 38),
    ("by an unknown filter, a member", get("/groups?unheard_of=1"), 13, 31),
    ("by a part of the name", get("/groups?name~=group", by="admin"), 13),
) + reads(
    "group_snapshots",
    ("list", get("/group_snapshots"), 14),
    ("detail", get("/group_snapshots/detail", by="admin"), 14, 58),
    ("detail to a member", get("/group_snapshots/detail"), 14),
    ("show", get("/group_snapshots/@gsone", by="admin"), 14, 58),
    ("show to a member", get("/group_snapshots/@gsone"), 14),
    ("one of them", get("/group_snapshots?limit=1"), 14, 29),
    ("details of one of them", get("/group_snapshots/detail?limit=1"), 14, 29),
    ("after the first", get("/group_snapshots?marker=@gstwo"), 14, 29),
    ("sorted", get("/group_snapshots?sort=name:asc"), 14, 29),
    ("by name", get("/group_snapshots?name=group%20snap%20one"), 14, 29),
    ("by an unknown filter, a member", get("/group_snapshots?unheard_of=1"), 14, 29, 31),
    ("by a part of the name", get("/group_snapshots?name~=snap%20one", by="admin"), 14, 29),
)

CHANGES = [
    changes("group_types/create", [11], post("/group_types", {"group_type": {"name": "%project-new"}}, by="admin")),
    changes("group_types/update", [11], put("/group_types/@kind", {"group_type": {"description": "d"}}, by="admin"), given=HERE),
    changes("group_types/delete", [11], delete("/group_types/@new", by="admin"),
            given=[post("/group_types", {"group_type": {"name": "%project-new"}}, by="admin", makes="@new")]),
    changes("group_types/create specs", [11], post("/group_types/@new/group_specs", {"group_specs": {"a": "1"}}, by="admin"),
            put("/group_types/@new/group_specs/a", {"a": "2"}, by="admin"), delete("/group_types/@new/group_specs/a", by="admin"),
            given=[post("/group_types", {"group_type": {"name": "%project-new"}}, by="admin", makes="@new")]),
    changes("groups/create", [13], post("/groups", {"group": {"name": "new", "group_type": "@kind", "volume_types": ["@type"]}}), given=HERE, also=(71,)),
    changes("groups/update", [13], put("/groups/@group", {"group": {"name": "other"}}), given=HERE),
    changes("groups/delete", [13], act("/groups/@group", "delete", {"delete-volumes": True}), given=HERE),
    changes("groups/reset the status", [20], act("/groups/@group", "reset_status", {"status": "error"}, by="admin"), given=HERE),
    changes("groups/reset the status, a member", [20], act("/groups/@group", "reset_status", {"status": "error"}), given=HERE),
    changes("groups/create from a group", [14], post("/groups/action", {"create-from-src": {"name": "new", "source_group_id": "@group"}}), given=HERE),
    changes("groups/create from a snapshot", [14], post("/groups/action", {"create-from-src": {"name": "new", "group_snapshot_id": "@gs"}}, makes="@new"),
            get("/groups/@new", at=71), given=[*HERE, SNAP]),
    *(changes(f"groups/{action}", [38], act("/groups/@group", action, {}, by="admin"), given=HERE)
      for action in ("enable_replication", "disable_replication", "failover_replication", "list_replication_targets")),
    changes("group_snapshots/create", [14], post("/group_snapshots", {"group_snapshot": {"group_id": "@group", "name": "new"}}), given=HERE, also=(71,)),
    changes("group_snapshots/delete", [14], delete("/group_snapshots/@gs"), given=[*HERE, SNAP]),
    changes("group_snapshots/reset the status", [19], act("/group_snapshots/@gs", "reset_status", {"status": "error"}, by="admin"), given=[*HERE, SNAP]),
    changes("group_snapshots/reset the status, a member", [19], act("/group_snapshots/@gs", "reset_status", {"status": "error"}), given=[*HERE, SNAP]),
    changes("consistencygroups/update with no name", [], put("/consistencygroups/@cg/update", {"consistencygroup": {"name": "", "description": ""}}), given=CG, also=(5, 6)),
    changes("consistencygroups/update with no name, the other way", [6], put("/consistencygroups/@cg", {"consistencygroup": {"name": "", "description": ""}}), given=CG),
    changes("consistencygroups/update nothing, the other way", [6], put("/consistencygroups/@cg", {"consistencygroup": {"name": None}}), given=CG),
    changes("consistencygroups/update nothing", [], put("/consistencygroups/@cg/update", {"consistencygroup": {"name": None}}), given=CG, also=(5, 6)),
    changes("consistencygroups/update one that is not there", [], put(f"/consistencygroups/{NOBODY}", {"consistencygroup": {"name": ""}}), also=(5, 6)),
]
