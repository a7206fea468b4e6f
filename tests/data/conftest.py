"""A cloud with a volume service and an image service, and images whose bytes are known."""

import os
import random
import subprocess

import openstack
import pytest

MIB = 1 << 20
GIB = 1 << 30


@pytest.fixture(scope="session")
def cloud():
    connection = openstack.connect(
        auth_url=os.environ["HEARTH_TEST_KEYSTONE"], username="demo", password="secret", project_name="demo",
        user_domain_id="default", project_domain_id="default", region_name="RegionOne",
    )
    # What these tests do at each version is the same; the newest knows the most fields.
    connection.block_storage.default_microversion = "3.71"
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def bytes_of_image():
    """5 MiB with a hole in the middle and an odd end, which is never the same twice by chance."""
    chance = random.Random(2026)
    return chance.randbytes(2 * MIB) + bytes(MIB) + chance.randbytes(2 * MIB - 4096)


@pytest.fixture(scope="session")
def raw(cloud, bytes_of_image):
    yield from _image(cloud, "raw", "raw", bytes_of_image)


@pytest.fixture(scope="session")
def qcow2(cloud, bytes_of_image, tmp_path_factory):
    folder = tmp_path_factory.mktemp("qcow2")
    plain, packed = folder / "plain", folder / "packed"
    plain.write_bytes(bytes_of_image)
    subprocess.run(["qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", plain, packed], check=True)
    yield from _image(cloud, "packed", "qcow2", packed.read_bytes())


def _image(cloud, name, disk_format, data):
    image = cloud.image.create_image(name=name, disk_format=disk_format, container_format="bare", data=data,
                                     visibility="private", os_distro="chimera")
    yield cloud.image.wait_for_status(image, "active", wait=30)
    cloud.image.delete_image(image)


@pytest.fixture
def made(cloud):
    """Takes volumes, snapshots, backups and images away again, the last first."""
    made = []
    yield made
    for delete, thing in reversed(made):
        delete(thing, ignore_missing=True)
        # A volume cannot go before its snapshots have gone.
        if delete != cloud.image.delete_image:
            cloud.block_storage.wait_for_delete(thing, interval=0.2, wait=60)


@pytest.fixture
def volume(cloud, made):
    """Makes volumes and waits for what they come to."""
    def make(becomes="available", **wanted):
        new = cloud.block_storage.create_volume(**{"size": 1, **wanted})
        made.append((cloud.block_storage.delete_volume, new))
        failures = ["error"] if becomes != "error" else []
        return cloud.block_storage.wait_for_status(new, becomes, failures=failures, interval=0.2, wait=120)
    return make


@pytest.fixture
def content(cloud, made):
    """The bytes of a volume, by way of an image made of it."""
    def read(volume):
        told = cloud.block_storage.upload_volume_to_image(volume, f"of-{volume.id}", disk_format="raw",
                                                          container_format="bare")
        image = cloud.image.get_image(told["image_id"])
        made.append((cloud.image.delete_image, image))
        image = cloud.image.wait_for_status(image, "active", failures=["killed", "deleted"], interval=0.2, wait=120)
        cloud.block_storage.wait_for_status(volume, "available", interval=0.2, wait=60)
        assert image.size == volume.size * GIB
        data = bytearray()
        for chunk in cloud.image.download_image(image, stream=True).iter_content(MIB):
            data += chunk
        return bytes(data)
    return read
