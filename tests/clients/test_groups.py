"""Groups of volumes, their types and snapshots, and the old consistency groups, with both commands."""

import pytest
from conftest import Refused, fresh


def test_group_types_by_cinder(admin):
    name = fresh("grouptype")
    made = admin.cinder_table("group-type-create", name, "--description", "by cinder")[0]["ID"]
    try:
        admin.cinder("group-type-key", made, "set", "a=1", "b=2")
        admin.cinder("group-type-key", made, "unset", "b")
        assert "'a': '1'" in admin.cinder("group-specs-list") and "'b'" not in admin.cinder("group-type-show", made)
        admin.cinder("group-type-update", made, "--description", "changed", "--is-public", "False")
        assert admin.cinder_show("group-type-show", made)["description"] == "changed"
        assert made in [row["ID"] for row in admin.cinder_table("group-type-list")]
        with pytest.raises(Refused, match="Default group type can not be found"):
            admin.cinder("group-type-default")
    finally:
        admin.cinder("group-type-delete", made)
    assert made not in [row["ID"] for row in admin.cinder_table("group-type-list")]


def test_group_types_by_openstack(admin):
    name = fresh("grouptype")
    admin.openstack("volume", "group", "type", "create", "--description", "d", name)
    try:
        admin.openstack("volume", "group", "type", "set", "--property", "b=2", name)
        admin.openstack("volume", "group", "type", "set", "--no-property", "--property", "a=1", "--description", "changed", name)
        shown = admin.openstack_json("volume", "group", "type", "show", name)
        assert (shown["Name"], shown["Description"], shown["Properties"]) == (name, "changed", {"a": "1"})
        names = [row["Name"] for row in admin.openstack_json("volume", "group", "type", "list")]
        assert name in names and "default_cgsnapshot_type" in names
        with pytest.raises(Refused, match="(?i)default group type"):
            admin.openstack("volume", "group", "type", "list", "--default")
    finally:
        admin.openstack("volume", "group", "type", "delete", name)
    assert name not in [row["Name"] for row in admin.openstack_json("volume", "group", "type", "list")]


@pytest.fixture
def group_type(admin, demo):
    """The name of a group type, removed afterwards with its groups."""
    name = fresh("grouptype")
    made = admin.call("POST", "/group_types", {"group_type": {"name": name}})
    assert made.status_code == 202, made.text
    yield name
    no_groups(demo)
    answer = admin.call("DELETE", f"/group_types/{made.json()['group_type']['id']}")
    assert answer.status_code == 202, answer.text


@pytest.fixture
def swept(demo):
    """demo, who has no groups and group snapshots afterwards."""
    yield demo
    no_groups(demo)


def no_groups(demo):
    for kind, remove in (("group_snapshots", None), ("consistencygroups", "delete")):
        for thing in demo.get(f"/{kind}")[kind]:
            if remove:
                answer = demo.call("POST", f"/{kind}/{thing['id']}/{remove}", {kind[:-1]: {"force": True}})
            else:
                answer = demo.call("DELETE", f"/{kind}/{thing['id']}")
            assert answer.status_code == 202, answer.text
            demo.await_status(kind, thing["id"], "gone")


def test_groups_by_cinder(swept, group_type):
    demo, name = swept, fresh("group")
    made = demo.cinder_show("group-create", "--name", name, "--description", "by cinder", group_type, "__DEFAULT__")["id"]
    demo.await_status("groups", made)
    volume = demo.cinder_show("create", 1, "--group-id", made, "--volume-type", "__DEFAULT__")["id"]
    demo.await_status("volumes", volume)
    assert [(row["ID"], row["Status"], row["Name"]) for row in demo.cinder_table("group-list")] == [(made, "available", name)]
    assert [row["ID"] for row in demo.cinder_table("list", "--group_id", made)] == [volume]
    with pytest.raises(Refused, match="belong to a group"):
        demo.cinder("delete", volume)
    host = demo.get(f"/volumes/{volume}")["volume"].get("os-vol-host-attr:host")
    demo.cinder("group-update", name, "--remove-volumes", volume, "--name", name + "-x")
    assert volume not in demo.cinder("group-show", made, "--list-volume")
    demo.cinder("group-update", name + "-x", "--add-volumes", volume, "--description", "again")
    assert volume in demo.cinder("group-show", made, "--list-volume"), host

    snapshot = demo.cinder_show("group-snapshot-create", "--name", fresh("snap"), made)["id"]
    demo.await_status("group_snapshots", snapshot)
    assert [row["ID"] for row in demo.cinder_table("group-snapshot-list", "--group-id", made)] == [snapshot]
    assert demo.cinder_show("group-snapshot-show", snapshot)["group_id"] == made
    assert len(demo.cinder_table("snapshot-list")) == 1
    for source in (("--group-snapshot", snapshot), ("--source-group", made)):
        copy = demo.cinder_show("group-create-from-src", "--name", fresh("copy"), *source)["id"]
        demo.await_status("groups", copy)
        demo.cinder("group-delete", copy, "--delete-volumes")
        demo.await_status("groups", copy, "gone")
    demo.cinder("group-snapshot-delete", snapshot)
    demo.await_status("group_snapshots", snapshot, "gone")
    with pytest.raises(Refused, match="delete-volumes flag is required"):
        demo.cinder("group-delete", made)
    demo.cinder("group-delete", made, "--delete-volumes")
    demo.await_status("groups", made, "gone")
    assert demo.cinder_table("list") == []


def test_replication_of_groups_is_refused(swept, group_type):
    demo = swept
    made = demo.cinder_show("group-create", "--name", fresh("group"), group_type, "__DEFAULT__")["id"]
    demo.await_status("groups", made)
    for action in ("enable", "disable", "failover"):
        with pytest.raises(Refused, match="is not a replication group type"):
            demo.cinder(f"group-{action}-replication", made)
    with pytest.raises(Refused, match="is not a replication group type"):
        demo.cinder("group-list-replication-targets", made)
    for switch in ("--enable-replication", "--disable-replication"):
        # The SDK sends null, which Cinder's own schema refuses before looking at the group.
        with pytest.raises(Refused, match="None is not of type 'object'"):
            demo.openstack("volume", "group", "set", switch, made)
    # The SDK calls the action by the name of a parameter of its own.
    with pytest.raises(Refused, match="no such action: modify_body_for_action"):
        demo.openstack("volume", "group", "failover", "--disallow-attached-volume", made)


def test_reset_state_of_groups(admin, swept, group_type):
    made = swept.cinder_show("group-create", "--name", fresh("group"), group_type, "__DEFAULT__")["id"]
    swept.await_status("groups", made)
    admin.cinder("reset-state", "--type", "group", "--state", "error", made)
    assert swept.get(f"/groups/{made}")["group"]["status"] == "error"
    admin.cinder("reset-state", "--type", "group", "--state", "available", made)
    volume = swept.cinder_show("create", 1, "--group-id", made, "--volume-type", "__DEFAULT__")["id"]
    swept.await_status("volumes", volume)
    snapshot = swept.cinder_show("group-snapshot-create", made)["id"]
    swept.await_status("group_snapshots", snapshot)
    admin.cinder("reset-state", "--type", "group-snapshot", "--state", "error", snapshot)
    assert swept.get(f"/group_snapshots/{snapshot}")["group_snapshot"]["status"] == "error"


def test_groups_by_openstack(swept, group_type):
    demo, name, volume = swept, fresh("group"), swept.volume()
    group = ("volume", "group")
    made = demo.openstack_json(*group, "create", "--volume-group-type", group_type, "--volume-type", "__DEFAULT__", "--name", name)
    demo.await_status("groups", made["ID"])
    key = made["ID"]
    assert [(row["ID"], row["Name"]) for row in demo.openstack_json(*group, "list")] == [(key, name)]
    demo.openstack(*group, "set", "--name", name + "-x", "--description", "d", name)
    shown = demo.openstack_json(*group, "show", "--volumes", name + "-x")
    assert (shown["ID"], shown["Description"], shown["Status"]) == (key, "d", "available")
    cluster = demo.call("GET", f"/volumes/{volume}").json()["volume"].get("os-vol-host-attr:host")
    member = demo.openstack_json("volume", "create", "--size", 1, "--type", "__DEFAULT__", "--consistency-group", key, fresh("vol"))["id"]
    demo.await_status("volumes", member)
    demo.openstack(*group, "remove", "volume", key, member)
    assert demo.get(f"/volumes/{member}")["volume"]["group_id"] is None, cluster
    demo.openstack(*group, "add", "volume", key, member)
    assert demo.get(f"/volumes/{member}")["volume"]["group_id"] == key

    snap = fresh("snap")
    taken = demo.openstack_json(*group, "snapshot", "create", "--name", snap, key)["ID"]
    demo.await_status("group_snapshots", taken)
    assert [row["ID"] for row in demo.openstack_json(*group, "snapshot", "list")] == [taken]
    assert demo.openstack_json(*group, "snapshot", "show", snap)["Group"] == key
    for source in (("--group-snapshot", taken), ("--source-group", key)):
        # The SDK sends the other source too, as null, which Cinder's own schema refuses.
        with pytest.raises(Refused, match="None is not of type 'string'"):
            demo.openstack(*group, "create", *source, "--name", fresh("copy"))
    demo.openstack(*group, "snapshot", "delete", snap)
    demo.await_status("group_snapshots", taken, "gone")
    demo.openstack(*group, "delete", "--force", key)
    demo.await_status("groups", key, "gone")


def until_error(person, kind, key):
    """No cluster takes snapshots of one moment, so a consistency group ends like this; an administrator may decide otherwise."""
    with pytest.raises(AssertionError, match="is error"):
        person.await_status(kind, key)


def test_consistency_groups_by_cinder(swept):
    demo, name = swept, fresh("cg")
    made = demo.cinder_show("consisgroup-create", "--name", name, "__DEFAULT__")["id"]
    until_error(demo, "consistencygroups", made)
    assert [(row["ID"], row["Status"]) for row in demo.cinder_table("consisgroup-list")] == [(made, "error")]
    demo.cinder("consisgroup-update", name, "--name", name + "-x", "--description", "d")
    assert demo.cinder_show("consisgroup-show", made)["description"] == "d"
    with pytest.raises(Refused, match="volume is not assigned to a host"):
        demo.cinder("cgsnapshot-create", "--name", "n", "--description", "d", made)
    # Without both it sends null, which Cinder's own schema refuses.
    with pytest.raises(Refused, match="None is not of type 'string'"):
        demo.cinder("cgsnapshot-create", "--name", "n", made)
    assert demo.cinder_table("cgsnapshot-list") == []
    for command in ("cgsnapshot-show", "cgsnapshot-delete"):
        with pytest.raises(Refused, match="(?i)no cgsnapshot|unable to delete"):
            demo.cinder(command, made)
    # It sends the other source too, as null, which Cinder's own schema refuses.
    with pytest.raises(Refused, match="None is not of type 'string'"):
        demo.cinder("consisgroup-create-from-src", "--source-cg", made)
    demo.cinder("consisgroup-delete", made)
    demo.await_status("consistencygroups", made, "gone")


def test_snapshots_of_consistency_groups(swept, group_type):
    """The old calls know every group, so there is one that works."""
    demo = swept
    made = demo.cinder_show("group-create", "--name", fresh("group"), group_type, "__DEFAULT__")["id"]
    demo.await_status("groups", made)
    volume = demo.cinder_show("create", 1, "--consisgroup-id", made, "--volume-type", "__DEFAULT__")["id"]
    demo.await_status("volumes", volume)
    taken = demo.cinder_show("cgsnapshot-create", "--name", "one", "--description", "d", made)["id"]
    demo.await_status("cgsnapshots", taken)
    assert [row["ID"] for row in demo.cinder_table("cgsnapshot-list")] == [taken]
    assert demo.cinder_show("cgsnapshot-show", taken)["consistencygroup_id"] == made
    consistency = ("consistency", "group")
    demo.openstack(*consistency, "snapshot", "create", "--consistency-group", made, "--description", "d", "two")
    two = next(row["id"] for row in demo.get("/cgsnapshots")["cgsnapshots"] if row["name"] == "two")
    # The SDK takes what was not asked for as a filter of its own that nothing passes.
    assert demo.openstack_json(*consistency, "snapshot", "list") == []
    demo.await_status("cgsnapshots", two)
    assert demo.openstack_json(*consistency, "snapshot", "show", two)["name"] == "two"
    demo.openstack(*consistency, "snapshot", "delete", two)
    demo.await_status("cgsnapshots", two, "gone")
    copied = demo.call("POST", "/consistencygroups/create_from_src", {"consistencygroup-from-src": {"cgsnapshot_id": taken}})
    copy = copied.json()["consistencygroup"]["id"]
    demo.await_status("consistencygroups", copy)
    copied = demo.get(f"/volumes?group_id={copy}")["volumes"][0]["id"]
    demo.openstack(*consistency, "remove", "volume", copy, copied)
    demo.openstack(*consistency, "add", "volume", copy, copied)
    assert demo.get(f"/volumes/{copied}")["volume"]["group_id"] == copy
    demo.cinder("consisgroup-delete", copy, "--force")
    demo.await_status("consistencygroups", copy, "gone")
    demo.cinder("cgsnapshot-delete", taken)
    demo.await_status("cgsnapshots", taken, "gone")


def test_consistency_groups_by_openstack(swept):
    demo, name = swept, fresh("cg")
    made = demo.openstack_json("consistency", "group", "create", "--volume-type", "__DEFAULT__", name)["id"]
    until_error(demo, "consistencygroups", made)
    assert [row["ID"] for row in demo.openstack_json("consistency", "group", "list")] == [made]
    demo.openstack("consistency", "group", "set", "--description", "d", name)
    assert demo.openstack_json("consistency", "group", "show", name)["description"] == "d"
    # It sends `consistency_group` where Cinder's own schema wants `consistencygroup`.
    with pytest.raises(Refused, match="is not valid under any of the given schemas"):
        demo.openstack("consistency", "group", "delete", name)
    demo.cinder("consisgroup-delete", made)
    demo.await_status("consistencygroups", made, "gone")
