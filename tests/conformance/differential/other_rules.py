"""The rules of what is not a volume, a snapshot, a type, an attachment or a transfer."""

from words import BOOLS, NOBODY, TEXTS, query, shared


def quotas(p):
    project = p.pick("%project", "%project", "%project", "%stranger", "x" * 256)
    limits = p.some(volumes=[3, 20, -1, -2, "x", "5", 2**31, None], snapshots=[2, 10, 0], gigabytes=[10, 1000], groups=[5], backups=[3],
                    per_volume_gigabytes=[-1, 2], volumes___DEFAULT__=[5], nonsense=[1])
    one_class = p.pick("%project", "%project", "x" * 256)
    p.add(*p.pick(
        ("GET", f"/os-quota-sets/{project}"), ("GET", f"/os-quota-sets/{project}?usage=true"), ("GET", f"/os-quota-sets/{project}/defaults"),
        ("GET", f"/os-quota-sets/{project}?usage=maybe"), ("GET", "/limits"), ("GET", "/limits"), ("DELETE", f"/os-quota-sets/{project}"),
        ("PUT", f"/os-quota-sets/{project}", {"quota_set": limits}), ("PUT", f"/os-quota-sets/{project}", {"quota_set": {"volumes": p.pick(20, 30)}}),
        ("GET", "/os-quota-class-sets/default"), ("GET", f"/os-quota-class-sets/{one_class}"),
        ("PUT", f"/os-quota-class-sets/{one_class}", {"quota_class_set": p.pick({"nonsense": 1}, {"volumes": p.pick(3, -1, -2, "x", "5", "")},
                                                                      {"snapshots": 2, "gigabytes": 10})})))


def qos(p):
    one = p.any("qos")
    p.one_of(
        lambda: p.add("POST", "/qos-specs", {"qos_specs": {"name": shared(p, 3)} | p.some(
            consumer=["front-end", "back-end", "both", "x", None], minIOPS=["1", 5], bad=[None])}, "qos"),
        lambda: p.add("POST", "/qos-specs", {"qos_specs": {"name": p.pick("", " ", None, "x" * 256, shared(p, 3))}}, "qos"),
        lambda: p.add("GET", f"/qos-specs/{one}"), lambda: p.add("GET", f"/qos-specs/{one}/associations"),
        lambda: p.add("GET", "/qos-specs" + p.pick("", "", "?limit=0", "?limit=x", "?sort=nonsense", "?sort_key=id", "?nonsense=1", "?marker=" + NOBODY,
                                                   "?sort=nonsense&marker=" + NOBODY, "?nonsense=1&sort=nonsense", "?all_tenants=1")),
        lambda: p.add("PUT", f"/qos-specs/{one}", {"qos_specs": p.some(consumer=["both", "x"], a=["1", 2], b=["2"])}),
        lambda: p.add("PUT", f"/qos-specs/{one}/delete_keys", {"keys": p.pick(["a"], ["none"], [], "a", ["a", "a"], [""])}),
        lambda: p.add("GET", f"/qos-specs/{one}/{p.pick('associate', 'disassociate')}?vol_type_id={p.any('type')}"),
        lambda: p.add("GET", f"/qos-specs/{one}/disassociate_all"), lambda: p.add("GET", f"/qos-specs/{one}/associate"),
        lambda: p.add("DELETE", f"/qos-specs/{one}{p.pick('', '?force=true', '?force=x')}"),
    )


def group_types(p):
    kind = p.any("grouptype")
    p.one_of(
        lambda: p.add("POST", "/group_types", {"group_type": {"name": shared(p, 3)} | p.some(
            description=TEXTS, is_public=BOOLS, group_specs=[{"a": "1"}, {"a": 1}, {}])}, "grouptype"),
        lambda: p.add("POST", "/group_types", {"group_type": {"name": shared(p, 3)}}, "grouptype", "admin"),
        lambda: p.add("GET", "/group_types" + p.pick("", "", "?is_public=None", "?is_public=x", "?limit=-1", "?sort=nonsense", "?sort=name:asc",
                                                     "?marker=" + NOBODY, "?sort=nonsense&marker=" + NOBODY, "?is_public=x&sort=name:up")),
        lambda: p.add("GET", f"/group_types/{kind}"), lambda: p.add("DELETE", f"/group_types/{kind}"), lambda: p.add("GET", "/group_types/default"),
        lambda: p.add("PUT", f"/group_types/{kind}", {"group_type": p.some(name=[shared(p, 3), "", " ", None, 5, "x" * 256], description=TEXTS, is_public=BOOLS)}),
        lambda: p.add("GET", f"/group_types/{kind}/group_specs"),
        lambda: p.add("POST", f"/group_types/{kind}/group_specs", {"group_specs": p.pick({"b": "2"}, {"b": 2}, {"": "1"}, {})}),
        lambda: p.add("GET", f"/group_types/{kind}/group_specs/{p.pick('a', 'b', 'x')}"),
        lambda: p.add("PUT", f"/group_types/{kind}/group_specs/b", p.pick({"b": "3"}, {"c": "3"}, {"b": "3", "c": "4"}, {}, {"b": 3})),
        lambda: p.add("DELETE", f"/group_types/{kind}/group_specs/{p.pick('a', 'b', 'x')}"),
    )


def groups(p):
    """Without DELETE: stock Cinder's own code fails over it, as it wants a body there."""
    one = p.any("group")
    replication = p.pick("enable_replication", "disable_replication", "failover_replication", "list_replication_targets")
    p.one_of(
        lambda: p.add("POST", "/groups", {"group": {"group_type": p.any("grouptype"), "volume_types": [p.any("type")]} | p.some(
            name=TEXTS, description=TEXTS, availability_zone=["nova", "nowhere"])}, "group"),
        lambda: p.add("POST", "/groups", {"group": {"group_type": p.any("grouptype"), "volume_types": [p.any("type")], "name": "g"}}, "group", "admin"),
        lambda: p.add("GET", p.pick("/groups", "/groups/detail", "/groups/detail?list_volume=true") if p.rng.random() < 0.5 else
                      p.pick("/groups", "/groups/detail") + query(p, "name=g", "name~=g", "status=available", "nonsense=1", "list_volume=x", "project_id=x")),
        lambda: p.add("GET", f"/groups/{one}{p.pick('', '?list_volume=true', '?list_volume=x')}"),
        lambda: p.add("PUT", f"/groups/{one}", {"group": p.some(
            name=TEXTS, description=TEXTS, add_volumes=[p.any("volume"), ""], remove_volumes=[p.any("volume"), ""])}),
        lambda: p.add("POST", f"/groups/{one}/action", p.pick(
            {"delete": {"delete-volumes": p.pick(*BOOLS)}}, {"delete": {}}, {"reset_status": {"status": p.pick("available", "error", "x", "")}}, {"x": {}})),
        lambda: p.add("POST", f"/groups/{one}/action", {replication: p.pick({}, {}, {"secondary_backend_id": "b"}, None)}),
        lambda: p.add("POST", "/groups/action", {"create-from-src": p.some(
            name=TEXTS, group_snapshot_id=[p.any("groupsnapshot")], source_group_id=[one])}, "group"),
        lambda: p.add("POST", "/groups/action", {"create-from-src": p.pick({"name": "two", "unheard_of": 1}, {"unheard_of": 1}, {})}),
        lambda: p.add("GET", f"/groups/{one}"),
    )


def group_snapshots(p):
    one = p.any("groupsnapshot")
    p.one_of(
        lambda: p.add("POST", "/group_snapshots", {"group_snapshot": {"group_id": p.any("group")} | p.some(name=TEXTS, description=TEXTS)}, "groupsnapshot"),
        lambda: p.add("GET", f"/group_snapshots/{one}"), lambda: p.add("DELETE", f"/group_snapshots/{one}"),
        lambda: p.add("GET", p.pick("/group_snapshots", "/group_snapshots/detail") + query(p, "name=one", "status=available", f"group_id={p.any('group')}", "nonsense=1")),
        lambda: p.add("POST", f"/group_snapshots/{one}/action", p.pick({"reset_status": {"status": p.pick("available", "error", "x", "")}}, {"x": {}})),
    )


def consistency_groups(p):
    one, shot = p.any("cg"), p.any("cgsnapshot")
    p.one_of(
        lambda: p.add("POST", "/consistencygroups", {"consistencygroup": p.some(
            name=TEXTS, description=TEXTS, volume_types=[p.any("type"), "", None], availability_zone=["nova", "nowhere"])}, "cg"),
        lambda: p.add("GET", p.pick("/consistencygroups", "/consistencygroups/detail", "/cgsnapshots", "/cgsnapshots/detail")
                      + p.pick("", "", "?limit=x", "?sort=nonsense", "?name=one", "?nonsense=1")),
        lambda: p.add("GET", p.pick(f"/consistencygroups/{one}", f"/cgsnapshots/{shot}")),
        lambda: p.add("PUT", f"/consistencygroups/{one}{p.pick('', '/update')}", {"consistencygroup": p.some(
            name=TEXTS, description=TEXTS, add_volumes=[p.any("volume"), "", None], remove_volumes=[p.any("volume"), "", None])}),
        lambda: p.add("POST", f"/consistencygroups/{one}/delete", p.pick({"consistencygroup": {"force": p.pick(*BOOLS)}}, {"consistencygroup": {}}, {})),
        lambda: p.add("POST", "/consistencygroups/create_from_src", {"consistencygroup-from-src": p.some(
            name=TEXTS, cgsnapshot_id=[shot], source_cgid=[one])}, "cg"),
        lambda: p.add("POST", "/cgsnapshots", {"cgsnapshot": {"consistencygroup_id": one} | p.some(name=TEXTS, description=TEXTS)}, "cgsnapshot"),
        lambda: p.add("DELETE", f"/cgsnapshots/{shot}"),
    )


def backups(p):
    """There is none that works on either side, which is what can be compared."""
    one = p.any("backup")
    p.one_of(
        lambda: p.add("GET", p.pick("/backups", "/backups/detail") + query(p, "name=one", "name~=o", "status=error", "volume_id=" + NOBODY, "nonsense=1")),
        lambda: p.add("GET", f"/backups/{p.pick(NOBODY, 'not-an-id')}{p.pick('', '/export_record')}"),
        lambda: p.add("POST", "/backups", {"backup": {"volume_id": p.pick(NOBODY, "x")} | p.some(
            name=TEXTS, description=TEXTS, container=["c", "", "x" * 256], incremental=BOOLS, force=BOOLS, snapshot_id=[NOBODY, "x", None],
            metadata=[{"a": "1"}, {"a": 1}, None], availability_zone=["nova", ""])}),
        lambda: p.add("PUT", f"/backups/{one}", {"backup": p.some(name=TEXTS, description=TEXTS, metadata=[{"a": "1"}, {"a": 1}, None])}),
        lambda: p.add("DELETE", f"/backups/{NOBODY}"),
        lambda: p.add("POST", f"/backups/{NOBODY}/restore", {"restore": p.some(volume_id=[p.any("volume"), "x", None], name=TEXTS)}),
        lambda: p.add("POST", "/backups/import_record", {"backup-record": p.pick(
            {}, {"backup_service": "x"}, {"backup_service": 5, "backup_url": "x"}, {"backup_service": "x", "backup_url": ""}, None)}),
        lambda: p.add("POST", f"/backups/{NOBODY}/action", p.pick({"os-reset_status": {"status": p.pick("available", "error", "x", "")}}, {"os-force_delete": {}}, {"x": {}})),
    )


def manageable(p):
    host = p.pick("nowhere", "nowhere@no#where", "", "bad host!")
    volumes, snapshots = p.pick("/os-volume-manage", "/manageable_volumes"), p.pick("/os-snapshot-manage", "/manageable_snapshots")
    p.one_of(
        lambda: p.add("GET", f"{p.pick(volumes, snapshots)}{p.pick('', '/detail')}{p.pick('', '?host=' + host, '?limit=x', '?host=nowhere&sort=nonsense', '?cluster=x')}"),
        lambda: p.add("POST", volumes, {"volume": {"ref": p.pick({"source-name": "none"}, {}, None, "x")} | p.some(
            host=[host], cluster=["x", ""], name=TEXTS, description=TEXTS, volume_type=[p.any("type"), "nonsense"], metadata=[{"a": "1"}, None],
            availability_zone=["nova", "nowhere"], bootable=BOOLS)}),
        lambda: p.add("POST", volumes, {"volume": {"ref": "x"} | p.some(
            cluster=["x"], volume_type=[p.any("type"), NOBODY, "nonsense"], availability_zone=["nowhere"], host=["nowhere"])}),
        lambda: p.add("POST", snapshots, {"snapshot": p.pick({}, {"ref": 5}, {"ref": 5, "volume_id": "x"}, {"volume_id": p.any("volume"), "ref": {}})}),
        lambda: p.add("POST", snapshots, {"snapshot": {"ref": p.pick({"source-name": "none"}, {}, "x")} | p.some(
            volume_id=[p.any("volume"), "x"], name=TEXTS, description=TEXTS, metadata=[{"a": "1"}, None])}),
    )


def services(p):
    """Of services, hosts and clusters only what no program can hurt: those that do not exist. Stock Cinder 29 has lost
    the route of `failover`."""
    host = p.pick("nowhere", "nowhere@no", "", "bad host!", "x" * 256)
    who = {"binary": p.pick("cinder-volume", "cinder-nothing", ""), "host": host}
    p.add(*p.pick(
        ("GET", "/os-services?host=nowhere"), ("GET", "/os-services?binary=cinder-nothing"),
        ("PUT", f"/os-services/{p.pick('enable', 'disable', 'nonsense')}", p.pick(who, {"host": host}, {})),
        ("PUT", "/os-services/disable-log-reason", who | p.some(disabled_reason=["r", "", " ", "x" * 256])),
        ("PUT", "/os-services/disable-log-reason", p.pick({"disabled_reason": "r"}, {"host": "nowhere", "unheard_of": 1})),
        ("PUT", f"/os-services/{p.pick('freeze', 'thaw')}", p.pick({"host": "nowhere"}, {}, {"host": host}, {"cluster": "x"})),
        ("PUT", "/os-services/failover_host", {"host": host} | p.some(backend_id=["b", "", None], cluster=["x"])),
        ("PUT", "/os-services/get-log", {"prefix": 5} | p.some(binary=["cinder-nothing", 5], server=[5])),
        ("PUT", "/os-services/set-log", {"binary": "cinder-api", "server": "nowhere"} | p.some(level=["loud", "", 5, None], binary=["cinder-volume", "*"])),
        ("GET", f"/capabilities/{p.pick('nowhere', 'nowhere@no')}"), ("GET", "/os-hosts/nowhere"), ("GET", "/os-hosts?zone=nowhere"),
        ("PUT", "/os-hosts/nowhere", p.pick({"status": "enable"}, {"status": "x"}, {"x": "y"}, {})), ("PUT", "/os-hosts", {}),
        ("GET", "/scheduler-stats/get_pools?" + p.pick("detail=maybe", "name=nowhere", "nonsense=1", "name=nowhere&all_tenants=1", "name~=x",
                                                       "vendor_name=nobody", "name=nowhere&detail=1")),
        ("GET", f"/clusters{p.pick('', '/detail', '/nobody')}"), ("GET", "/clusters?binary=cinder-volume"), ("GET", "/clusters?nonsense=1"),
        ("PUT", f"/clusters/{p.pick('enable', 'disable', 'x')}", p.pick({"name": "nobody"}, {"name": "nobody", "binary": "cinder-volume"}, {}, {"name": "x" * 256})),
        ("POST", "/workers/cleanup", p.pick({"host": "nowhere"}, {"resource_id": NOBODY}, {"resource_type": "x"}, {"service_id": "x"}, {"disabled": "maybe"}))))


def messages(p):
    p.add(*p.pick(("GET", "/messages"), ("GET", f"/messages/{NOBODY}"), ("DELETE", f"/messages/{NOBODY}"), ("GET", "/messages?sort=nonsense"),
                  ("GET", "/messages?limit=x"), ("GET", "/messages?nonsense=1"),
                  ("GET", "/messages?sort=nonsense&marker=" + NOBODY), ("GET", "/messages?all_tenants=1"), ("GET", "/messages?nonsense=1&sort=nonsense"), ("GET", f"/messages?resource_uuid={p.any('volume')}"),
                  ("GET", "/messages?message_level=ERROR")))


def general(p):
    p.add(*p.pick(
        ("GET", "/os-availability-zone"), ("GET", "/extensions"), ("GET", "/extensions/os-hosts"), ("GET", "/extensions/none"), ("GET", "/nothing"),
        ("GET", "/resource_filters"), ("GET", "/resource_filters?resource=volume"), ("GET", "/resource_filters?resource=nothing"),
        ("GET", f"/default-types{p.pick('', '/%project')}"), ("PUT", "/default-types/%project", {"default_type": {"volume_type": p.any("type")}}),
        ("DELETE", "/default-types/%project"), ("POST", "/volumes/nothing/nothing", {}), ("PUT", "/volumes", {}), ("POST", "/volumes/detail", {}),
        ("DELETE", "/volumes"), ("PUT", "/types", {}),
        ("GET", f"/{p.pick('volumes', 'snapshots', 'types', 'messages', 'os-hosts')}/{p.pick('new', NOBODY + '/edit')}"),
        ("DELETE", f"/{p.pick('limits', 'os-hosts', 'workers', 'extensions', 'os-quota-class-sets')}/x"), ("POST", "/messages", {}),
        ("PUT", f"/{p.pick('group_snapshots', 'cgsnapshots', 'messages', 'os-volume-transfer')}/{NOBODY}", {}), ("GET", "/workers"), ("GET", "/volumes/summary/x"), ("PATCH", "/volumes", {}), ("GET", "")))
