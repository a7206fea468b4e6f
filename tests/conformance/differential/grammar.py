"""Random programs of API calls.

A program is a list of calls whose ids are names like "@volume3": the third volume this program tried to make. Each side
puts its own id in. A name that never came to be stays a well-formed id that nobody has, so that shrinking a program
leaves one that still means something.
"""

import dataclasses

VERSIONS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 15, 16, 21, 27, 31, 34, 44, 46, 48, 52, 53, 54, 55, 57, 60, 61, 63, 65, 67, 69, 70, 71]
STATUSES = ["available", "error", "in-use", "error_deleting", "maintenance", "Available", "nonsense", "", None]
TEXTS = ["one", "two", "", " padded ", "ünïcode", "x" * 255, "x" * 256, None, 5, True]
SIZES = [1, 1, 1, 2, 3, "1", 0, -1, "one", 1.5, "", 2**31]  # none at all: see the differences page
KEYS = ["team", "tier", "a b", "k" * 255, "k" * 256, "", "ü"]
BOOLS = [True, False, "true", "0", "maybe", None, 1]
NOBODY = "3a6d6a4f-2f0b-4b0e-9a55-0d8f6c0b7a11"


@dataclasses.dataclass
class Call:
    method: str
    path: str
    body: object = None
    minor: int = 0
    makes: str = ""  # the name that the id in the answer gets

    def line(self):
        import json
        return f"3.{self.minor} {self.method} {self.path} {json.dumps(self.body)} {self.makes}".rstrip()


class Program:
    def __init__(self, rng, length):
        self.rng, self.counts, self.calls = rng, {}, []
        self.base = rng.choice([0, 0, 70, 71])
        while len(self.calls) < length:
            rule = rng.choices(RULES, WEIGHTS)[0]
            rule(self)

    def add(self, method, path, body=None, makes=""):
        minor = self.base if self.rng.random() < 0.6 else self.rng.choice(VERSIONS)
        if makes:
            self.counts[makes] = self.counts.get(makes, 0) + 1
            makes = f"@{makes}{self.counts[makes]}"
        self.calls.append(Call(method, path, body, minor, makes))

    def any(self, kind):
        """One of the program's own, mostly; or one that nobody has."""
        count = self.counts.get(kind, 0)
        if not count or self.rng.random() < 0.04:
            return self.rng.choice([NOBODY, NOBODY, "not-an-id"])
        return f"@{kind}{self.rng.randint(1, count)}"

    def pick(self, *values):
        return self.rng.choice(values)

    def some(self, **fields):
        """A few of these fields; the values are lists to choose from."""
        chosen = {}
        for name, values in fields.items():
            if self.rng.random() < 0.4:
                chosen[name] = self.rng.choice(values)
        if self.rng.random() < 0.03:
            chosen["unheard_of"] = 1
        return chosen

    def metadata(self):
        return self.pick({}, {"team": "blue"}, {self.pick(*KEYS): self.pick(*TEXTS)}, {"a": "1", "b": "2"}, None, [], "x")


def volume_create(p):
    fields = p.some(name=TEXTS, description=TEXTS, metadata=[p.metadata()], multiattach=BOOLS,
                    availability_zone=["nova", "nowhere"], volume_type=[p.any("type"), "nonsense", None])
    source = p.rng.random()
    if source < 0.1:
        fields["snapshot_id"] = p.any("snapshot")
    elif source < 0.2:
        fields["source_volid"] = p.any("volume")
    if p.rng.random() < 0.92 or source > 0.2:
        fields["size"] = p.pick(*SIZES) if p.rng.random() < 0.3 else 1
    p.add("POST", "/volumes", p.pick(*[{"volume": fields}] * 30, {"volume": None}, {}, {"volumes": fields}), "volume")


def volume_read(p):
    one = p.any("volume")
    p.add("GET", p.pick(
        f"/volumes/{one}", f"/volumes/{one}", f"/volumes/{one}/metadata", f"/volumes/{one}/metadata/team",
        f"/volumes/{one}/encryption", "/volumes", "/volumes/detail", "/volumes/detail?with_count=true", "/volumes/summary",
        "/volumes?status=available", "/volumes/detail?status=error", "/volumes?name=one", "/volumes?limit=0",
        "/volumes?limit=-1", "/volumes?limit=x", "/volumes?offset=1000000", "/volumes?offset=-1", "/volumes?sort=name:asc",
        "/volumes?sort=name:up", "/volumes?sort=nonsense", "/volumes?sort_key=size&sort_dir=asc", "/volumes?marker=" + NOBODY,
        "/volumes/detail?metadata={'team':'blue'}", "/volumes?bootable=true", "/volumes?nonsense=1", "/volumes?name~=one",
        "/volumes?availability_zone=nova", "/volumes/detail?consumes_quota=true", "/volumes?created_at=lt:2001-01-01T00:00:00",
        "/volumes?with_count=maybe", "/volumes?migration_status=none", "/volumes/summary?all_tenants=0"))


def volume_change(p):
    one = p.any("volume")
    what = p.rng.random()
    if what < 0.35:
        p.add("PUT", f"/volumes/{one}", {"volume": p.some(name=TEXTS, description=TEXTS, metadata=[p.metadata()],
                                                          display_name=TEXTS, display_description=TEXTS)})
    elif what < 0.5:
        p.add("POST", f"/volumes/{one}/metadata", {"metadata": p.metadata()})
    elif what < 0.65:
        p.add("PUT", f"/volumes/{one}/metadata", {"metadata": p.metadata()})
    elif what < 0.8:
        key = p.pick("team", "a", "tier")
        p.add("PUT", f"/volumes/{one}/metadata/{key}", {"meta": {p.pick(key, key, "other"): p.pick(*TEXTS)}})
    else:
        p.add("DELETE", f"/volumes/{one}/metadata/{p.pick('team', 'a', 'none')}")


def volume_delete(p):
    p.add("DELETE", f"/volumes/{p.any('volume')}" + p.pick("", "", "", "?cascade=true", "?cascade=maybe", "?force=true"))


def volume_action(p):
    p.add("POST", f"/volumes/{p.any('volume')}/action", p.pick(
        {"os-extend": {"new_size": p.pick(2, 3, 4, *SIZES)}}, {"os-extend": {"new_size": p.pick(2, 3, 5)}},
        {"os-set_bootable": {"bootable": p.pick(*BOOLS)}}, {"os-update_readonly_flag": {"readonly": p.pick(*BOOLS)}},
        {"os-reset_status": p.some(status=STATUSES, attach_status=["attached", "detached", "x"], migration_status=["none", "migrating", "x"])},
        {"os-reset_status": {"status": p.pick("available", "error", "maintenance")}},
        {"os-reserve": {}}, {"os-reserve": None}, {"os-unreserve": {}}, {"os-begin_detaching": {}}, {"os-roll_detaching": {}},
        {"os-attach": p.some(instance_uuid=[NOBODY, "x"], host_name=["h", ""], mountpoint=["/dev/vdb", ""], mode=["rw", "ro", "x"])},
        {"os-attach": {"instance_uuid": NOBODY, "mountpoint": "/dev/vdb"}},
        {"os-detach": p.some(attachment_id=[p.any("attachment"), None])}, {"os-force_detach": {}},
        {"os-force_delete": {}}, {"os-set_image_metadata": {"metadata": p.metadata()}},
        {"os-set_image_metadata": {"metadata": {"image_name": "i", "min_disk": "1"}}},
        {"os-unset_image_metadata": {"key": p.pick("image_name", "none", "")}}, {"os-show_image_metadata": {}},
        {"revert": {"snapshot_id": p.any("snapshot")}}, {"os-nonsense": {}}, {}, {"os-extend": {}, "os-reserve": {}},
        {"os-retype": {"new_type": p.pick(p.any("type"), "nonsense", ""), "migration_policy": p.pick("never", "on-demand", "x")}},
        {"os-migrate_volume": {"host": p.pick("nowhere", "", "nobody@no#pool")}},
        {"os-volume_upload_image": {"image_name": p.pick("i", "", None)}}, {"os-unmanage": None}))


def snapshot_create(p):
    fields = {"volume_id": p.any("volume")} | p.some(name=TEXTS, description=TEXTS, force=BOOLS, metadata=[p.metadata()])
    p.add("POST", "/snapshots", {"snapshot": fields}, "snapshot")


def snapshot_rest(p):
    one = p.any("snapshot")
    p.pick(
        lambda: p.add("GET", f"/snapshots/{one}"), lambda: p.add("GET", f"/snapshots/{one}/metadata"),
        lambda: p.add("GET", p.pick("/snapshots", "/snapshots/detail", "/snapshots/detail?with_count=1", "/snapshots?status=available",
                                    "/snapshots?limit=-1", "/snapshots?sort=size", "/snapshots?volume_id=" + NOBODY,
                                    "/snapshots?sort=name:asc&limit=5", "/snapshots?marker=" + NOBODY, "/snapshots?name=one")),
        lambda: p.add("PUT", f"/snapshots/{one}", {"snapshot": p.some(name=TEXTS, description=TEXTS)}),
        lambda: p.add("DELETE", f"/snapshots/{one}"), lambda: p.add("DELETE", f"/snapshots/{one}"),
        lambda: p.add("POST", f"/snapshots/{one}/metadata", {"metadata": p.metadata()}),
        lambda: p.add("PUT", f"/snapshots/{one}/metadata", {"metadata": p.metadata()}),
        lambda: p.add("DELETE", f"/snapshots/{one}/metadata/team"),
        lambda: p.add("POST", f"/snapshots/{one}/action", p.pick(
            {"os-reset_status": {"status": p.pick(*STATUSES)}}, {"os-reset_status": {}}, {"os-force_delete": {}}, {"os-x": {}},
            {"os-update_snapshot_status": {"status": p.pick("available", "error", "creating"), "progress": p.pick("50%", 5)}})),
    )()


def types(p):
    one = p.any("type")
    mine = f"%project-{p.rng.randint(1, 4)}"
    p.pick(
        lambda: p.add("POST", "/types", {"volume_type": {"name": p.pick(mine, mine, mine, "", " ", None, "x" * 256)} | p.some(
            description=TEXTS, extra_specs=[{"a": "1"}, {}, None, {"a": 1}, {"multiattach": "<is> True"}, {"bad key!": "1"}])}, "type"),
        lambda: p.add("POST", "/types", {"volume_type": {"name": mine, "os-volume-type-access:is_public": p.pick(*BOOLS)}}, "type"),
        lambda: p.add("GET", f"/types/{one}"), lambda: p.add("GET", "/types/default"),
        lambda: p.add("PUT", f"/types/{one}", {"volume_type": p.some(name=[mine, *TEXTS], description=TEXTS, is_public=BOOLS)}),
        lambda: p.add("DELETE", f"/types/{one}"),
        lambda: p.add("GET", f"/types/{one}/extra_specs"),
        lambda: p.add("POST", f"/types/{one}/extra_specs", {"extra_specs": p.pick({"b": "2"}, {"": "x"}, {"b": 5}, {"b!": "x"}, {}, None)}),
        lambda: p.add("PUT", f"/types/{one}/extra_specs/b", p.pick({"b": "3"}, {"c": "3"}, {"b": "3", "c": "4"}, {})),
        lambda: p.add("GET", f"/types/{one}/extra_specs/{p.pick('a', 'b', 'none')}"),
        lambda: p.add("DELETE", f"/types/{one}/extra_specs/{p.pick('a', 'b', 'none')}"),
        lambda: p.add("GET", f"/types/{one}/os-volume-type-access"),
        lambda: p.add("POST", f"/types/{one}/action", p.pick(
            {"addProjectAccess": {"project": "%project"}}, {"removeProjectAccess": {"project": "%project"}}, {"addProjectAccess": {}},
            {"addProjectAccess": {"project": ""}}, {"x": {}})),
        lambda: p.add("GET", f"/types/{one}/encryption"), lambda: p.add("GET", f"/types/{one}/encryption/cipher"),
        lambda: p.add("POST", f"/types/{one}/encryption", {"encryption": p.some(
            provider=["luks", "x", None], control_location=["front-end", "back-end", "x"], cipher=["aes", None, ""], key_size=[256, -1, "x"])}),
        lambda: p.add("DELETE", f"/types/{one}/encryption/provider"),
    )()


def attachments(p):
    one = p.any("attachment")
    p.pick(
        lambda: p.add("POST", "/attachments", {"attachment": {"volume_uuid": p.any("volume")} | p.some(
            instance_uuid=[NOBODY, "x", None], mode=["rw", "ro", "x"])}, "attachment"),
        lambda: p.add("POST", "/attachments", {"attachment": {"volume_uuid": p.any("volume"), "instance_uuid": NOBODY}}, "attachment"),
        lambda: p.add("GET", f"/attachments/{one}"), lambda: p.add("GET", p.pick("/attachments", "/attachments/detail", "/attachments?limit=x")),
        lambda: p.add("DELETE", f"/attachments/{one}"),
        lambda: p.add("POST", f"/attachments/{one}/action", p.pick({"os-complete": None}, {"os-complete": {}}, {"x": {}})),
        lambda: p.add("PUT", f"/attachments/{one}", {"attachment": p.pick({}, {"connector": None}, {"connector": {}})}),
    )()


def transfers(p):
    one, root = p.any("transfer"), p.pick("/volume-transfers", "/os-volume-transfer")
    p.pick(
        lambda: p.add("POST", root, {"transfer": {"volume_id": p.any("volume")} | p.some(name=TEXTS, no_snapshots=BOOLS)}, "transfer"),
        lambda: p.add("GET", p.pick(root, f"{root}/detail", f"{root}/{one}", f"{root}?limit=x", f"{root}?sort_key=nonsense")),
        lambda: p.add("DELETE", f"{root}/{one}"),
        lambda: p.add("POST", f"{root}/{one}/accept", {"accept": p.pick({"auth_key": "wrong"}, {}, {"auth_key": ""}, None)}),
    )()


def quotas(p):
    p.add(*p.pick(
        ("GET", "/os-quota-sets/%project"), ("GET", "/os-quota-sets/%project?usage=true"), ("GET", "/os-quota-sets/%project/defaults"),
        ("GET", "/os-quota-sets/%project?usage=maybe"), ("GET", "/limits"), ("DELETE", "/os-quota-sets/%project"),
        ("PUT", "/os-quota-sets/%project", {"quota_set": p.some(volumes=[3, 20, -1, -2, "x", "5"], snapshots=[2, 10], gigabytes=[10, 1000], nonsense=[1])}),
        ("GET", "/os-quota-class-sets/default")))


def qos(p):
    one = p.any("qos")
    p.pick(
        lambda: p.add("POST", "/qos-specs", {"qos_specs": {"name": f"%project-{p.rng.randint(1, 3)}"} | p.some(
            consumer=["front-end", "back-end", "both", "x", None], minIOPS=["1", 5], bad=[None])}, "qos"),
        lambda: p.add("GET", f"/qos-specs/{one}"), lambda: p.add("GET", f"/qos-specs/{one}/associations"),
        lambda: p.add("PUT", f"/qos-specs/{one}", {"qos_specs": p.some(consumer=["both", "x"], a=["1", 2], b=["2"])}),
        lambda: p.add("PUT", f"/qos-specs/{one}/delete_keys", {"keys": p.pick(["a"], ["none"], [], "a")}),
        lambda: p.add("GET", f"/qos-specs/{one}/{p.pick('associate', 'disassociate')}?vol_type_id={p.any('type')}"),
        lambda: p.add("GET", f"/qos-specs/{one}/disassociate_all"), lambda: p.add("GET", f"/qos-specs/{one}/associate"),
        lambda: p.add("DELETE", f"/qos-specs/{one}{p.pick('', '?force=true', '?force=x')}"),
    )()


def groups(p):
    one, kind = p.any("group"), p.any("grouptype")
    p.pick(
        lambda: p.add("POST", "/group_types", {"group_type": {"name": f"%project-{p.rng.randint(1, 3)}"} | p.some(
            description=TEXTS, is_public=BOOLS, group_specs=[{"a": "1"}, {"a": 1}, {}])}, "grouptype"),
        lambda: p.add("GET", f"/group_types/{kind}"), lambda: p.add("DELETE", f"/group_types/{kind}"),
        lambda: p.add("PUT", f"/group_types/{kind}", {"group_type": p.some(name=TEXTS, description=TEXTS, is_public=BOOLS)}),
        lambda: p.add("GET", f"/group_types/{kind}/group_specs"),
        lambda: p.add("POST", f"/group_types/{kind}/group_specs", {"group_specs": p.pick({"b": "2"}, {"b": 2}, {"": "1"}, {})}),
        lambda: p.add("POST", "/groups", {"group": {"group_type": kind, "volume_types": [p.any("type")]} | p.some(name=TEXTS, description=TEXTS)}, "group"),
        lambda: p.add("GET", p.pick("/groups", "/groups/detail", f"/groups/{one}", f"/groups/{one}?list_volume=true")),
        lambda: p.add("PUT", f"/groups/{one}", {"group": p.some(name=TEXTS, description=TEXTS, add_volumes=[p.any("volume")], remove_volumes=[p.any("volume")])}),
        lambda: p.add("POST", f"/groups/{one}/action", p.pick({"delete": {"delete-volumes": p.pick(*BOOLS)}}, {"reset_status": {"status": "available"}}, {"x": {}})),
        lambda: p.add("GET", p.pick("/group_snapshots", "/group_snapshots/detail", f"/group_snapshots/{p.any('groupsnapshot')}")),
        lambda: p.add("POST", "/group_snapshots", {"group_snapshot": {"group_id": one} | p.some(name=TEXTS, description=TEXTS)}, "groupsnapshot"),
    )()


def others(p):
    p.add(*p.pick(
        ("GET", "/os-availability-zone"), ("GET", "/extensions"), ("GET", "/messages"), ("GET", f"/messages/{NOBODY}"), ("GET", "/nothing"),
        ("GET", "/extensions/os-hosts"), ("GET", "/resource_filters"), ("GET", "/resource_filters?resource=volume"), ("GET", "/default-types/%project"),
        ("PUT", "/default-types/%project", {"default_type": {"volume_type": p.any("type")}}), ("DELETE", "/default-types/%project"),
        ("POST", "/volumes/nothing/nothing", {}), ("PUT", "/volumes", {}), ("GET", "/backups/detail"), ("GET", f"/backups/{NOBODY}"),
        ("POST", "/backups", {"backup": {"volume_id": NOBODY}}), ("GET", "/consistencygroups/detail"), ("GET", "/cgsnapshots"),
        ("GET", "/clusters"), ("POST", "/workers/cleanup", {}), ("GET", "/manageable_volumes"), ("GET", "/snapshot_manage")))


WEIGHTED = {volume_create: 14, volume_read: 16, volume_change: 8, volume_delete: 4, volume_action: 16, snapshot_create: 6, snapshot_rest: 8,
            types: 10, attachments: 6, transfers: 5, quotas: 3, qos: 4, groups: 6, others: 4}
RULES, WEIGHTS = list(WEIGHTED), list(WEIGHTED.values())
