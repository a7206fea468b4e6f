"""Stock Cinder's own Lightbits driver, unmodified, against a simulated cluster.

Whatever the simulators invent, the driver was written against the real thing: where it is content, so are its
expectations of states, names, ETags and access lists. HEARTH_TEST_CLUSTERS is a JSON list of
{"name", "addresses", "port", "jwt"}; every test runs against each.
"""

import json
import os
import uuid

import pytest
import requests
import urllib3
from oslo_config import cfg

from cinder import context, coordination, exception, objects
from cinder.volume import configuration
from cinder.volume import driver as base
from cinder.volume.drivers import lightos

urllib3.disable_warnings()
CLUSTERS = json.loads(os.environ["HEARTH_TEST_CLUSTERS"])
HOST = {"nqn": "nqn.2014-08.org.nvmexpress:uuid:" + str(uuid.uuid4()), "found_dsc": "found",
        "host_ips": ["192.0.2.10", "2001:db8::10"]}
GIB = 1 << 30


@pytest.fixture(scope="session", autouse=True)
def cinder(tmp_path_factory):
    cfg.CONF([], project="cinder", default_config_files=[])
    cfg.CONF.set_override("backend_url", f"file://{tmp_path_factory.mktemp('locks')}", group="coordination")
    objects.register_all()
    coordination.COORDINATOR.start()
    yield
    coordination.COORDINATOR.stop()


def make_driver(cluster, **options):
    group = f"lightbits-{uuid.uuid4()}"
    settings = configuration.Configuration(base.volume_opts + lightos.lightos_opts, config_group=group)
    options = {"lightos_api_address": cluster["addresses"], "lightos_api_port": cluster["port"],
               "lightos_jwt": cluster.get("jwt"), "lightos_api_service_timeout": 10} | options
    for name, value in options.items():
        cfg.CONF.set_override(name, value, group=group)
    driver = lightos.LightOSVolumeDriver(configuration=settings)
    driver.do_setup(context.get_admin_context())
    return driver


@pytest.fixture(scope="session", params=CLUSTERS, ids=[c["name"] for c in CLUSTERS])
def cluster(request):
    return request.param


@pytest.fixture(scope="session")
def driver(cluster):
    return make_driver(cluster)


@pytest.fixture
def remote(cluster):
    """GET from the cluster what the driver should have made there."""
    def get(path):
        headers = {"Authorization": f"Bearer {cluster['jwt']}"} if cluster.get("jwt") else {}
        return requests.get(f"https://{cluster['addresses'][0]}:{cluster['port']}/api/v2/{path}",
                            headers=headers, verify=False, timeout=10)
    return get


@pytest.fixture
def make(driver):
    """make(size, specs): an object as the volume manager would hand it over; what was created goes at the end."""
    made = []

    def volume(size=1, specs=None):
        kind = objects.VolumeType(id=str(uuid.uuid4()), name="t", extra_specs=specs or {})
        made.append(objects.Volume(context.get_admin_context(), id=str(uuid.uuid4()), size=size, provider_id=None,
                                   volume_type_id=kind.id, volume_type=kind, _name_id=None))
        return made[-1]
    yield volume
    for one in reversed(made):
        driver.delete_volume(one)


def create(driver, volume):
    volume.update(driver.create_volume(volume))
    return volume


def snapshot_of(volume):
    return objects.Snapshot(context.get_admin_context(), id=str(uuid.uuid4()), volume=volume, volume_id=volume.id)


def test_setup_reads_the_cluster(driver, cluster):
    assert driver.cluster.subsystemNQN.startswith("nqn.")
    ips = {node["nvmeEndpoint"].rpartition(":")[0] for node in driver.cluster.targets.values()}
    assert ips == set(cluster["addresses"])


def test_create_and_delete(driver, make, remote):
    volume = create(driver, make(2, {"lightos:num_replicas": "2", "compression": "<is> True"}))
    project, remote_id = volume.provider_id.split()
    found = remote(f"projects/{project}/volumes/{remote_id}").json()
    assert found["name"] == f"volume-{volume.id}" and found["size"] == str(2 * GIB)
    assert (found["replicaCount"], found["compression"], found["state"]) == (2, "true", "Available")
    assert found["acl"]["values"] == ["ALLOW_NONE"] and found["IPAcl"]["values"] == ["ALLOW_NONE"]
    driver.delete_volume(volume)
    answer = remote(f"projects/{project}/volumes/{remote_id}")
    assert answer.status_code == 404 or answer.json()["state"] == "Deleting"
    driver.delete_volume(volume)  # a second time is no error


def test_create_twice_adopts_the_first(driver, make):
    volume = create(driver, make())
    assert driver.create_volume(volume)["provider_id"] == volume.provider_id


def test_create_with_more_replicas_than_nodes_is_refused(driver, make):
    with pytest.raises(exception.VolumeBackendAPIException):
        driver.create_volume(make(1, {"lightos:num_replicas": "7"}))


def test_create_in_a_project_that_is_not_there_is_refused(driver, make):
    with pytest.raises(exception.VolumeBackendAPIException):
        driver.create_volume(make(1, {"lightos:project_name": "nowhere"}))


def test_extend(driver, make, remote):
    volume = create(driver, make(1))
    driver.extend_volume(volume, 3)
    state = driver._wait_for_volume_available("default", 10, vol_uuid=volume.provider_id.split()[1])
    assert state == "Available"
    assert remote(f"projects/default/volumes/?name=volume-{volume.id}").json()["size"] == str(3 * GIB)


def test_snapshot_and_volume_from_it(driver, make, remote):
    volume = create(driver, make(1))
    snapshot = snapshot_of(volume)
    driver.create_snapshot(snapshot)
    found = remote(f"projects/default/snapshots/?Name=snapshot-{snapshot.id}").json()
    assert found["state"] == "Available" and found["sourceVolumeUUID"] == volume.provider_id.split()[1]
    restored = make(2)
    restored.update(driver.create_volume_from_snapshot(restored, snapshot))
    got = remote(f"projects/default/volumes/?name=volume-{restored.id}").json()
    assert got["sourceSnapshotUUID"] == found["UUID"] and got["size"] == str(2 * GIB)

    # the snapshot cannot go while the restored volume lives: it stays Deleting, and goes with it
    driver.delete_snapshot(snapshot)
    assert remote(f"projects/default/snapshots/{found['UUID']}").json()["state"] == "Deleting"
    assert found["UUID"] not in [s["UUID"] for s in remote("projects/default/snapshots").json().get("snapshots", [])]
    driver.delete_volume(restored)
    for _ in range(200):
        if remote(f"projects/default/snapshots/{found['UUID']}").status_code == 404:
            break
    else:
        pytest.fail("the snapshot outlived its last clone")


def test_snapshot_twice_adopts_the_first(driver, make):
    volume = create(driver, make(1))
    snapshot = snapshot_of(volume)
    driver.create_snapshot(snapshot)
    driver.create_snapshot(snapshot)
    driver.delete_snapshot(snapshot)


def test_clone(driver, make, remote):
    source, clone = create(driver, make(1)), make(1)
    clone.update(driver.create_cloned_volume(clone, source))
    found = remote(f"projects/default/volumes/?name=volume-{clone.id}").json()
    assert found["state"] == "Available" and found["sourceSnapshotName"] == f"for_clone_{clone.id}"


def test_attach_and_detach(driver, cluster, make, remote):
    volume = create(driver, make(1))
    connection = driver.initialize_connection(volume, HOST)
    assert connection["driver_volume_type"] == "lightos"
    data = connection["data"]
    assert data["uuid"] == volume.provider_id.split()[1] and data["subsysnqn"] == driver.cluster.subsystemNQN
    assert set(data["lightos_nodes"]) == set(cluster["addresses"])
    found = remote(f"projects/default/volumes/{data['uuid']}").json()
    assert found["acl"]["values"] == [HOST["nqn"]] and set(found["IPAcl"]["values"]) == set(HOST["host_ips"])
    other = HOST | {"nqn": "nqn.2014-08.org.nvmexpress:uuid:other", "host_ips": ["192.0.2.11"]}
    driver.initialize_connection(volume, other)
    driver.terminate_connection(volume, HOST)
    assert remote(f"projects/default/volumes/{data['uuid']}").json()["acl"]["values"] == [other["nqn"]]
    driver.terminate_connection(volume, None, force=True)
    assert remote(f"projects/default/volumes/{data['uuid']}").json()["acl"]["values"] == ["ALLOW_NONE"]


def test_wrong_token_is_refused(cluster):
    if not cluster.get("jwt"):
        pytest.skip("this cluster asks for no token")
    head, body, signature = cluster["jwt"].split(".")
    with pytest.raises(exception.InvalidAuthKey):
        make_driver(cluster | {"jwt": f"{head}.{body}.{signature[::-1]}"})
