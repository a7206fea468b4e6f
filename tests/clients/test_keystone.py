"""Who may do what, with tokens of a real Keystone."""

import os
import time

import pytest
import requests
from conftest import KEYSTONE, URL, Refused, fresh, token_from

pytestmark = pytest.mark.skipif(not KEYSTONE, reason="no-auth")
BRIEF = os.environ.get("HEARTH_TEST_KEYSTONE_BRIEF")


def unauthorized(answer):
    assert answer.status_code == 401, answer.text
    assert answer.headers["WWW-Authenticate"].startswith("Keystone uri=")
    assert answer.json()["error"]["code"] == 401
    return True


def expired_token(user, project):
    """A token of a Keystone whose tokens last seconds, once they are over."""
    token = token_from(BRIEF, user, project)
    return token, lambda: await_expiry(token)


def await_expiry(token):
    deadline = time.monotonic() + 30
    while requests.get(f"{KEYSTONE}/auth/tokens", headers={"X-Auth-Token": token, "X-Subject-Token": token},
                       timeout=10).status_code == 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_without_or_with_a_false_token(demo):
    for token in ("", "garbage", "gAAAAAB" + "x" * 180, "demo:demo", "x" * 9000, "schön".encode()):
        unauthorized(demo.call("GET", "/volumes", token=token))
    unauthorized(requests.get(demo.endpoint + "/volumes", timeout=30))


def test_identity_headers_of_the_client_count_for_nothing(demo):
    claims = {"X-Identity-Status": "Confirmed", "X-User-Id": "x", "X-Project-Id": demo.project_id, "X-Roles": "admin"}
    unauthorized(requests.get(demo.endpoint + "/volumes", headers=claims, timeout=30))
    assert demo.call("GET", "/os-services", headers={"X-Roles": "admin", "X-Is-Admin-Project": "True"}).status_code == 403


def test_discovery_needs_no_token():
    assert requests.get(URL + "/", timeout=30).status_code == 300
    assert requests.get(URL + "/v3/", timeout=30).status_code in (200, 401)
    assert requests.get(URL + "/healthcheck", timeout=30).status_code == 200


def test_a_token_that_expires_while_it_is_remembered(demo):
    token, expire = expired_token("demo", "demo")
    assert demo.call("GET", "/volumes", token=token).status_code == 200
    expire()
    unauthorized(demo.call("GET", "/volumes", token=token))


def test_a_revoked_token(demo):
    token = token_from(KEYSTONE, "demo", "demo")
    requests.delete(f"{KEYSTONE}/auth/tokens", headers={"X-Auth-Token": token, "X-Subject-Token": token}, timeout=30)
    unauthorized(demo.call("GET", "/volumes", token=token))


def test_a_service_vouches_for_an_expired_token(demo, people):
    volume = demo.volume()
    token, expire = expired_token("demo", "demo")
    expire()
    unauthorized(demo.call("GET", f"/volumes/{volume}", token=token))
    vouched = {"X-Service-Token": people["nova"].token}
    assert demo.call("GET", f"/volumes/{volume}", token=token, headers=vouched).status_code == 200
    unauthorized(demo.call("GET", f"/volumes/{volume}", token=token, headers={"X-Service-Token": people["impostor"].token}))
    unauthorized(demo.call("GET", f"/volumes/{volume}", token=token, headers={"X-Service-Token": "garbage"}))


def test_a_service_token_must_be_a_services(demo, people):
    assert demo.call("GET", "/volumes", headers={"X-Service-Token": people["nova"].token}).status_code == 200
    unauthorized(demo.call("GET", "/volumes", headers={"X-Service-Token": people["impostor"].token}))


def test_a_reader_looks_only(demo, people):
    volume, reader = demo.volume(), people["demo_reader"]
    assert [v["id"] for v in reader.get("/volumes")["volumes"]] == [volume]
    assert reader.get(f"/volumes/{volume}")["volume"]["id"] == volume
    for method, path, body in [
        ("POST", "/volumes", {"volume": {"size": 1}}), ("DELETE", f"/volumes/{volume}", None),
        ("PUT", f"/volumes/{volume}", {"volume": {"name": "x"}}),
        ("POST", f"/volumes/{volume}/metadata", {"metadata": {"k": "v"}}),
        ("POST", "/snapshots", {"snapshot": {"volume_id": volume}}),
        ("POST", f"/volumes/{volume}/action", {"os-extend": {"new_size": 2}}),
    ]:
        answer = reader.call(method, path, body)
        assert answer.status_code == 403 and "forbidden" in answer.json(), f"{method} {path}: {answer.text}"
    with pytest.raises(Refused, match="403"):
        reader.openstack("volume", "create", "--size", "1", fresh("vol"))


def test_another_project_does_not_exist(demo, people):
    volume = demo.volume()
    snapshot, other = demo.snapshot(volume), people["alt_demo"]
    for method, path, body in [
        ("GET", f"/volumes/{volume}", None), ("DELETE", f"/volumes/{volume}", None),
        ("PUT", f"/volumes/{volume}", {"volume": {"name": "x"}}), ("GET", f"/volumes/{volume}/metadata", None),
        ("POST", f"/volumes/{volume}/action", {"os-extend": {"new_size": 2}}), ("GET", f"/snapshots/{snapshot}", None),
        ("DELETE", f"/snapshots/{snapshot}", None), ("POST", "/snapshots", {"snapshot": {"volume_id": volume}}),
        ("POST", "/volumes", {"volume": {"size": 1, "snapshot_id": snapshot}}),
        ("POST", "/volumes", {"volume": {"size": 1, "source_volid": volume}}),
    ]:
        answer = other.call(method, path, body)
        assert answer.status_code == 404, f"{method} {path}: {answer.status_code} {answer.text}"
    assert other.get("/volumes/detail?all_tenants=1")["volumes"] == []
    answer = other.call("GET", f"{URL}/v3/{demo.project_id}/volumes")  # another's project in the URL
    assert answer.status_code == 400, answer.text
    assert other.call("GET", f"{URL}/v3/volumes").json()["volumes"] == []  # none at all


def test_an_administrator_sees_all(admin, demo):
    volume = demo.volume()
    assert volume not in [v["id"] for v in admin.get("/volumes")["volumes"]]
    found = {v["id"]: v for v in admin.get("/volumes/detail?all_tenants=1")["volumes"]}
    assert found[volume]["os-vol-tenant-attr:tenant_id"] == demo.project_id
    assert "#" in found[volume]["os-vol-host-attr:host"]
    assert "os-vol-host-attr:host" not in demo.get(f"/volumes/{volume}")["volume"]


def test_what_is_the_administrators(admin, demo):
    for method, path, body in [
        ("GET", "/os-services", None), ("GET", "/scheduler-stats/get_pools", None), ("POST", "/types", {"volume_type": {"name": "x"}}),
        ("PUT", f"/os-quota-sets/{demo.project_id}", {"quota_set": {"volumes": 1000}}), ("GET", "/os-hosts", None),
        ("POST", f"/volumes/{demo.volume()}/action", {"os-reset_status": {"status": "error"}}),
    ]:
        answer = demo.call(method, path, body)
        assert answer.status_code == 403, f"{method} {path}: {answer.status_code} {answer.text}"


def test_a_wrong_password(demo):
    with pytest.raises(Refused, match="401"):
        demo.openstack("--os-password", "wrong", "volume", "list")
