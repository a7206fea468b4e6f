"""Attachments, transfers and messages."""

from call import NOBODY, act, changes, delete, get, post, put, reads

from .scene import INSTANCE, NOWHERE, volume

ONE = volume("one", "@one")
ATTACHED = post("/attachments", {"attachment": {"volume_uuid": "@one", "instance_uuid": INSTANCE}}, makes="@here")
HANDED = post("/volume-transfers", {"transfer": {"volume_id": "@one", "name": "t"}}, makes="@t")

READS = reads(
    "attachments",
    ("list", get("/attachments"), 27),
    ("detail", get("/attachments/detail"), 27),
    ("show", get("/attachments/@attachment"), 27),
    ("of a volume", get("/attachments?volume_id=@one"), 27),
    ("by an unknown filter, a member", get("/attachments?unheard_of=1"), 27, 31),
    ("by a part", get("/attachments?attach_status~=res", by="admin"), 27),
) + reads(
    "transfers",
    ("list", get("/volume-transfers"), 59),
    ("detail", get("/volume-transfers/detail"), 55, 57, 59),
    ("show", get("/volume-transfers/@transferone"), 55, 57),
    ("one of them", get("/volume-transfers?limit=1"), 59),
    ("after the second", get("/volume-transfers?marker=@transfertwo"), 59),
    ("sorted", get("/volume-transfers?sort=name:desc"), 59),
    ("detail sorted", get("/volume-transfers/detail?sort_key=display_name&sort_dir=asc&limit=1"), 59),
    ("old list", get("/os-volume-transfer")),
    ("old detail", get("/os-volume-transfer/detail"), 55, 57),
    ("old show", get("/os-volume-transfer/@transferone"), 55, 57),
) + reads(
    "messages",
    ("list", get("/messages"), 3),
    ("show", get("/messages/@message1"), 3),
    ("one of them", get("/messages?limit=1"), 3, 5),
    ("after the first", get("/messages?marker=@message1"), 3, 5),
    ("sorted", get("/messages?sort=created_at:asc"), 3, 5),
    ("of a resource", get("/messages?resource_uuid=@lost"), 3, 5),
    ("by an unknown filter, a member", get("/messages?unheard_of=1&limit=1"), 3, 5, 31),
    ("by a part", get("/messages?resource_type~=VOL&resource_uuid=@lost", by="admin"), 3, 5),
    scene="messages",
)

CHANGES = [
    changes("attachments/create", [27], post("/attachments", {"attachment": {"volume_uuid": "@one", "instance_uuid": INSTANCE}}), given=[ONE], also=(71,)),
    changes("attachments/create with a mode", [54], post("/attachments", {"attachment": {"volume_uuid": "@one", "instance_uuid": INSTANCE, "mode": "ro"}}),
            given=[ONE]),
    changes("attachments/create with no mode", [54], post("/attachments", {"attachment": {"volume_uuid": "@one", "mode": "x"}}), given=[ONE]),
    changes("attachments/update", [27], put("/attachments/@here", {"attachment": {}}), given=[ONE, ATTACHED]),
    changes("attachments/delete", [27], delete("/attachments/@here"), given=[ONE, ATTACHED]),
    changes("attachments/complete", [44], act("/attachments/@here", "os-complete", {}), get("/volumes/@one", at=0), given=[ONE, ATTACHED]),
    changes("attachments/complete one that is not there", [44], act(f"/attachments/{NOBODY}", "os-complete", {})),
    changes("transfers/create", [55, 57], post("/volume-transfers", {"transfer": {"volume_id": "@one", "name": "t"}}), given=[ONE], also=(0, 69, 70, 71)),
    changes("transfers/create without snapshots", [55], post("/volume-transfers", {"transfer": {"volume_id": "@one", "no_snapshots": True}}), given=[ONE]),
    changes("transfers/create in the old way", [55, 57], post("/os-volume-transfer", {"transfer": {"volume_id": "@one", "name": "t"}}), given=[ONE], also=(0, 69, 70, 71)),
    changes("transfers/create in the old way without snapshots", [],
            post("/os-volume-transfer", {"transfer": {"volume_id": "@one", "no_snapshots": True}}), given=[ONE], also=(54, 55)),
    changes("transfers/delete", [], delete("/volume-transfers/@t"), given=[ONE, HANDED], also=(54, 55)),
    changes("messages/delete", [3], delete("/messages/@m1"), given=[*NOWHERE, get("/messages", makes="@m", rows=1)]),
]
