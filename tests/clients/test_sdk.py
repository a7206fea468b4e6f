"""What a program does with openstacksdk."""

import openstack
import openstack.block_storage.v3.snapshot
import pytest
from conftest import fresh


@pytest.fixture
def storage(demo):
    return demo.cloud.block_storage


def settled(storage, thing):
    """The object once it is available. What the call before returned is already out of date: look first."""
    fetch = storage.get_snapshot if isinstance(thing, openstack.block_storage.v3.snapshot.Snapshot) else storage.get_volume
    return storage.wait_for_status(fetch(thing.id), "available", failures=["error", "error_extending"], interval=0.2, wait=60)


def make(storage, **wanted):
    return settled(storage, storage.create_volume(**({"size": 1, "name": fresh("vol")} | wanted)))


def test_life_of_a_volume(storage):
    volume = make(storage, description="by the SDK", metadata={"team": "blue"})
    assert (volume.size, volume.description, volume.metadata, volume.is_bootable) == (1, "by the SDK", {"team": "blue"}, False)
    storage.extend_volume(volume, 3)
    assert settled(storage, volume).size == 3
    storage.update_volume(volume, name="other", description="")
    storage.set_volume_metadata(volume, tier="gold")
    storage.delete_volume_metadata(storage.get_volume(volume), ["team"])
    volume = storage.get_volume(volume.id)
    assert (volume.name, volume.metadata) == ("other", {"tier": "gold"})
    storage.delete_volume(volume)
    storage.wait_for_delete(volume, interval=0.2, wait=60)
    with pytest.raises(openstack.exceptions.NotFoundException):
        storage.get_volume(volume.id)


def test_snapshot_clone_and_revert(storage):
    volume = make(storage)
    snapshot = settled(storage, storage.create_snapshot(volume_id=volume.id, name=fresh("snap")))
    assert (snapshot.volume_id, snapshot.size) == (volume.id, 1)
    assert make(storage, snapshot_id=snapshot.id).snapshot_id == snapshot.id
    assert make(storage, source_volume_id=volume.id).source_volume_id == volume.id
    storage.revert_volume_to_snapshot(volume, snapshot)
    settled(storage, volume), settled(storage, snapshot)
    storage.delete_snapshot(snapshot)
    storage.wait_for_delete(snapshot, interval=0.2, wait=60)


def test_pages_are_followed_to_the_end(storage):
    names = [fresh("page") for _ in range(7)]
    for name in names:
        make(storage, name=name)
    # limit is the page; the SDK follows volumes_links until there is none
    assert sorted(v.name for v in storage.volumes(limit=3)) == sorted(names)
    assert [v.name for v in storage.volumes(details=False, limit=2)] == [v.name for v in storage.volumes()]
    assert [v.name for v in storage.volumes(name=names[3])] == [names[3]]
    assert storage.find_volume(names[0]).name == names[0]


def test_limits_and_quotas(admin, demo, storage):
    limits = storage.get_limits().absolute
    assert limits.max_total_volumes != 0 and limits.total_volumes_used == 0
    quota = admin.cloud.block_storage.get_quota_set(demo.project_id, usage=True)
    assert quota.usage["volumes"] == 0
    assert admin.cloud.block_storage.get_quota_set_defaults(demo.project_id).volumes


def test_types(admin):
    storage = admin.cloud.block_storage
    made = storage.create_type(name=fresh("type"), description="t", is_public=True)
    try:
        storage.update_type_extra_specs(made, **{"lightos:num_replicas": "2"})
        assert storage.get_type(made).extra_specs == {"lightos:num_replicas": "2"}
        storage.delete_type_extra_specs(made, ["lightos:num_replicas"])
        assert storage.get_type(made).extra_specs == {}
        assert storage.find_type(made.name).id == made.id
    finally:
        storage.delete_type(made)


def test_cluster_of_services(admin):
    storage = admin.cloud.block_storage
    assert {service.binary for service in storage.services()} >= {"cinder-scheduler", "cinder-volume"}
    assert len(list(storage.backend_pools())) == 2
    assert [zone.state for zone in storage.availability_zones()] == [{"available": True}]
    assert any(extension.alias == "os-quota-sets" for extension in storage.extensions())
    assert {filter.resource for filter in storage.resource_filters()} >= {"volume", "snapshot"}


def test_messages_and_summary(admin, demo, storage, volume_type):
    name = volume_type({"volume_backend_name": "no-such-cluster"})
    volume = storage.create_volume(size=1, volume_type=name, name=fresh("nowhere"))
    demo.await_status("volumes", volume.id, "error")
    mine = [m for m in demo.get("/messages")["messages"] if m["resource_uuid"] == volume.id]
    assert mine and mine[0]["message_level"] == "ERROR" and mine[0]["resource_type"] == "VOLUME"
    summary = storage.summary(all_projects=False)
    assert (summary.total_count, summary.total_size) == (1, 1)


def test_what_was_never_placed_is_gone_with_the_answer(admin):
    storage = admin.cloud.block_storage
    nowhere = storage.create_type(name=fresh("nowhere"), extra_specs={"volume_backend_name": "no such cluster"})
    volume = storage.create_volume(size=1, name=fresh("vol"), volume_type=nowhere.name)
    storage.wait_for_status(volume, "error", failures=["available"], interval=0.1, wait=60)
    storage.delete_volume(volume)
    assert storage.find_volume(volume.id) is None
    storage.delete_type(nowhere)  # not in use any more
