"""Commands of the stock clients that no other story has a use for."""

import pytest
from conftest import Refused, fresh

HOST = "compute-1"


def attached(admin, volume):
    return {row["ID"]: row["Status"] for row in admin.cinder_table("attachment-list") if row["Volume ID"] == volume}


def connect(admin, attachment):
    """The clients' own commands for it know no NQN, which an NVMe volume cannot do without."""
    connector = {"nqn": "nqn.2014-08.org.example:one", "host": HOST, "ip": "127.0.0.1"}
    answer = admin.call("PUT", f"/attachments/{attachment}", {"attachment": {"connector": connector}})
    assert answer.status_code == 200, answer.text


def test_attachments_with_cinder(admin):
    volume = admin.volume()
    made = admin.cinder_show("attachment-create", volume, "--mode", "rw")["id"]
    assert attached(admin, volume) == {made: "reserved"}
    with pytest.raises(Refused, match="NQN"):
        admin.cinder("attachment-update", made, "--initiator", "iqn.one", "--host", HOST, "--ip", "127.0.0.1")
    connect(admin, made)
    assert admin.cinder_show("attachment-show", made)["status"] == "attaching"
    admin.cinder("attachment-complete", made)
    assert attached(admin, volume) == {made: "attached"}
    admin.cinder("attachment-delete", made)
    admin.await_status("volumes", volume)
    assert attached(admin, volume) == {}
    admin.cinder("delete", volume)


def test_attachments_with_openstack(admin):
    volume, server = admin.volume(), "3a6d6a4f-2f0b-4b0e-9a55-0d8f6c0b7a11"
    command = ("volume", "attachment")
    with pytest.raises(Refused, match="server"):  # it asks Nova first
        admin.openstack(*command, "create", volume, server)
    made = admin.cinder_show("attachment-create", volume)["id"]
    assert made in [row["ID"] for row in admin.openstack_json(*command, "list", "--volume-id", volume)]
    with pytest.raises(Refused, match="NQN"):
        admin.openstack(*command, "set", made, "--initiator", "iqn.one", "--host", HOST, "--ip", "127.0.0.1")
    connect(admin, made)
    admin.openstack(*command, "complete", made)
    assert admin.openstack_json(*command, "show", made)["Status"] == "attached"
    admin.openstack(*command, "delete", made)
    admin.await_status("volumes", volume)
    admin.openstack("volume", "delete", volume)


def test_metadata_as_a_whole(demo):
    volume = demo.volume()
    snapshot = demo.snapshot(volume)
    demo.cinder("metadata-update-all", volume, "a=1", "b=2")
    demo.cinder("metadata-update-all", volume, "b=3")
    assert demo.cinder_table("metadata-show", volume) == [{"Metadata-property": "b", "Value": "3"}]
    demo.cinder("snapshot-metadata-update-all", snapshot, "c=4")
    assert demo.cinder_table("snapshot-metadata-show", snapshot) == [{"Metadata-property": "c", "Value": "4"}]


def test_messages(admin, volume_type):
    nowhere = volume_type({"volume_backend_name": "no such cluster"})
    made = admin.cinder_show("create", "1", "--volume-type", nowhere)["id"]
    admin.await_status("volumes", made, "error")
    ours = [row["ID"] for row in admin.cinder_table("message-list", "--resource_uuid", made)]
    assert len(ours) == 1
    assert "schedule allocate volume" in admin.cinder_show("message-show", ours[0])["user_message"]
    admin.cinder("message-delete", ours[0])
    assert admin.cinder_table("message-list", "--resource_uuid", made) == []
    admin.cinder("delete", made)


def test_limits_and_versions(demo):
    assert demo.cinder_table("rate-limits") == []
    assert demo.cinder_table("api-version")
    assert demo.openstack_json("volume", "summary")["Total Count"] == 0


def test_hosts_are_frozen_thawed_and_not_failed_over(admin):
    host = next(row["Host"] for row in admin.cinder_table("service-list") if row["Binary"] == "cinder-volume")
    admin.cinder("freeze-host", host)
    admin.cinder("thaw-host", host)
    with pytest.raises(Refused):
        admin.cinder("freeze-host", "nobody@nowhere")
    with pytest.raises(Refused):
        admin.cinder("failover-host", "nobody@nowhere")
    admin.openstack("volume", "host", "set", "--disable", host)
    admin.openstack("volume", "host", "set", "--enable", host)
    with pytest.raises(Refused):
        admin.openstack("volume", "host", "failover", "--volume-backend", "other", "nobody@nowhere")


def test_there_are_no_clusters_of_services(admin):
    for command in (("set", "one", "--binary", "cinder-volume", "--enable"), ("show", "one", "--binary", "cinder-volume")):
        with pytest.raises(Refused):
            admin.openstack("block", "storage", "cluster", *command)


def test_resource_filters(demo):
    command = ("block", "storage", "resource", "filter")
    assert "volume" in [row["Resource"] for row in demo.openstack_json(*command, "list")]
    assert "status" in demo.openstack_json(*command, "show", "volume")["Filters"]


def test_groups_are_not_replicated(admin):
    kind = admin.cinder_table("group-type-create", fresh("kind"))[0]["ID"]
    group = admin.cinder_show("group-create", kind, "__DEFAULT__")["id"]
    for command in (("group-enable-replication", group), ("group-disable-replication", group),
                    ("group-failover-replication", group)):
        with pytest.raises(Refused):
            admin.cinder(*command)
    admin.await_status("groups", group)
    admin.cinder("group-delete", group)
    admin.await_status("groups", group, "gone")
    admin.cinder("group-type-delete", kind)


def test_consistency_groups_have_no_place(admin):
    """They end in error, as with stock Cinder's Lightbits driver, and the client can do little with that."""
    group = admin.openstack_json("consistency", "group", "create", "--volume-type", "__DEFAULT__", fresh("group"))["id"]
    volume = admin.volume()
    for verb in ("add", "remove"):
        with pytest.raises(Refused):
            admin.openstack("consistency", "group", verb, "volume", group, volume)
    snapshot = ("consistency", "group", "snapshot")
    with pytest.raises(Refused):
        admin.openstack(*snapshot, "create", "--consistency-group", group, fresh("snapshot"))
    assert admin.openstack_json(*snapshot, "list") == []
    for command in ("show", "delete"):
        with pytest.raises(Refused):
            admin.openstack(*snapshot, command, "nothing")
    admin.cinder("consisgroup-delete", "--force", group)
    admin.cinder("delete", volume)
