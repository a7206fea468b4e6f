"""Backups, images and migrations: accepted, and without a data path ended in Cinder's own way of failing."""

import base64
import json
import time
import uuid

import pytest
from conftest import PATIENCE, Refused, fresh

NO_SERVICE = "Service not found for creating backup."


def messages_of(person, key):
    return [m["user_message"] for m in person.get("/messages")["messages"] if m["resource_uuid"] == key]


def record(key):
    return base64.b64encode(json.dumps({"id": key, "size": 1}).encode()).decode()


def other_host(admin, volume):
    here = admin.get(f"/volumes/{volume}")["volume"]["os-vol-host-attr:host"]
    pools = [pool["name"] for pool in admin.get("/scheduler-stats/get_pools")["pools"]]
    return next(pool for pool in pools if pool != here)


def test_backups_with_the_cinder_command(admin, demo):
    volume, name = demo.volume(), fresh("backup")
    made = demo.cinder_show("backup-create", volume, "--name", name, "--description", "d", "--container", "c",
                            "--metadata", "k=v", "--availability-zone", "nova")
    key = made["id"]
    demo.await_status("backups", key, "error")
    demo.await_status("volumes", volume)
    shown = demo.cinder_show("backup-show", name)
    assert (shown["id"], shown["fail_reason"], shown["container"]) == (key, NO_SERVICE, "c")
    assert "k" in shown["metadata"] and shown["volume_id"] == volume and shown["is_incremental"] == "False"
    assert messages_of(demo, key) == ["create backup:Backup failed to schedule. " + NO_SERVICE]
    rows = demo.cinder_table("backup-list", "--filters", "status=error", "--sort", "name:asc")
    assert [(row["ID"], row["Status"], row["Name"]) for row in rows] == [(key, "error", name)]
    assert key in [row["ID"] for row in admin.cinder_table("backup-list", "--all-tenants")]
    demo.cinder("backup-update", key, "--name", name + "-x", "--metadata", "l=m")
    assert demo.cinder_show("backup-show", key)["name"] == name + "-x"

    snapshot = demo.snapshot(volume)
    second = demo.cinder_show("backup-create", volume, "--snapshot-id", snapshot, "--force")["id"]
    demo.await_status("backups", second, "error")
    demo.await_status("snapshots", snapshot)
    with pytest.raises(Refused, match="No backups available to do an incremental backup"):
        demo.cinder("backup-create", volume, "--incremental")
    with pytest.raises(Refused, match="Backup status must be available"):
        demo.cinder("backup-restore", key, "--volume", volume)
    with pytest.raises(Refused, match="must be available and not error"):
        admin.cinder("backup-export", key)
    with pytest.raises(Refused, match="(?i)status must be one of 'available'"):
        demo.cinder("create", 1, "--backup-id", key)
    admin.cinder("backup-reset-state", "--state", "error", key)
    demo.cinder("backup-delete", key)
    admin.cinder("backup-delete", "--force", second)
    for gone in (key, second):
        demo.await_status("backups", gone, "gone")


def test_backups_with_the_openstack_command(demo):
    volume, name = demo.volume(), fresh("backup")
    made = demo.openstack_json("volume", "backup", "create", "--name", name, "--property", "k=v", volume)
    key = made["id"]
    demo.await_status("backups", key, "error")
    rows = demo.openstack_json("volume", "backup", "list", "--long", "--volume", volume)
    assert [(row["ID"], row["Name"], row["Status"], row["Size"]) for row in rows] == [(key, name, "error", 1)]
    shown = demo.openstack_json("volume", "backup", "show", name)
    assert (shown["fail_reason"], shown["volume_id"]) == (NO_SERVICE, volume)
    demo.openstack("volume", "backup", "set", "--name", name + "-x", "--description", "d", "--property", "l=m", key)
    backup = demo.get(f"/backups/{key}")["backup"]
    assert (backup["name"], backup["description"], backup["metadata"]) == (name + "-x", "d", {"k": "v", "l": "m"})
    with pytest.raises(Refused, match="/metadata/"):  # which no Cinder has ever served
        demo.openstack("volume", "backup", "unset", "--property", "l", key)
    with pytest.raises(Refused, match="Backup status must be available"):
        demo.openstack("volume", "backup", "restore", "--force", key, volume)
    demo.openstack("volume", "backup", "delete", key)
    demo.await_status("backups", key, "gone")


def test_records_of_backups(admin):
    key = str(uuid.uuid4())
    admin.cinder("backup-import", "cinder.backup.drivers.swift", record(key))
    admin.await_status("backups", key, "error")
    assert "cannot find backup service" in admin.get(f"/backups/{key}")["backup"]["fail_reason"]
    with pytest.raises(Refused, match="must be available and not error"):
        admin.openstack("volume", "backup", "record", "export", key)
    with pytest.raises(Refused, match="/backups/export_record"):  # whereto this SDK posts what it imports
        admin.openstack("volume", "backup", "record", "import", "swift", record(str(uuid.uuid4())))
    admin.cinder("backup-delete", key)
    admin.await_status("backups", key, "gone")


def test_backup_quota_is_kept(admin, demo):
    admin.cinder("quota-update", "--backups", 1, demo.project_id)
    try:
        volume = demo.volume()
        key = demo.cinder_show("backup-create", volume)["id"]
        demo.await_status("backups", key, "error")
        demo.await_status("volumes", volume)
        with pytest.raises(Refused, match="BackupLimitExceeded"):
            demo.cinder("backup-create", volume)
        assert demo.get("/limits")["limits"]["absolute"]["totalBackupsUsed"] == 1
    finally:
        admin.cinder("quota-delete", demo.project_id)


def test_a_volume_of_an_image_cannot_be_filled(demo):
    image = str(uuid.uuid4())
    key = demo.cinder_show("create", 1, "--image-id", image, "--name", fresh("of-image"))["id"]
    demo.await_status("volumes", key, "error")
    assert messages_of(demo, key) == ["copy image to volume:The image service is not available."]
    with pytest.raises(Refused, match="Invalid image identifier"):
        demo.cinder("create", 1, "--image", "debian")


def test_images_cannot_be_made_or_read(demo):
    volume = demo.volume()
    with pytest.raises(Refused, match="Connection to glance failed"):
        demo.cinder("upload-to-image", volume, fresh("image"), "--disk-format", "qcow2")
    assert demo.get(f"/volumes/{volume}")["volume"]["status"] == "available"
    demo.cinder("reimage", volume, str(uuid.uuid4()))
    demo.await_status("volumes", volume, "error")
    assert messages_of(demo, volume) == ["reimage volume:The image service is not available."]


@pytest.mark.parametrize("client", ["cinder", "openstack"])
def test_a_migration_ends_in_error_and_hurts_nothing(admin, demo, client):
    volume = demo.volume()
    host = other_host(admin, volume)
    command = ("migrate",) if client == "cinder" else ("volume", "migrate")
    to = (lambda host: (volume, host)) if client == "cinder" else (lambda host: ("--host", host, volume))
    if client == "cinder":  # which tells it and ends well
        assert "No available service named" in admin.cinder(*command, *to("nowhere@x#x"))
    else:
        with pytest.raises(Refused, match="No available service named"):
            admin.openstack(*command, *to("nowhere@x#x"))
    getattr(admin, client)(*command, *to(host))
    deadline = time.monotonic() + PATIENCE
    while admin.get(f"/volumes/{volume}")["volume"]["migration_status"] != "error":
        assert time.monotonic() < deadline, "the migration does not end"
        time.sleep(0.1)
    demo.await_status("volumes", volume)
    assert admin.get(f"/volumes/{volume}")["volume"]["os-vol-host-attr:host"] != host
    assert any(told.startswith("migrate volume:") for told in messages_of(admin, volume) + messages_of(demo, volume))
