"""What schemathesis has to know about this API beyond its document.

Random ids find nothing, and then only the 404s are tried. So some of each resource are kept made, and most
requests are bent to name one of them; whether and to which follows from what was generated, so that a request
that is tried again is bent the same way. Nothing may leave the machine or end the bench: a cluster that is
registered is one on loopback, and quotas are set for other projects than ours.
"""

import itertools
import os
import zlib
from collections import defaultdict, deque

import jsonschema_rs
import requests
import schemathesis

URL = os.environ["HEARTH_FUZZ_URL"]
TOKEN = os.environ["HEARTH_FUZZ_TOKEN"]
PROJECT = TOKEN.split(":")[1]
# After so many requests the pool is filled up again; that many volumes are kept.
REFILL, KEPT = 120, 60

session = requests.Session()
session.trust_env = False
session.headers.update({"X-Auth-Token": TOKEN, "OpenStack-API-Version": "volume 3.71", "Accept": "application/json"})

pool = defaultdict(lambda: deque(maxlen=4))
pool["lightbits"].extend(["lb1", "lb2"])
pool["spare"].extend(["spare0", "spare1"])
pool["host"].extend(["hearth@lb1", "hearth@lb2#lb2", "hearth@lb1#lb1"])
pool["extensions"].extend(["backups", "os-hosts"])

# The part of a path before an id → what the id is of.
OF_PATH = {
    "volumes": "volume", "snapshots": "snapshot", "types": "type", "attachments": "attachment", "backups": "backup",
    "os-volume-transfer": "transfer", "volume-transfers": "transfer", "group_types": "group_type", "groups": "group",
    "group_snapshots": "group_snapshot", "consistencygroups": "cg", "cgsnapshots": "cgsnapshot", "qos-specs": "qos",
    "messages": "message", "capabilities": "host", "os-hosts": "host", "placements": "volume",
    "extensions": "extensions", "metadata": "key", "extra_specs": "key", "group_specs": "key",
}
# A field of a body, or a key of a query → likewise.
OF_FIELD = {
    "volume_id": "volume", "volume_uuid": "volume", "source_volid": "volume", "new_volume": "volume",
    "snapshot_id": "snapshot", "backup_id": "backup", "group_id": "group", "source_group_id": "group",
    "group_snapshot_id": "group_snapshot", "group_type": "group_type", "volume_type": "type", "new_type": "type",
    "vol_type_id": "type", "source_cgid": "cg", "consistencygroup_id": "cg", "cgsnapshot_id": "cgsnapshot",
    "host": "host", "attachment_id": "attachment",
}
CONNECTOR = {"nqn": "nqn.2014-08.org.nvmexpress:uuid:5c0d3f5e-30a2-4a35-b4d0-6a9a0ff0c8a9", "host": "compute1"}
calls = itertools.count()
names = itertools.count()


def ask(method, path, body=None):
    """The answer of a request that prepares something; what goes wrong here is no finding."""
    answer = session.request(method, f"{URL}/v3/{path}", json=body, timeout=20)
    return answer.json() if answer.ok and answer.content else {}


def make(kind, path, body, key):
    made = ask("POST", path, {key: body}).get(key, {})
    if "id" in made:
        pool[kind].append(made["id"])
    return made.get("id")


def refill():
    n = next(names)
    if n == 0:
        unlimited = dict.fromkeys(("volumes", "snapshots", "gigabytes", "backups", "backup_gigabytes", "groups"), -1)
        ask("PUT", f"os-quota-sets/{PROJECT}", {"quota_set": unlimited})
    for service in ("lb1", "lb2"):
        ask("PUT", "os-services/enable", {"host": f"hearth@{service}", "binary": "cinder-volume"})
    for old in ask("GET", f"volumes?sort=created_at:desc&limit=60&offset={KEPT}").get("volumes", []):
        ask("DELETE", f"volumes/{old['id']}?cascade=true")
    make("type", "types", {"name": f"type{n}", "extra_specs": {"key": "value"}}, "volume_type")
    make("qos", "qos-specs", {"name": f"qos{n}", "consumer": "back-end", "key": "value"}, "qos_specs")
    group_type = make("group_type", "group_types", {"name": f"group type{n}", "group_specs": {"key": "v"}}, "group_type")
    volumes = [make("volume", "volumes", {"size": 1, "metadata": {"key": "value"}}, "volume") for _ in range(3)]
    volume = volumes[0]
    if not volume:
        return
    for _ in range(40):
        if ask("GET", f"volumes/{volumes[-1]}").get("volume", {}).get("status") != "creating":
            break
    make("snapshot", "snapshots", {"volume_id": volume, "metadata": {"key": "value"}}, "snapshot")
    make("backup", "backups", {"volume_id": volume}, "backup")
    make("attachment", "attachments", {"volume_uuid": volumes[1]}, "attachment")
    make("transfer", "volume-transfers", {"volume_id": volumes[2]}, "transfer")
    if group_type and pool["type"]:
        types = [pool["type"][-1]]
        group = make("group", "groups", {"group_type": group_type, "volume_types": types}, "group")
        if group:
            make("group_snapshot", "group_snapshots", {"group_id": group}, "group_snapshot")
        make("cg", "consistencygroups", {"volume_types": types[0]}, "consistencygroup")
    for message in ask("GET", "messages?limit=4").get("messages", []):
        pool["message"].append(message["id"])


pool["key"].append("key")


def bent(kind, value):
    """Three times out of four the id of something that is there."""
    known = pool.get(kind)
    drawn = zlib.crc32(repr(value).encode())
    return known[drawn // 4 % len(known)] if known and drawn % 4 else value


def bend(value, name=None):
    if isinstance(value, dict):
        return {key: bend(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [bend(item, name) for item in value]
    if isinstance(value, str) and name in OF_FIELD:
        return bent(OF_FIELD[name], value)
    if isinstance(value, int) and not isinstance(value, bool) and name in ("size", "new_size"):
        return value % 4 if value % 8 else value
    return value


def bend_path(case):
    parts = case.operation.path.strip("/").split("/")
    for before, part in itertools.pairwise(parts):
        name = part.strip("{}")
        value = (case.path_parameters or {}).get(name)
        if not part.startswith("{") or not isinstance(value, str):
            continue
        kind = OF_PATH.get(before)
        if before == "clusters" and parts[0] == "fleet":
            # Those that carry the volumes stay.
            kind = "spare" if case.operation.method.upper() == "DELETE" else "lightbits"
        if kind:
            case.path_parameters[name] = bent(kind, value)
        elif value == PROJECT:
            case.path_parameters[name] = "0dd"


@schemathesis.hook
def after_call(context, case, response):
    """What is gone is forgotten."""
    gone = response.status_code == 404 or (case.method.upper() == "DELETE" and response.status_code in (202, 204))
    for value in (case.path_parameters or {}).values():
        for kind in set(OF_PATH.values()) - {"host", "key", "extensions"} if gone else ():
            if value in pool[kind]:
                pool[kind].remove(value)


@schemathesis.hook
def before_call(context, case, kwargs):
    if next(calls) % REFILL == 0:
        refill()
    kwargs.setdefault("timeout", 20)
    bend_path(case)
    operation = (case.operation.definition.raw or {}).get("operationId", "")
    if isinstance(case.query, dict):
        case.query = bend(case.query)
    body = case.body
    if not isinstance(body, dict):
        return
    body = bend(body)
    for part in body.values():
        if isinstance(part, dict) and isinstance(part.get("connector"), dict) and not part["connector"]:
            part["connector"] = dict(CONNECTOR)
    cluster = body.get("cluster")
    if operation == "cluster.register" and isinstance(cluster, dict):
        cluster["endpoints"] = ["127.0.0.1:9"]
        cluster["name"] = bent("spare", cluster.get("name"))
    case.body = body


def action_of(case):
    """The description of the action a body names, if it names one."""
    definition = case.operation.definition.resolved if hasattr(case.operation.definition, "resolved") else {}
    definition = definition or case.operation.definition.raw
    schema = definition.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if not isinstance(case.body, dict) or len(case.body) != 1:
        return None
    named = (each for each in schema.get("oneOf", []) if each["x-openstack"]["action-name"] in case.body)
    return next(named, None)


@schemathesis.check
def action_answer(context, response, case):
    """All actions of one path share their responses in the document; here each is held to its own."""
    action = action_of(case)
    if action is None or case.method.upper() != case.operation.method.upper():
        return
    told = action["x-openstack"]
    if response.status_code not in [told["status"], *told["refusals"]]:
        raise AssertionError(f"{told['action-name']} does not answer {response.status_code}")
    if response.status_code != told["status"]:
        return
    if "answer" not in told:
        assert not response.content, f"{told['action-name']} answers nothing, not {response.text[:200]!r}"
    else:
        wrong = next(jsonschema_rs.Draft202012Validator(told["answer"]).iter_errors(response.json()), None)
        assert wrong is None, f"{told['action-name']} answers otherwise: {wrong}"


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """What is no failure after all.

    An action that answers nothing calls it JSON, as upstream; `action_answer` looks at those. And a cluster that
    a request before has put under maintenance says so, with a status that is documented.
    """
    if response.status_code == 503 and b"is under maintenance" in response.content:
        return False
    return bool(response.content) or not case.operation.path.endswith("/action")
