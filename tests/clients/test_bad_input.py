"""What no client should send, and what it gets: a fault in Cinder's shape, never a 500, and nothing half done."""

import uuid

import pytest
import requests
from conftest import URL, fresh

NOBODY = str(uuid.uuid4())


def fault(answer, status, name=None):
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    (key, body), = answer.json().items()
    assert name in (None, key), answer.text
    assert body["code"] == status and body["message"], answer.text
    assert answer.headers["x-openstack-request-id"].startswith("req-")
    return body["message"]


@pytest.fixture(autouse=True)
def unharmed(demo):
    """Whatever was sent: hearth answers afterwards, and has made no volume of it."""
    yield
    assert demo.get("/volumes")["volumes"] == []


@pytest.mark.parametrize("body", [
    {}, {"volume": None}, {"volume": []}, {"volume": "x"}, {"volume": {"name": "no size"}}, {"server": {"size": 1}},
    {"volume": {"size": 0}}, {"volume": {"size": -1}}, {"volume": {"size": "abc"}}, {"volume": {"size": 1.5}},
    {"volume": {"size": 1 << 40}}, {"volume": {"size": True}}, {"volume": {"size": [1]}},
    {"volume": {"size": 1, "name": "x" * 256}}, {"volume": {"size": 1, "name": 7}},
    {"volume": {"size": 1, "description": "x" * 256}}, {"volume": {"size": 1, "metadata": "k=v"}},
    {"volume": {"size": 1, "metadata": {"": "empty"}}}, {"volume": {"size": 1, "metadata": {"k": "v" * 256}}},
    {"volume": {"size": 1, "metadata": {"k": 1}}}, {"volume": {"size": 1, "no_such_field": 1}},
    {"volume": {"size": 1, "snapshot_id": "not-an-id"}}, {"volume": {"size": 1, "source_volid": "not-an-id"}},
    {"volume": {"size": 1, "availability_zone": "no-such-zone"}}, {"volume": {"size": 1, "multiattach": "perhaps"}},
    {"volume": {"size": 1, "consistencygroup_id": "x"}},
], ids=str)
def test_a_volume_that_cannot_be(demo, body):
    fault(demo.call("POST", "/volumes", body), 400, "badRequest")


@pytest.mark.parametrize("reference", ["snapshot_id", "source_volid", "volume_type"])
def test_a_volume_of_something_that_is_not_there(demo, reference):
    fault(demo.call("POST", "/volumes", {"volume": {"size": 1, reference: NOBODY}}), 404, "itemNotFound")


@pytest.mark.parametrize("raw", [b"", b"{", b"null", b"[]", b"\xff\xfe{}", b'{"volume": {"size": 1}', b"\x00",
                                 b'{"volume":' + b"[" * 2000 + b"]" * 2000 + b"}",
                                 b'{"volume": {"size": 1, "name": "\xc3\x28"}}', b'{"volume": {"size": 1e400}}'], ids=repr)
def test_what_is_no_json_object(demo, raw):
    fault(demo.call("POST", "/volumes", headers={"Content-Type": "application/json"}, data=raw), 400, "badRequest")


def test_a_body_too_large(demo):
    raw = b'{"volume": {"size": 1, "description": "' + b"x" * 200_000 + b'"}}'
    answer = demo.call("POST", "/volumes", headers={"Content-Type": "application/json"}, data=raw)
    assert answer.status_code == 413, answer.text

    def chunks():  # the same, its length not told
        yield from (raw[i:i + 8192] for i in range(0, len(raw), 8192))
    try:
        assert demo.call("POST", "/volumes", headers={"Content-Type": "application/json"}, data=chunks()).status_code == 413
    except requests.exceptions.ConnectionError:
        pass  # it answered and hung up while we were still sending


@pytest.mark.parametrize("path", ["/volumes/", "/snapshots/", "/types/", "/messages/"])
@pytest.mark.parametrize("key", [NOBODY, "no-such", "x" * 300, "%00", "%ff%fe", "..%2f..%2fetc", "'; DROP TABLE volumes --"])
def test_an_id_of_nothing(demo, admin, path, key):
    for person, method in ((demo, "GET"), (admin, "DELETE")):
        assert person.call(method, path + key).status_code in ((400, 404) if "%" in key else (404,))


@pytest.mark.parametrize("query", ["limit=-1", "limit=x", "offset=-1", "sort=no_such_key:asc", "sort=name:sideways",
                                   "sort_key=name&sort=name", "limit=99999999999999999999999"])
def test_a_list_that_cannot_be(demo, query):
    for path in ("/volumes", "/volumes/detail", "/snapshots/detail"):
        answer = demo.call("GET", f"{path}?{query}")
        if query.startswith("limit=9"):
            assert answer.status_code in (200, 400), answer.text
        else:
            fault(answer, 400, "badRequest")


def test_all_tenants_is_a_boolean(admin):
    fault(admin.call("GET", "/volumes?all_tenants=perhaps"), 400, "badRequest")


def test_a_marker_of_nothing(demo):
    fault(demo.call("GET", f"/volumes?marker={NOBODY}"), 404, "itemNotFound")


@pytest.mark.parametrize("version", ["3.72", "3.999", "2.1", "4.0"])
def test_a_version_that_is_not_there(demo, version):
    fault(demo.call("GET", "/volumes", version=version), 406)


@pytest.mark.parametrize("version", ["abc", "3", "3.x", "-1.0", ""])
def test_a_version_that_is_none(demo, version):
    assert demo.call("GET", "/volumes", version=version).status_code in (400, 406)


@pytest.mark.parametrize("action", [
    {}, {"os-no-such": {}}, {"os-extend": {}}, {"os-extend": {"new_size": "x"}}, {"os-extend": {"new_size": 0}},
    {"os-extend": {"new_size": 1}}, {"os-extend": None}, {"os-set_bootable": {"bootable": "perhaps"}},
    {"os-reset_status": {"status": "no-such"}}, {"os-reset_status": {}}, {"os-update_readonly_flag": {"readonly": "perhaps"}},
    {"revert": {"snapshot_id": "not-an-id"}},
], ids=str)
def test_an_action_that_cannot_be(demo, admin, action):
    key = demo.volume()
    person = admin if "os-reset_status" in action else demo
    status = person.call("POST", f"/volumes/{key}/action", action).status_code
    assert status in (400, 404), status
    assert demo.get(f"/volumes/{key}")["volume"]["status"] == "available"
    demo.sweep()


def test_a_volume_in_use_by_snapshots_stays(demo):
    key = demo.volume()
    snapshot = demo.snapshot(key)
    assert "snapshot" in fault(demo.call("DELETE", f"/volumes/{key}"), 400, "badRequest")
    fault(demo.call("POST", "/volumes", {"volume": {"size": 1, "snapshot_id": snapshot, "source_volid": key}}), 400)
    demo.call("POST", f"/volumes/{key}/action", {"os-extend": {"new_size": 3}})
    demo.await_status("volumes", key)
    fault(demo.call("POST", "/volumes", {"volume": {"size": 1, "source_volid": key}}), 400)
    fault(demo.call("POST", f"/volumes/{key}/action", {"revert": {"snapshot_id": snapshot}}), 400)
    demo.sweep()


def test_quota_bodies(admin, demo):
    for body in ({}, {"quota_set": {"volumes": "x"}}, {"quota_set": {"volumes": -2}}, {"quota_set": {"no_such": 1}}):
        fault(admin.call("PUT", f"/os-quota-sets/{demo.project_id}", body), 400, "badRequest")


def test_paths_of_nowhere(demo):
    assert demo.call("GET", "/no-such-resource").status_code == 404
    assert demo.call("GET", f"{URL}/v4/x").status_code in (300, 404)
    assert demo.call("PATCH", "/volumes").status_code in (404, 405)
    assert demo.call("GET", f"{URL}/v3/%ff%fe/volumes").status_code in (400, 404)


def test_a_connection_that_is_cut(demo):
    """A client that promises more than it sends, or speaks nonsense, costs nobody else anything."""
    import socket
    host, port = URL.removeprefix("http://").split(":")
    for raw in (b"POST /v3/x/volumes HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", b"\x16\x03\x01\x02\x00nonsense",
                b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: " + b"a" * 100_000 + b"\r\n\r\n", b"GET /\xff\xfe HTTP/1.1\r\n\r\n"):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(raw)
    assert demo.get("/volumes")["volumes"] == []
