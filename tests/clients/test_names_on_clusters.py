"""What hearth leaves on the clusters: named as stock Cinder names it, nothing forgotten, nothing of others touched.

HEARTH_TEST_CLUSTERS is a JSON list of {"name", "addresses", "port", "jwt"}.
"""

import json
import os
import time

import pytest
import requests
import urllib3

urllib3.disable_warnings()
pytestmark = pytest.mark.skipif("HEARTH_TEST_CLUSTERS" not in os.environ, reason="the clusters are hearth's own")
CLUSTERS = json.loads(os.environ.get("HEARTH_TEST_CLUSTERS", "[]"))


def ask(cluster, method, path, body=None):
    answer = requests.request(
        method, f"https://{cluster['addresses'][0]}:{cluster['port']}/api/v2/{path}", json=body, verify=False, timeout=10,
        headers={"Authorization": f"Bearer {cluster['jwt']}"})
    answer.raise_for_status()
    return answer.json()


def objects(kind):
    """By name, over all clusters."""
    return {thing["name"]: thing for cluster in CLUSTERS
            for thing in ask(cluster, "GET", f"projects/default/{kind}").get(kind, [])}


def test_names_follow_from_ids(demo):
    volume = demo.volume(2)
    snapshot = demo.snapshot(volume)
    clone = demo.volume(3, source_volid=volume)
    restored = demo.volume(2, snapshot_id=snapshot)
    volumes, snapshots = objects("volumes"), objects("snapshots")
    assert set(volumes) == {f"volume-{key}" for key in (volume, clone, restored)}
    assert set(snapshots) == {f"snapshot-{snapshot}"}, "the snapshot a clone is made from must not stay in sight"
    assert volumes[f"volume-{clone}"]["sourceSnapshotName"] == f"for_clone_{clone}"
    assert volumes[f"volume-{clone}"]["size"] == str(3 << 30)
    assert volumes[f"volume-{restored}"]["sourceSnapshotUUID"] == snapshots[f"snapshot-{snapshot}"]["UUID"]
    assert all(v["acl"]["values"] == ["ALLOW_NONE"] for v in volumes.values()), "nobody may connect before an attachment"
    demo.sweep()
    assert objects("volumes") == objects("snapshots") == {}


def test_volumes_are_spread_over_the_clusters(admin, demo):
    # room is counted as the last poll saw it, so what the tests before have removed must be seen to be gone
    deadline = time.monotonic() + 30
    while any(pool["capabilities"]["provisioned_capacity_gb"] for pool in admin.get("/scheduler-stats/get_pools?detail=1")["pools"]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for _ in range(6):
        demo.volume()
    counts = [len(ask(cluster, "GET", "projects/default/volumes").get("volumes", [])) for cluster in CLUSTERS]
    assert counts == [3, 3]


def test_a_volume_of_others_is_left_alone(demo):
    mine = {"name": "volume-of-somebody", "size": "1 gib", "replicaCount": 3, "acl": {"values": ["ALLOW_NONE"]}}
    made = ask(CLUSTERS[0], "POST", "projects/default/volumes", mine)
    deadline = time.monotonic() + 10
    while ask(CLUSTERS[0], "GET", f"projects/default/volumes/{made['UUID']}")["state"] == "Creating":
        assert time.monotonic() < deadline
    demo.volume()
    demo.sweep()
    assert set(objects("volumes")) == {"volume-of-somebody"}
    ask(CLUSTERS[0], "DELETE", f"projects/default/volumes/{made['UUID']}")


def test_rollback_reaches_the_cluster(demo):
    volume = demo.volume()
    snapshot = demo.snapshot(volume)
    answer = demo.call("POST", f"/volumes/{volume}/action", {"revert": {"snapshot_id": snapshot}})
    assert answer.status_code == 202, answer.text
    demo.await_status("volumes", volume)
    assert objects("volumes")[f"volume-{volume}"]["rolled_back_to"] == objects("snapshots")[f"snapshot-{snapshot}"]["UUID"]


def test_type_reaches_the_cluster(demo, volume_type):
    name = volume_type({"lightos:num_replicas": "2", "compression": "<is> True"})
    key = demo.volume(1, volume_type=name)
    volume = objects("volumes")[f"volume-{key}"]
    assert (volume["replicaCount"], volume["compression"]) == (2, "true")
