"""Images become volumes, and volumes images."""

import hashlib

import pytest

GIB = 1 << 30


def same(data, wanted):
    """The rest of a volume that held nothing before is zeroes."""
    assert len(data) == GIB
    assert data[:len(wanted)] == wanted
    assert not any(data[len(wanted):])


def test_volume_of_a_raw_image_and_back(cloud, raw, bytes_of_image, volume, content):
    made = volume(image_id=raw.id)
    made = cloud.block_storage.get_volume(made.id)
    assert made.is_bootable
    told = made.volume_image_metadata
    assert told["image_id"] == raw.id and told["image_name"] == "raw" and told["disk_format"] == "raw"
    assert told["checksum"] == hashlib.md5(bytes_of_image).hexdigest()
    assert told["os_distro"] == "chimera"
    same(content(made), bytes_of_image)


def test_volume_of_a_compressed_qcow2(qcow2, bytes_of_image, volume, content):
    same(content(volume(image_id=qcow2.id)), bytes_of_image)


def test_copies_of_it_have_its_bytes_too(cloud, raw, bytes_of_image, volume, content, made):
    first = volume(image_id=raw.id)
    snapshot = cloud.block_storage.create_snapshot(volume_id=first.id)
    made.append((cloud.block_storage.delete_snapshot, snapshot))
    cloud.block_storage.wait_for_status(snapshot, "available", interval=0.2, wait=60)
    for source in ({"source_volume_id": first.id}, {"snapshot_id": snapshot.id}):
        copy = volume(**source)
        assert cloud.block_storage.get_volume(copy.id).is_bootable
        same(content(copy), bytes_of_image)
        cloud.block_storage.delete_volume(copy)
        cloud.block_storage.wait_for_delete(copy, wait=60)
    cloud.block_storage.delete_snapshot(snapshot)
    cloud.block_storage.wait_for_delete(snapshot, wait=60)


def test_an_image_that_is_not_what_it_says_is_refused(cloud, made, volume, qcow2):
    data = cloud.image.download_image(qcow2).content
    liar = cloud.image.create_image(name="liar", disk_format="raw", container_format="bare", data=data)
    made.append((cloud.image.delete_image, liar))
    cloud.image.wait_for_status(liar, "active", wait=30)
    failed = volume(becomes="error", image_id=liar.id)
    messages = [m for m in cloud.block_storage.get("/messages").json()["messages"] if m["resource_uuid"] == failed.id]
    assert messages, "nobody was told why"


def test_what_does_not_fit_is_refused_at_once(cloud, made):
    big = cloud.image.create_image(name="big", disk_format="raw", container_format="bare", data=b"x" * 4096, min_disk=3)
    made.append((cloud.image.delete_image, big))
    cloud.image.wait_for_status(big, "active", wait=30)
    with pytest.raises(Exception, match="minDisk size 3"):
        cloud.block_storage.create_volume(size=1, image_id=big.id)


def test_reimage(cloud, raw, bytes_of_image, volume, content):
    made = volume()
    answer = cloud.block_storage.post(f"/volumes/{made.id}/action", json={"os-reimage": {"image_id": raw.id}},
                                      microversion="3.68")
    assert answer.status_code == 202, answer.text
    # The volume as we know it is available already.
    made = cloud.block_storage.get_volume(made.id)
    made = cloud.block_storage.wait_for_status(made, "available", failures=["error"], interval=0.2, wait=60)
    same(content(made), bytes_of_image)
