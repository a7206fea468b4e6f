"""What a person does with the cinder command."""

import pytest
from conftest import Refused, fresh


def test_life_of_a_volume(demo):
    name = fresh("vol")
    made = demo.cinder_show("create", 1, "--name", name, "--description", "by cinder", "--metadata", "team=blue")
    demo.await_status("volumes", made["id"])
    other = demo.volume(name="zz")
    assert [row["Name"] for row in demo.cinder_table("list", "--sort", "name:asc")] == [name, "zz"]
    assert [row["ID"] for row in demo.cinder_table("list", "--filters", "name=zz")] == [other]
    rows = demo.cinder_table("list", "--filters", "metadata={team:blue}")
    assert [(row["ID"], row["Name"], row["Status"]) for row in rows] == [(made["id"], name, "available")]
    demo.cinder("extend", name, 2)
    demo.await_status("volumes", made["id"])
    demo.cinder("rename", name, name + "-x")
    demo.cinder("metadata", name + "-x", "set", "tier=gold", "team=red")
    demo.cinder("metadata", name + "-x", "unset", "tier")
    shown = demo.cinder_show("show", name + "-x")
    assert (shown["id"], shown["size"], shown["metadata"]) == (made["id"], "2", "team : red")
    demo.cinder("delete", made["id"])
    demo.await_status("volumes", made["id"], "gone")
    with pytest.raises(Refused, match="(?i)no volume"):
        demo.cinder("show", made["id"])


def test_snapshots_clones_and_revert(demo):
    volume = demo.volume()
    snapshot = demo.cinder_show("snapshot-create", volume, "--name", fresh("snap"))["id"]
    demo.await_status("snapshots", snapshot)
    assert [row["ID"] for row in demo.cinder_table("snapshot-list", "--volume-id", volume)] == [snapshot]
    demo.cinder("snapshot-rename", snapshot, "later")
    demo.cinder("snapshot-metadata", snapshot, "set", "k=v")
    shown = demo.cinder_show("snapshot-show", snapshot)
    assert (shown["name"], shown["volume_id"]) == ("later", volume) and "v" in shown["metadata"]
    demo.cinder("revert-to-snapshot", snapshot)
    demo.await_status("volumes", volume)
    demo.await_status("snapshots", snapshot)
    for source in (("--snapshot-id", snapshot), ("--source-volid", volume)):
        made = demo.cinder_show("create", *source, "--name", fresh("copy"))
        demo.await_status("volumes", made["id"])
        assert demo.cinder_show("show", made["id"])["size"] == "1"
    demo.cinder("snapshot-delete", snapshot)
    demo.await_status("snapshots", snapshot, "gone")


def test_bootable_readonly_and_image_metadata(demo):
    volume = demo.volume()
    demo.cinder("set-bootable", volume, "true")
    demo.cinder("readonly-mode-update", volume, "True")
    demo.cinder("image-metadata", volume, "set", "os_distro=debian")
    shown = demo.get(f"/volumes/{volume}")["volume"]
    assert (shown["bootable"], shown["metadata"]["readonly"]) == ("true", "True")
    assert "debian" in demo.cinder("image-metadata-show", volume)
    demo.cinder("image-metadata", volume, "unset", "os_distro")
    assert "volume_image_metadata" not in demo.get(f"/volumes/{volume}")["volume"]


def test_reset_state_and_force_delete(admin, demo):
    volume = demo.volume()
    admin.cinder("reset-state", "--state", "error", volume)
    assert demo.get(f"/volumes/{volume}")["volume"]["status"] == "error"
    with pytest.raises(Refused):
        demo.cinder("extend", volume, 5)
    snapshotted = demo.volume()
    snapshot = demo.snapshot(snapshotted)
    admin.cinder("snapshot-reset-state", "--state", "error", snapshot)
    assert demo.get(f"/snapshots/{snapshot}")["snapshot"]["status"] == "error"
    admin.cinder("force-delete", volume)
    demo.await_status("volumes", volume, "gone")


def test_types_and_access(admin, demo):
    name = fresh("private")
    made = admin.cinder_table("type-create", name, "--is-public", "False")
    key = made[0]["ID"]
    try:
        admin.cinder("type-key", key, "set", "lightos:num_replicas=1")
        assert "lightos:num_replicas" in admin.cinder("extra-specs-list")
        if demo.user != admin.user and not admin.token.startswith("admin:"):  # in no-auth everybody sees everything
            assert key not in [row["ID"] for row in demo.cinder_table("type-list")]
            with pytest.raises(Refused):
                demo.cinder("create", 1, "--volume-type", key)
        admin.cinder("type-access-add", "--volume-type", key, "--project-id", demo.project_id)
        assert [row["Project_ID"] for row in admin.cinder_table("type-access-list", "--volume-type", key)] == [demo.project_id]
        assert key in [row["ID"] for row in demo.cinder_table("type-list")]
        volume = demo.cinder_show("create", 1, "--volume-type", key)
        demo.await_status("volumes", volume["id"])
        demo.sweep()
        admin.cinder("type-access-remove", "--volume-type", key, "--project-id", demo.project_id)
        admin.cinder("type-key", key, "unset", "lightos:num_replicas")
        admin.cinder("type-update", key, "--description", "changed")
        assert admin.cinder_show("type-show", key)["description"] == "changed"
    finally:
        admin.cinder("type-delete", key)


def test_quota_is_kept(admin, demo):
    before = admin.cinder_show("quota-show", demo.project_id)
    admin.cinder("quota-update", demo.project_id, "--volumes", 2, "--gigabytes", 5)
    try:
        assert admin.cinder_show("quota-show", demo.project_id)["volumes"] == "2"
        demo.volume(2), demo.volume(2)
        with pytest.raises(Refused, match="(?i)VolumeLimitExceeded|number of volumes"):
            demo.cinder("create", 1)
        admin.cinder("quota-update", demo.project_id, "--volumes", 10)
        with pytest.raises(Refused, match="(?i)exceed"):
            demo.cinder("create", 2)
        usage = {row["Type"]: row for row in admin.cinder_table("quota-usage", demo.project_id)}
        assert (usage["volumes"]["In_use"], usage["gigabytes"]["In_use"], usage["gigabytes"]["Limit"]) == ("2", "4", "5")
        limits = {row["Name"]: row["Value"] for row in demo.cinder_table("absolute-limits")}
        assert (limits["totalVolumesUsed"], limits["maxTotalVolumes"], limits["totalGigabytesUsed"]) == ("2", "10", "4")
    finally:
        admin.cinder("quota-delete", demo.project_id)
    assert admin.cinder_show("quota-show", demo.project_id)["volumes"] == before["volumes"]
    assert "volumes" in admin.cinder_show("quota-defaults", demo.project_id)


def test_quota_class(admin):
    before = admin.cinder_show("quota-class-show", "default")["per_volume_gigabytes"]
    admin.cinder("quota-class-update", "default", "--per-volume-gigabytes", 77)
    try:
        assert admin.cinder_show("quota-class-show", "default")["per_volume_gigabytes"] == "77"
    finally:
        admin.cinder("quota-class-update", "default", "--per-volume-gigabytes", before)


def test_letting_go_and_taking_in(admin, demo):
    volume = demo.volume()
    snapshot = demo.snapshot(volume)
    host = admin.get(f"/volumes/{volume}")["volume"]["os-vol-host-attr:host"]
    own, name = f"snapshot-{snapshot}", f"volume-{volume}"
    rows = {row["cinder_id"]: row for row in admin.cinder_table("manageable-list", host, "--detailed", "True")}
    assert (rows[volume]["safe_to_manage"], rows[volume]["reason_not_safe"]) == ("False", "already managed")
    rows = admin.cinder_table("snapshot-manageable-list", host, "--detailed", "True", "--sort", "reference:asc")
    assert snapshot in [row["cinder_id"] for row in rows]
    admin.cinder("snapshot-unmanage", snapshot)
    demo.await_status("snapshots", snapshot, "gone")
    admin.cinder("unmanage", volume)
    demo.await_status("volumes", volume, "gone")
    rows = admin.cinder_table("manageable-list", host, "--limit", "1000", "--sort", "size:asc,reference")
    assert [row["safe_to_manage"] for row in rows if name in row["reference"]] == ["True"]
    with pytest.raises(Refused, match="not found"):
        admin.cinder("manage", "hearth@nowhere#nowhere", name)
    again = admin.cinder_show("manage", host, name, "--name", "again", "--metadata", "k=v", "--bootable")
    admin.await_status("volumes", again["id"])
    try:
        shown = admin.get(f"/volumes/{again['id']}")["volume"]
        assert (shown["size"], shown["name"], shown["bootable"], shown["metadata"]) == (1, "again", "true", {"k": "v"})
        taken = admin.cinder_show("snapshot-manage", again["id"], own, "--name", "taken")
        admin.await_status("snapshots", taken["id"])
    finally:
        admin.sweep()


def test_services_pools_and_the_rest(admin, demo):
    services = admin.cinder_table("service-list", "--binary", "cinder-volume")
    assert len(services) == 2 and all(row["State"] == "up" for row in services)
    admin.cinder("service-disable", services[0]["Host"], "cinder-volume", "--reason", "repair")
    row = next(r for r in admin.cinder_table("service-list") if r["Host"] == services[0]["Host"])
    admin.cinder("service-enable", services[0]["Host"], "cinder-volume")
    assert (row["Status"], row["Disabled Reason"]) == ("disabled", "repair")
    pools = [line for line in admin.cinder("get-pools", "--detail").splitlines() if "volume_backend_name" in line]
    assert len(pools) == 2
    assert "lightos" in admin.cinder("get-capabilities", services[0]["Host"]).lower()
    assert [row["Status"] for row in demo.cinder_table("availability-zone-list")] == ["available"]
    filters = {row["Resource"]: row["Filters"] for row in admin.cinder_table("list-filters")}
    assert "name" in filters["volume"] and "metadata" in filters["volume"]
    versions = {row["Id"]: row for row in demo.cinder_table("version-list")}
    assert (versions["v3.0"]["Min Version"], versions["v3.0"]["Version"]) == ("3.0", "3.71")
    assert "os-quota-sets" in admin.cinder("list-extensions") or "Quotas" in admin.cinder("list-extensions")
    assert "total_count" in demo.cinder("summary")


def test_clusters_of_services_and_cleanup(admin):
    """There are none, as in a cloud without clustered services; a cleanup finds nothing undone."""
    for arguments in (("cluster-list",), ("cluster-list", "--detail", "--is-up", "True")):
        assert admin.cinder_table(*arguments) == []
    for command in ("cluster-show", "cluster-enable", "cluster-disable"):
        with pytest.raises(Refused, match="could not be found"):
            admin.cinder(command, "no-such-cluster")
    assert "hearth@" in admin.cinder("work-cleanup", "--is-up", "True", "--binary", "cinder-volume")
    with pytest.raises(Refused, match="pending cleanup"):
        admin.cinder("work-cleanup", "--resource-id", "00000000-0000-4000-8000-000000000000")


def test_a_volume_changes_hands(people, demo):
    taker = people["alt_demo"]
    volume = demo.volume(name=fresh("gift"))
    snapshot = demo.snapshot(volume)
    made = demo.cinder_show("transfer-create", volume, "--name", "first")
    demo.await_status("volumes", volume, "awaiting-transfer")
    assert [row["ID"] for row in demo.cinder_table("transfer-list")] == [made["id"]]
    assert [row["Name"] for row in demo.cinder_table("transfer-list", "--sort", "created_at:asc")] == ["first"]
    assert demo.cinder_show("transfer-show", made["id"])["volume_id"] == volume
    demo.cinder("transfer-delete", made["id"])
    demo.await_status("volumes", volume)
    made = demo.cinder_show("--os-volume-api-version", "3.50", "transfer-create", volume)
    with pytest.raises(Refused, match="(?i)auth key"):
        taker.cinder("transfer-accept", made["id"], "wrong")
    try:
        assert taker.cinder_show("transfer-accept", made["id"], made["auth_key"])["volume_id"] == volume
        assert [row["ID"] for row in taker.cinder_table("list")] == [volume]
        assert [row["ID"] for row in taker.cinder_table("snapshot-list")] == [snapshot]
        assert demo.cinder_table("list") == [] == demo.cinder_table("transfer-list")
    finally:
        taker.sweep()
