"""What belongs to volume types: QoS specs, encryption, default types; retype; log levels."""

import json

import pytest
from conftest import Refused, fresh


@pytest.fixture
def qos(admin):
    """qos(**specs): the id of new QoS specs, removed afterwards."""
    made = []

    def make(**specs):
        answer = admin.call("POST", "/qos-specs", {"qos_specs": {"name": fresh("qos")} | specs})
        assert answer.status_code == 200, answer.text
        made.append(answer.json()["qos_specs"])
        return made[-1]["id"]
    yield make
    for one in made:
        answer = admin.call("DELETE", f"/qos-specs/{one['id']}?force=true")
        assert answer.status_code in (202, 404), answer.text


def of_type(admin, name):
    types = admin.get("/types?is_public=None")["volume_types"]
    return next(one for one in types if one["name"] == name)


def test_qos_specs_by_cinder(admin, volume_type):
    name, kind = fresh("gold"), of_type(admin, volume_type())["id"]
    made = admin.cinder_show("qos-create", name, "consumer=back-end", "total_iops_sec=1000")
    key = made["id"]
    assert (made["name"], made["consumer"]) == (name, "back-end")
    with pytest.raises(Refused, match="already exists"):
        admin.cinder("qos-create", name, "consumer=both")
    assert key in [row["ID"] for row in admin.cinder_table("qos-list")]
    admin.cinder("qos-key", key, "set", "read_iops_sec=7", "total_iops_sec=9")
    assert "read_iops_sec" in admin.cinder("qos-show", key)
    admin.cinder("qos-key", key, "unset", "read_iops_sec")
    assert "read_iops_sec" not in admin.cinder("qos-show", key)
    admin.cinder("qos-associate", key, kind)
    assert [row["ID"] for row in admin.cinder_table("qos-get-association", key)] == [kind]
    with pytest.raises(Refused, match="still in use"):
        admin.cinder("qos-delete", key)
    admin.cinder("qos-disassociate", key, kind)
    assert admin.cinder_table("qos-get-association", key) == []
    admin.cinder("qos-associate", key, kind)
    admin.cinder("qos-disassociate-all", key)
    admin.cinder("qos-associate", key, kind)
    admin.cinder("qos-delete", key, "--force", "True")
    assert admin.call("GET", f"/qos-specs/{key}").status_code == 404


def test_qos_specs_by_openstack(admin, volume_type):
    name, kind = fresh("silver"), volume_type()
    made = admin.openstack_json(
        "volume", "qos", "create", "--consumer", "both", "--property", "total_iops_sec=512", name)
    assert (made["name"], made["consumer"], made["properties"]) == (name, "both", {"total_iops_sec": "512"})
    admin.openstack("volume", "qos", "set", "--property", "read_iops_sec=1", name)
    admin.openstack("volume", "qos", "unset", "--property", "read_iops_sec", name)
    admin.openstack("volume", "qos", "associate", name, kind)
    shown = admin.openstack_json("volume", "qos", "show", name)
    assert (shown["properties"], shown["associations"]) == ({"total_iops_sec": "512"}, [kind])
    listed = {row["Name"]: row for row in admin.openstack_json("volume", "qos", "list")}
    assert listed[name]["Associations"] == [kind]
    admin.openstack("volume", "qos", "disassociate", "--volume-type", kind, name)
    admin.openstack("volume", "qos", "associate", name, kind)
    admin.openstack("volume", "qos", "disassociate", "--all", name)
    admin.openstack("volume", "qos", "delete", name)
    assert name not in [row["Name"] for row in admin.openstack_json("volume", "qos", "list")]


def test_the_hypervisor_is_told_its_limits(admin, demo, volume_type, qos):
    kind = volume_type()
    specs = qos(consumer="front-end", read_iops_sec_per_gb="10", total_bytes_sec="4096")
    admin.call("GET", f"/qos-specs/{specs}/associate?vol_type_id={of_type(admin, kind)['id']}")
    volume = demo.volume(3, volume_type=kind)
    host = {"host": "client", "nqn": "nqn.2014-08.org.nvmexpress:uuid:client", "ip": "127.0.0.1"}
    answer = demo.call("POST", f"/volumes/{volume}/action", {"os-initialize_connection": {"connector": host}})
    assert answer.status_code == 200, answer.text
    data = answer.json()["connection_info"]["data"]
    assert data["qos_specs"] == {"read_iops_sec": 30, "total_bytes_sec": "4096"}
    demo.call("POST", f"/volumes/{volume}/action", {"os-terminate_connection": {"connector": host}})


def test_encryption_by_cinder(admin, demo, volume_type):
    kind = volume_type()
    key = of_type(admin, kind)["id"]
    made = admin.cinder_table("encryption-type-create", key, "luks", "--cipher", "aes-xts-plain64", "--key-size", 256,
                              "--control-location", "front-end")
    assert (made[0]["Volume Type ID"], made[0]["Provider"], made[0]["Key Size"]) == (key, "luks", "256")
    assert admin.cinder_table("encryption-type-show", key)[0]["Cipher"] == "aes-xts-plain64"
    assert key in [row["Volume Type ID"] for row in admin.cinder_table("encryption-type-list")]
    with pytest.raises(Refused, match="Key manager error"):
        demo.cinder("create", 1, "--volume-type", key)
    admin.cinder("encryption-type-update", key, "--key-size", 512)
    assert admin.cinder_table("encryption-type-show", key)[0]["Key Size"] == "512"
    admin.cinder("encryption-type-delete", key)
    assert admin.get(f"/types/{key}/encryption") == {}


def test_encryption_by_openstack(admin, volume_type):
    kind = volume_type()
    admin.openstack("volume", "type", "set", "--encryption-provider", "luks", "--encryption-cipher", "aes-xts-plain64",
                    "--encryption-key-size", 128, "--encryption-control-location", "front-end", kind)
    shown = admin.openstack_json("volume", "type", "show", "--encryption-type", kind)
    encryption = shown["encryption"]
    encryption = json.loads(encryption) if isinstance(encryption, str) else encryption
    assert (encryption["provider"], int(encryption["key_size"])) == ("luks", 128)
    admin.openstack("volume", "type", "set", "--encryption-key-size", 256, kind)
    admin.openstack("volume", "type", "unset", "--encryption-type", kind)
    assert admin.get(f"/types/{of_type(admin, kind)['id']}/encryption") == {}


def test_default_types(admin, demo, volume_type):
    kind = volume_type()
    key = of_type(admin, kind)["id"]
    admin.cinder("default-type-set", kind, demo.project_id)
    try:
        rows = admin.cinder_table("default-type-list")
        assert {(row["Project ID"], row["Volume Type ID"]) for row in rows} == {(demo.project_id, key)}
        assert admin.cinder_show("default-type-list", "--project-id", demo.project_id)["volume_type_id"] == key
        assert demo.cinder_table("type-default")[0]["ID"] == key
        volume = demo.volume()
        assert demo.get(f"/volumes/{volume}")["volume"]["volume_type"] == kind
    finally:
        admin.cinder("default-type-unset", demo.project_id)
    assert admin.cinder_table("default-type-list") == []
    assert demo.cinder_table("type-default")[0]["ID"] != key


def test_retype(admin, demo, volume_type, qos):
    first, second = volume_type(), volume_type({"volume_backend_name": "nowhere"})
    specs = qos(total_iops_sec="256")
    admin.call("GET", f"/qos-specs/{specs}/associate?vol_type_id={of_type(admin, first)['id']}")
    volume = demo.volume()
    was = demo.get(f"/volumes/{volume}")["volume"]["volume_type"]
    demo.cinder("retype", volume, first, "--migration-policy", "never")
    demo.await_status("volumes", volume)
    assert demo.get(f"/volumes/{volume}")["volume"]["volume_type"] == first
    demo.openstack("volume", "set", "--type", was, "--retype-policy", "never", volume)
    demo.await_status("volumes", volume)
    assert demo.get(f"/volumes/{volume}")["volume"]["volume_type"] == was
    with pytest.raises(Refused, match="requested type has to be different"):
        demo.cinder("retype", volume, was)
    # of a cluster that there is not
    demo.cinder("retype", volume, second, "--migration-policy", "never")
    demo.await_status("volumes", volume)
    assert demo.get(f"/volumes/{volume}")["volume"]["volume_type"] == was
    told = [one["user_message"] for one in demo.get("/messages")["messages"] if one["resource_uuid"] == volume]
    assert len(told) == 1 and "requires migration" in told[0]


def test_log_levels(admin):
    admin.cinder("service-set-log", "DEBUG", "--binary", "cinder-scheduler", "--prefix", "hearth::placement")
    rows = admin.cinder_table("service-get-log", "--binary", "cinder-scheduler")
    assert [(row["Binary"], row["Prefix"], row["Level"]) for row in rows] == [
        ("cinder-scheduler", "hearth::placement", "DEBUG")]
    admin.openstack("block", "storage", "log", "level", "set", "INFO", "--service", "cinder-scheduler")
    rows = admin.openstack_json("block", "storage", "log", "level", "list", "--service", "cinder-scheduler")
    assert [(row["Binary"], row["Level"]) for row in rows] == [("cinder-scheduler", "INFO")]
    with pytest.raises(Refused, match="invalid choice|not a valid log level"):
        admin.cinder("service-set-log", "LOUD")
