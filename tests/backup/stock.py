"""Stock Cinder's posix backup driver, without the Cinder around it.

    stock.py record FOLDER     makes a full and an incremental backup of a made-up volume there
    stock.py restore FOLDER CONTAINER PREFIX [CONTAINER PREFIX …] > volume
                               restores what hearth wrote: the full backup first

Run with a Python that has Cinder. `tests/backup/stock` is what `record` made.
"""

import contextlib
import hashlib
import io
import sys
from unittest import mock

BLOCK = 4096
VOLUME = "5c0d3f5e-30a2-4a35-b4d0-6a9a0ff0c8a9"
FULL = "a10d3f5e-30a2-4a35-b4d0-6a9a0ff0c8a9"
INCREMENTAL = "b20d3f5e-30a2-4a35-b4d0-6a9a0ff0c8a9"


class Backup(dict):
    """As much of a backup object as the driver looks at."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name, value):
        self[name] = value

    def save(self):
        pass

    refresh = save

    def as_read_deleted(self):
        return contextlib.nullcontext()


def backup(key, status, **more):
    made = Backup(id=key, volume_id=VOLUME, display_name="stöck", display_description=None, container=None,
                  created_at="2026-11-20 20:25:00+00:00", parent_id=None, size=1, service_metadata=None,
                  object_count=0, status=status)
    made.update(more)
    return made


def block(number):
    """Every fourth is empty."""
    return bytes(BLOCK) if number % 4 == 0 else hashlib.sha256(bytes([number])).digest() * (BLOCK // 32)


def contents():
    return b"".join(block(number) for number in range(20))


def changed():
    data = bytearray(contents())
    for number in (5, 6, 13):
        data[number * BLOCK:(number + 1) * BLOCK] = block(number + 100)
    data[9 * BLOCK:10 * BLOCK] = bytes(BLOCK)
    return bytes(data)


def driver(folder, known):
    from cinder import objects
    from cinder.backup.drivers import posix
    from oslo_config import cfg

    objects.register_all()
    cfg.CONF([], project="cinder", default_config_files=[])
    cfg.CONF.set_override("backup_file_size", 6 * BLOCK)
    cfg.CONF.set_override("backup_sha_block_size_bytes", BLOCK)
    cfg.CONF.set_override("backup_enable_progress_timer", False)
    mock.patch("cinder.volume.volume_utils.notify_about_backup_usage").start()
    mock.patch("cinder.objects.Backup.get_by_id", lambda context, key: known[key]).start()
    cfg.CONF.set_override("connection", "sqlite://", "database")
    made = posix.PosixBackupDriver(None, backup_path=folder)
    made.db = mock.Mock()
    made.db.volume_get.return_value = {"size": 1}
    meta = ('{"version": 2, "volume-base-metadata": {"display_name": "disk", "display_description": null}, '
            '"volume-metadata": {"k": "v"}}')
    made.get_metadata = lambda volume: meta
    made.put_metadata = lambda volume, text: print(text, file=sys.stderr)
    return made


def record(folder):
    full = backup(FULL, "creating")
    stock = driver(folder, {FULL: full})
    stock.backup(full, io.BytesIO(contents()))
    incremental = backup(INCREMENTAL, "creating", parent_id=FULL)
    stock.backup(incremental, io.BytesIO(changed()))
    for made in (full, incremental):
        print(made.container, made.service_metadata, made.object_count)


def restore(folder, places):
    known = {}
    parent = None
    for number in range(0, len(places), 2):
        key = places[number + 1].rsplit("_", 1)[1]
        known[key] = backup(key, "restoring", container=places[number], service_metadata=places[number + 1],
                            parent_id=parent)
        parent = key
    out = io.BytesIO()
    driver(folder, known).restore(known[parent], VOLUME, out, False)
    sys.stdout.buffer.write(out.getvalue())


if __name__ == "__main__":
    if sys.argv[1] == "record":
        record(sys.argv[2])
    else:
        restore(sys.argv[2], sys.argv[3:])
