"""Groups of volumes, their types and snapshots, and the old consistency groups, with both commands."""

import pytest
from conftest import Refused, fresh


def test_group_types_by_cinder(admin):
    name = fresh("grouptype")
    made = admin.cinder_table("group-type-create", name, "--description", "by cinder")[0]["ID"]
    try:
        admin.cinder("group-type-key", made, "set", "a=1", "b=2")
        admin.cinder("group-type-key", made, "unset", "b")
        assert "'a': '1'" in admin.cinder("group-specs-list") and "'b'" not in admin.cinder("group-type-show", made)
        admin.cinder("group-type-update", made, "--description", "changed", "--is-public", "False")
        assert admin.cinder_show("group-type-show", made)["description"] == "changed"
        assert made in [row["ID"] for row in admin.cinder_table("group-type-list")]
        with pytest.raises(Refused, match="Default group type can not be found"):
            admin.cinder("group-type-default")
    finally:
        admin.cinder("group-type-delete", made)
    assert made not in [row["ID"] for row in admin.cinder_table("group-type-list")]


def test_group_types_by_openstack(admin):
    name = fresh("grouptype")
    admin.openstack("volume", "group", "type", "create", "--description", "d", name)
    try:
        admin.openstack("volume", "group", "type", "set", "--property", "a=1", "--property", "b=2", name)
        admin.openstack("volume", "group", "type", "unset", "--property", "b", name)
        admin.openstack("volume", "group", "type", "set", "--description", "changed", name)
        shown = admin.openstack_json("volume", "group", "type", "show", name)
        assert (shown["Name"], shown["Description"], shown["Properties"]) == (name, "changed", {"a": "1"})
        names = [row["Name"] for row in admin.openstack_json("volume", "group", "type", "list")]
        assert name in names and "default_cgsnapshot_type" in names
        with pytest.raises(Refused, match="(?i)default group type"):
            admin.openstack("volume", "group", "type", "list", "--default")
    finally:
        admin.openstack("volume", "group", "type", "delete", name)
    assert name not in [row["Name"] for row in admin.openstack_json("volume", "group", "type", "list")]
