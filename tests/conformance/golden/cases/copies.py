"""Snapshots and backups."""

from call import NOBODY, act, changes, get, post, put, reads

from .scene import volume

ONE = volume("one", "@one")
IN_USE = act("/volumes/@one", "os-attach", {"host_name": "h", "mountpoint": "/dev/vdb"})
SNAP = post("/snapshots", {"snapshot": {"volume_id": "@one", "name": "snap"}}, makes="@snap")
BACKUP = post("/backups", {"backup": {"volume_id": "@one", "name": "backup"}}, makes="@backup")

READS = reads(
    "snapshots",
    ("show", get("/snapshots/@snapone"), 14, 41, 65),
    ("show to an administrator", get("/snapshots/@snapone", by="admin"), 14, 41, 65),
    ("list", get("/snapshots?name=snap%20one")),
    ("detail", get("/snapshots/detail?name=snap%20one"), 14, 41, 65),
    ("detail of a volume in a group", get("/snapshots/detail?volume_id=@grouped&limit=1"), 14, 41, 65),
    ("by metadata", get("/snapshots?metadata={'team':'blue'}&volume_id=@two"), 22),
    ("by metadata, an administrator", get("/snapshots?metadata={'team':'blue'}&volume_id=@two", by="admin"), 22),
    ("sorted by name", get("/snapshots?sort=name:desc&limit=1"), 30),
    ("sorted by display name", get("/snapshots?sort=display_name:desc&limit=1")),
    ("by an unknown filter, a member", get("/snapshots?unheard_of=1&volume_id=@one"), 31),
    ("by an unknown filter", get("/snapshots?unheard_of=1&volume_id=@one", by="admin")),
    ("by a part of the name", get("/snapshots?name~=snap%20on&volume_id=@one", by="admin")),
    ("with a count", get("/snapshots?with_count=true&limit=1&sort=display_name:asc"), 31, 45),
    ("detail with a count", get("/snapshots/detail?with_count=true&volume_id=@one"), 14, 31, 45, 65),
    ("by quota", get("/snapshots?consumes_quota=true&volume_id=@one")),
    ("by no quota", get("/snapshots?consumes_quota=false&volume_id=@one"), 31),
    ("by quota, an administrator", get("/snapshots?consumes_quota=false&volume_id=@one", by="admin")),
    ("manageable", get("/manageable_snapshots?host=nowhere", by="admin"), 8),
    ("manageable in a cluster", get("/os-snapshot-manage?cluster=nowhere", by="admin"), 17),
    ("metadata", get("/snapshots/@snapone/metadata")),
) + reads(
    "backups",
    ("show", get("/backups/@backupone", by="admin"), 18, 43, 56),
    ("show to a member", get("/backups/@backupone"), 43),
    ("list", get("/backups?name=backup%20one")),
    ("detail", get("/backups/detail?name=backup%20one", by="admin"), 18, 43, 56),
    ("detail to a member", get("/backups/detail?name=backup%20one"), 43),
    ("sorted by name", get("/backups?sort=name:asc&limit=1"), 37),
    ("sorted by display name", get("/backups?sort=display_name:asc&limit=1")),
    ("by an unknown filter, a member", get("/backups?unheard_of=1&name=backup%20one"), 31),
    ("by a part of the name", get("/backups?name~=backup%20on&volume_id=@one", by="admin")),
    ("with a count", get("/backups?with_count=true&limit=1&sort=display_name:asc"), 31, 45),
    ("detail with a count", get("/backups/detail?with_count=true&volume_id=@one"), 31, 45),
)

CHANGES = [
    changes("snapshots/create", (14, 41, 65), post("/snapshots", {"snapshot": {"volume_id": "@one", "name": "snap", "metadata": {"a": "1"}}}), given=[ONE]),
    changes("snapshots/update", (14, 41, 65), put("/snapshots/@snap", {"snapshot": {"name": "other"}}), given=[ONE, SNAP]),
    changes("snapshots/create not by force", [66], post("/snapshots", {"snapshot": {"volume_id": "@one", "force": False}}), given=[ONE]),
    changes("snapshots/create by force", [], post("/snapshots", {"snapshot": {"volume_id": "@one", "force": True}}), given=[ONE], also=(0, 65, 66)),
    changes("snapshots/create in use", [66], post("/snapshots", {"snapshot": {"volume_id": "@one"}}), given=[ONE, IN_USE], also=(0,)),
    changes("snapshots/create in use by force", [], post("/snapshots", {"snapshot": {"volume_id": "@one", "force": True}}), given=[ONE, IN_USE], also=(65, 66)),
    changes("snapshots/manage", [8], post("/manageable_snapshots", {"snapshot": {"volume_id": NOBODY, "ref": {"source-name": "x"}}}, by="admin")),
    changes("backups/create", [], post("/backups", {"backup": {"volume_id": "@one", "name": "backup"}}), given=[ONE], also=(0, 42, 43, 50, 51, 71)),
    changes("backups/create with metadata", [43], post("/backups", {"backup": {"volume_id": "@one", "metadata": {"a": "1"}}}, makes="@backup"),
            get("/backups/@backup", at=43), given=[ONE]),
    changes("backups/create in a zone", [51], post("/backups", {"backup": {"volume_id": "@one", "availability_zone": "nova"}}), given=[ONE]),
    changes("backups/update", [9], put("/backups/@backup", {"backup": {"name": "other", "description": "d"}}), given=[ONE, BACKUP], also=(42, 43, 71)),
    changes("backups/update nothing", [9], put("/backups/@backup", {"backup": {}}), given=[ONE, BACKUP], also=(42, 43)),
    changes("backups/update metadata", [43], put("/backups/@backup", {"backup": {"metadata": {"a": "1"}}}), get("/backups/@backup", at=43), given=[ONE, BACKUP]),
    changes("backups/make a volume", [], post("/volumes", {"volume": {"size": 1, "backup_id": "@backup"}}), given=[ONE, BACKUP], also=(46, 47)),
]
