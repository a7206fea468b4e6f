"""Volumes move between clusters with what they hold."""

import os
import time

import openstack


def test_migrate(cloud, raw, bytes_of_image, volume, content):
    admin = openstack.connect(
        auth_url=os.environ["HEARTH_TEST_KEYSTONE"], username="admin", password="secret", project_name="admin",
        user_domain_id="default", project_domain_id="default", region_name="RegionOne",
    ).block_storage
    source = volume(image_id=raw.id)

    def shown():
        return admin.get(f"/volumes/{source.id}", microversion="3.71").json()["volume"]

    before = shown()["os-vol-host-attr:host"]
    hosts = [pool["name"] for pool in admin.get("/scheduler-stats/get_pools").json()["pools"]]
    target = next(host for host in hosts if host != before)
    answer = admin.post(f"/volumes/{source.id}/action", json={"os-migrate_volume": {"host": target}},
                        microversion="3.71")
    assert answer.status_code == 202, answer.text
    arrived(shown, target)
    data = content(source)
    assert data[:len(bytes_of_image)] == bytes_of_image and not any(data[len(bytes_of_image):])


def arrived(shown, target, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        now = shown()
        assert now["migration_status"] != "error", now
        if now["os-vol-host-attr:host"] == target and now["status"] == "available":
            return
        time.sleep(0.2)
    raise AssertionError(f"not moved: {now}")
