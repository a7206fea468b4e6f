"""What a program may do: one rule a resource, each adds a call."""

import other_rules as other
from words import BOOLS, CONNECTORS, KEYS, NOBODY, SERVERS, SIZES, STATUSES, TEXTS, metadata, query, shared


def volume_create(p):
    fields = p.some(name=[f"v{len(p.calls)}"] * 9 + TEXTS, description=TEXTS, metadata=[metadata(p)], multiattach=BOOLS,
                    availability_zone=["nova", "nowhere"], volume_type=[p.any("type"), p.any("type"), "nonsense", None])
    source = p.rng.random()
    if source < 0.1:
        fields["snapshot_id"] = p.any("snapshot")
    elif source < 0.2:
        fields["source_volid"] = p.any("volume")
    elif source < 0.22:
        fields["consistencygroup_id"] = p.any("cg")
    elif source < 0.26:
        fields["group_id"] = p.any("group")
    elif source < 0.28:
        fields["backup_id"] = p.any("backup")
    elif source < 0.29:  # an id would ask for the image service, which neither side has
        fields[p.pick("imageRef", "image_id")] = p.pick("nonsense", "", None, "x" * 256, 5)
    if p.rng.random() < 0.92 or source > 0.2:
        fields["size"] = p.pick(*SIZES) if p.rng.random() < 0.25 else 1
    body = p.pick(*[{"volume": fields}] * 30, {"volume": None}, {}, {"volumes": fields})
    if p.rng.random() < 0.04 and "volume" in body:
        body["OS-SCH-HNT:scheduler_hints"] = p.pick({"different_host": [NOBODY]}, {"query": "x"},
                                                    {"same_host": "x"}, {"local_to_instance": "x"}, None, [])
    p.add("POST", "/volumes", body, "volume", who=None if p.rng.random() < 0.3 else "admin")


def volume_read(p):
    one = p.any("volume")
    if p.rng.random() < 0.4:
        return p.add("GET", p.pick(
            f"/volumes/{one}", f"/volumes/{one}", f"/volumes/{one}/metadata", f"/volumes/{one}/metadata/{p.pick('team', 'a', 'x')}",
            f"/volumes/{one}/encryption", f"/volumes/{one}/encryption/encryption_key_id",
            "/volumes/summary", "/volumes/summary?all_tenants=0", "/volumes/summary?all_tenants=x"))
    p.add("GET", p.pick("/volumes", "/volumes/detail") + query(
        p, "status=available", "status=error", "status=['available','error']", "name=one", "display_name=one", "name~=one",
        "display_name~=v1", "metadata={'team':'blue'}", "metadata={}", "metadata=x", "bootable=true", "bootable=x", "nonsense=1",
        "availability_zone=nova", "consumes_quota=true", "consumes_quota=x", "use_quota=true", "created_at=lt:2001-01-01T00:00:00",
        "created_at=gt:2001-01-01", "updated_at=gte:2001-01-01T00:00:00", "created_at=x", "created_at=about:2001-01-01",
        "migration_status=none", "migration_status=None", "size=1", "size=x", "group_id=None", f"group_id={NOBODY}",
        f"volume_type_id={p.any('type')}", f"snapshot_id={p.any('snapshot')}", f"source_volid={one}", "multiattach=false", f"id={one}",
        "attach_status=detached", "user_id=member", f"glance_metadata={{'image_name':'i'}}", "deleted=false", "deleted=true", "project_id=x", "ü=1"))


def volume_change(p):
    one = p.any("volume")
    p.rng.choices([
        lambda: p.add("PUT", f"/volumes/{one}", {"volume": p.some(name=TEXTS, description=TEXTS, metadata=[metadata(p)],
                                                                  display_name=TEXTS, display_description=TEXTS)}),
        lambda: p.add(p.pick("POST", "PUT"), f"/volumes/{one}/metadata", {"metadata": metadata(p)}),
        lambda: p.add("PUT", f"/volumes/{one}/metadata/{p.pick('team', 'a', 'tier')}", {"meta": {p.pick('team', 'a', *KEYS): p.pick(*TEXTS)}}),
        lambda: p.add("DELETE", f"/volumes/{one}/metadata/{p.pick('team', 'a', 'none')}")], [35, 30, 20, 15])[0]()


def volume_delete(p):
    p.add("DELETE", f"/volumes/{p.any('volume')}" + p.pick("", "", "", "?cascade=true", "?cascade=maybe", "?force=true", "?force=x"))


def volume_action(p):
    one, other = p.any("volume"), p.any("volume")
    p.add("POST", f"/volumes/{one}/action", p.pick(
        {"os-extend": {"new_size": p.pick(2, 3, 4, *SIZES)}}, {"os-extend": {"new_size": p.pick(2, 3, 5)}},
        {"os-set_bootable": {"bootable": p.pick(*BOOLS)}}, {"os-update_readonly_flag": {"readonly": p.pick(*BOOLS)}},
        {"os-reset_status": p.some(status=STATUSES, attach_status=["attached", "detached", "x"], migration_status=["none", "migrating", "x"])},
        {"os-reset_status": {"status": p.pick("available", "error", "maintenance", "in-use", "reserved", "awaiting-transfer")}},
        {"os-reserve": {}}, {"os-reserve": None}, {"os-unreserve": {}}, {"os-begin_detaching": {}}, {"os-roll_detaching": {}},
        {"os-attach": p.some(instance_uuid=[*SERVERS, "x"], host_name=["h", "H_1 x", ""], mountpoint=["/dev/vdb", ""], mode=["rw", "ro", "x"])},
        {"os-attach": {"instance_uuid": p.pick(*SERVERS), "mountpoint": "/dev/vdb", "mode": p.pick("rw", "rw", "ro")}},
        {"os-detach": p.some(attachment_id=[p.any("attachment"), None])},
        {"os-force_detach": p.some(attachment_id=[p.any("attachment"), None], connector=CONNECTORS)},
        {"os-initialize_connection": {"connector": p.pick(*CONNECTORS)}}, {"os-terminate_connection": {"connector": p.pick(*CONNECTORS)}},
        {"os-force_delete": {}}, {"os-set_image_metadata": {"metadata": metadata(p)}},
        {"os-set_image_metadata": {"metadata": {"image_name": "i", "min_disk": "1"}}},
        {"os-unset_image_metadata": {"key": p.pick("image_name", "none", "")}}, {"os-show_image_metadata": {}},
        {"revert": {"snapshot_id": p.any("snapshot")}}, {"os-nonsense": {}}, {}, {"os-extend": {}, "os-reserve": {}},
        {"os-retype": {"new_type": p.pick(p.any("type"), p.any("type"), "nonsense", ""), "migration_policy": p.pick("never", "on-demand", "x", None)}},
        {"os-migrate_volume": {"host": p.pick("nowhere", "", "nobody@no#pool")} | p.some(force_host_copy=BOOLS, lock_volume=BOOLS)},
        {"os-migrate_volume_completion": {"new_volume": other if other != one else NOBODY} | p.some(error=BOOLS)},
        {"os-extend_volume_completion": p.some(error=BOOLS)},
        {"os-volume_upload_image": {"image_name": p.pick("i", "", None)} | p.some(force=BOOLS, disk_format=["raw", "x"], visibility=["x", "public", "private"])},
        {"os-reimage": {"image_id": p.pick("x", "", None)} | p.some(reimage_reserved=BOOLS)}, {"os-unmanage": None}))


def snapshot_create(p):
    fields = {"volume_id": p.any("volume")} | p.some(name=[f"s{len(p.calls)}"] * 9 + TEXTS, description=TEXTS, force=BOOLS, metadata=[metadata(p)])
    p.add("POST", "/snapshots", {"snapshot": fields}, "snapshot")


def snapshot_rest(p):
    one = p.any("snapshot")
    p.one_of(
        lambda: p.add("GET", f"/snapshots/{one}"), lambda: p.add("GET", f"/snapshots/{one}/metadata"),
        lambda: p.add("GET", f"/snapshots/{one}/metadata/{p.pick('team', 'a')}"),
        lambda: p.add("GET", p.pick("/snapshots", "/snapshots/detail") + query(
            p, "status=available", "status=error", f"volume_id={p.any('volume')}", "name=one", "name~=s1", "display_name~=s", "display_name=one",
            "metadata={'team':'blue'}", "metadata=x", "availability_zone=nova", "consumes_quota=true", "use_quota=x", "nonsense=1",
            "volume_size=1", "created_at=x", f"id={one}", "project_id=x")),
        lambda: p.add("PUT", f"/snapshots/{one}", {"snapshot": p.some(name=TEXTS, description=TEXTS, display_name=TEXTS)}),
        lambda: p.add("DELETE", f"/snapshots/{one}"), lambda: p.add("DELETE", f"/snapshots/{one}"),
        lambda: p.add(p.pick("POST", "PUT"), f"/snapshots/{one}/metadata", {"metadata": metadata(p)}),
        lambda: p.add("PUT", f"/snapshots/{one}/metadata/{p.pick('team', 'a')}", {"meta": {p.pick('team', 'a', *KEYS): p.pick(*TEXTS)}}),
        lambda: p.add("DELETE", f"/snapshots/{one}/metadata/{p.pick('team', 'x')}"),
        lambda: p.add("POST", f"/snapshots/{one}/action", p.pick(
            {"os-reset_status": {"status": p.pick(*STATUSES)}}, {"os-reset_status": {}}, {"os-force_delete": {}}, {"os-x": {}}, {"os-unmanage": {}},
            {"os-update_snapshot_status": {"status": p.pick("available", "error", "creating", "x"), "progress": p.pick(
                "50%", "150%", "x", "", None, "50%", 5, 1.5, 0, True, [], ["a"], {"a": "b"})}})),
    )


def types(p):
    one = p.any("type")
    mine = shared(p)
    public = "os-volume-type-access:is_public"
    p.one_of(
        lambda: p.add("POST", "/types", {"volume_type": {"name": p.pick(mine, mine, mine, "", " ", None, "x" * 256)} | p.some(
            description=TEXTS, extra_specs=[{"a": "1"}, {}, None, {"a": 1}, {"multiattach": "<is> True"}, {"bad key!": "1"}])}, "type"),
        lambda: p.add("POST", "/types", {"volume_type": {"name": mine}}, "type", "admin"),
        lambda: p.add("POST", "/types", {"volume_type": {"name": mine, public: p.pick(*BOOLS)}}, "type"),
        lambda: p.add("GET", f"/types/{one}"), lambda: p.add("GET", "/types/default"),
        lambda: p.add("GET", "/types" + p.pick("", "?is_public=None", "?is_public=false", "?is_public=x", "?sort=name:asc", "?sort_key=nonsense",
                                               "?limit=0", "?limit=-1", "?offset=x", "?marker=" + NOBODY, "?extra_specs={'a':'1'}", "?nonsense=1",
                                               "?sort=nonsense&marker=" + NOBODY, "?all_tenants=1", "?nonsense=1&sort=nonsense", "?sort=name:up",
                                               f"?name={mine}", "?description=one")),
        lambda: p.add("PUT", f"/types/{one}", {"volume_type": p.some(name=[mine, "", " ", None, "x" * 256, 5], description=TEXTS, is_public=BOOLS)}),
        lambda: p.add("DELETE", f"/types/{one}"),
        lambda: p.add("GET", f"/types/{one}/extra_specs"),
        lambda: p.add("POST", f"/types/{one}/extra_specs", {"extra_specs": p.pick({"b": "2"}, {"": "x"}, {"b": 5}, {"b!": "x"}, {}, None)}),
        lambda: p.add("PUT", f"/types/{one}/extra_specs/b", p.pick({"b": "3"}, {"c": "3"}, {"b": "3", "c": "4"}, {})),
        lambda: p.add("GET", f"/types/{one}/extra_specs/{p.pick('a', 'b', 'none')}"),
        lambda: p.add("DELETE", f"/types/{one}/extra_specs/{p.pick('a', 'b', 'none')}"),
        lambda: p.add("GET", f"/types/{one}/os-volume-type-access"),
        lambda: p.add("POST", f"/types/{one}/action", p.pick(
            {"addProjectAccess": {"project": "%project"}}, {"removeProjectAccess": {"project": "%project"}}, {"addProjectAccess": {}},
            {"addProjectAccess": {"project": ""}}, {"addProjectAccess": {"project": "%stranger"}}, {"x": {}})),
        lambda: p.add("GET", f"/types/{one}/encryption"), lambda: p.add("GET", f"/types/{one}/encryption/{p.pick('cipher', 'provider', 'x')}"),
        lambda: p.add("POST", f"/types/{one}/encryption", {"encryption": p.some(
            provider=["luks", "x", None], control_location=["front-end", "back-end", "x"], cipher=["aes", None, ""], key_size=[256, -1, "x", "128"])}),
        lambda: p.add("PUT", f"/types/{one}/encryption/{p.pick('x', NOBODY)}", {"encryption": p.some(
            provider=["luks", None], control_location=["front-end", "x"], cipher=["aes", None], key_size=[256, -1, "x", "128"])}),
        lambda: p.add("DELETE", f"/types/{one}/encryption/provider"),
    )


def attachments(p):
    one = p.any("attachment")
    p.one_of(
        lambda: p.add("POST", "/attachments", {"attachment": {"volume_uuid": p.any("volume")} | p.some(
            instance_uuid=[NOBODY, "x", None], mode=["rw", "ro", "x"], connector=CONNECTORS)}, "attachment"),
        lambda: p.add("POST", "/attachments", {"attachment": {"volume_uuid": p.any("volume"), "instance_uuid": p.pick(*SERVERS)}}, "attachment"),
        lambda: p.add("GET", f"/attachments/{one}"),
        lambda: p.add("GET", p.pick("/attachments", "/attachments/detail") + query(
            p, f"volume_id={p.any('volume')}", "attach_status=reserved", f"instance_id={NOBODY}", f"instance_uuid={NOBODY}", "nonsense=1",
            "attach_mode=rw", "status=reserved", "status=reserved&sort=size", "instance_id=", "attached_host=h", "project_id=x", "sort=attached_host",
            "sort_key=host")),
        lambda: p.add("DELETE", f"/attachments/{one}"),
        lambda: p.add("GET", p.pick("/attachments?status=reserved", f"/attachments/{one}", f"/attachments/{one}", "/attachments/detail")),
        lambda: p.add("POST", f"/attachments/{one}/action", p.pick({"os-complete": None}, {"os-complete": {}}, {"x": {}})),
        lambda: p.add("PUT", f"/attachments/{one}", {"attachment": p.pick({}, *[{"connector": c} for c in CONNECTORS])}),
    )


def transfers(p):
    one, root = p.any("transfer"), p.pick("/volume-transfers", "/os-volume-transfer")
    p.one_of(
        lambda: p.add("POST", root, {"transfer": {"volume_id": p.any("volume")} | p.some(name=TEXTS[:7] * 4 + TEXTS, no_snapshots=BOOLS)}, "transfer"),
        lambda: p.add("POST", root, {"transfer": {"volume_id": p.any("volume"), "name": "t"}}, "transfer"),
        lambda: p.add("GET", p.pick(root, f"{root}/detail") + p.pick("", "", "?limit=x", "?sort_key=nonsense", "?sort=name:asc", "?offset=x",
                                                                   f"?volume_id={p.any('volume')}", "?name=t", "?nonsense=1", "?marker=" + NOBODY)),
        lambda: p.add("GET", f"{root}/{one}"),
        lambda: p.add("DELETE", f"{root}/{one}"),
        lambda: p.add("POST", f"{root}/{one}/accept", {"accept": p.pick({"auth_key": "wrong"}, {}, {"auth_key": ""}, None)}),
        lambda: p.add("POST", f"{root}/{one}/accept", {"accept": {"auth_key": f"%key-{one}"}}, who=p.pick("stranger", "member")),
    )


WEIGHTED = {volume_create: 13, volume_read: 15, volume_change: 7, volume_delete: 4, volume_action: 17, snapshot_create: 6, snapshot_rest: 8,
            types: 10, attachments: 6, transfers: 5, other.quotas: 3, other.qos: 4, other.group_types: 3, other.groups: 6, other.group_snapshots: 3,
            other.consistency_groups: 2, other.backups: 4, other.manageable: 2, other.services: 3, other.messages: 1, other.general: 3}
RULES, WEIGHTS = list(WEIGHTED), list(WEIGHTED.values())
