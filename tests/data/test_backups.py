"""Backups keep what a volume held, and give it back."""

GIB = 1 << 30


def backup_of(cloud, made, volume, **wanted):
    backup = cloud.block_storage.create_backup(volume_id=volume.id, **wanted)
    made.append((cloud.block_storage.delete_backup, backup))
    backup = cloud.block_storage.wait_for_status(backup, "available", failures=["error"], interval=0.2, wait=120)
    cloud.block_storage.wait_for_status(volume, "available", interval=0.2, wait=60)
    return cloud.block_storage.get_backup(backup.id)


def restored(cloud, made, backup, **wanted):
    told = cloud.block_storage.restore_backup(backup, **wanted)
    volume = cloud.block_storage.get_volume(told["volume_id"])
    made.append((cloud.block_storage.delete_volume, volume))
    cloud.block_storage.wait_for_status(volume, "available", failures=["error", "error_restoring"], interval=0.2, wait=120)
    cloud.block_storage.wait_for_status(backup, "available", interval=0.2, wait=60)
    return volume


def test_full_and_incremental(cloud, made, raw, bytes_of_image, volume, content):
    source = volume(image_id=raw.id)
    full = backup_of(cloud, made, source, name="full")
    assert full.object_count > 0 and not full.is_incremental and full.size == 1
    again = backup_of(cloud, made, source, name="again", is_incremental=True)
    assert again.is_incremental
    assert cloud.block_storage.get_backup(full.id).has_dependent_backups
    for backup in (full, again):
        volume_again = restored(cloud, made, backup, name=f"restored-{backup.name}")
        data = content(volume_again)
        assert data[:len(bytes_of_image)] == bytes_of_image and not any(data[len(bytes_of_image):])
        cloud.block_storage.delete_volume(volume_again)
        cloud.block_storage.wait_for_delete(volume_again, wait=60)
    cloud.block_storage.delete_backup(again)
    cloud.block_storage.wait_for_delete(again, wait=60)
    cloud.block_storage.delete_backup(full)
    cloud.block_storage.wait_for_delete(full, wait=60)


def test_of_a_snapshot(cloud, made, raw, bytes_of_image, volume, content):
    source = volume(image_id=raw.id)
    snapshot = cloud.block_storage.create_snapshot(volume_id=source.id)
    made.append((cloud.block_storage.delete_snapshot, snapshot))
    cloud.block_storage.wait_for_status(snapshot, "available", interval=0.2, wait=60)
    backup = backup_of(cloud, made, source, snapshot_id=snapshot.id)
    assert backup.snapshot_id == snapshot.id
    data = content(restored(cloud, made, backup, name="of-snapshot"))
    assert data[:len(bytes_of_image)] == bytes_of_image


def test_over_what_a_volume_held(cloud, made, raw, volume, content):
    empty = volume()
    backup = backup_of(cloud, made, empty)
    full = volume(image_id=raw.id)
    restored(cloud, made, backup, volume_id=full.id)
    assert not any(content(full)), "what it held before is still there"
