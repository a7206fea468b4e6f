"""What the simulated cluster of lightbits_sim.py knows and does: its objects, their states, its refusals."""

import datetime
import re
import threading
import time
import uuid

GIB = 1 << 30
NAME = re.compile(r"[A-Za-z0-9._-]{1,253}\Z")
PROJECT_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?\Z")
UNITS = {"": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": GIB, "tib": 1 << 40}
# code of the refusal: (its gRPC number, its HTTP status)
INVALID, NOT_FOUND, EXISTS, DENIED = (3, 400), (5, 404), (6, 409), (7, 403)
PRECONDITION, UNAVAILABLE, UNAUTHENTICATED = (9, 400), (14, 503), (16, 401)


class Refusal(Exception):
    def __init__(self, kind, text):
        super().__init__(text)
        self.code, self.status = kind


def need(condition, kind, text):
    if not condition:
        raise Refusal(kind, text)


def size_of(text):
    match = re.fullmatch(r"\s*(\d+)\s*([A-Za-z]*)\s*", str(text if text is not None else ""))
    need(match and match[2].lower() in UNITS, INVALID, f"invalid size {text!r}")
    size = int(match[1]) * UNITS[match[2].lower()]
    need(0 < size < 1 << 62, INVALID, f"invalid size {text!r}")
    return -(-size // 4096) * 4096


def access_list(body, field, default=None):
    values = (body.get(field) or {}).get("values")
    if values is None and default is not None:
        return default
    need(values, INVALID, f"{field} is required")
    need(len(values) == 1 or not {"ALLOW_ANY", "ALLOW_NONE"} & set(values), INVALID, f"{field} mixes a wildcard")
    need(field != "IPAcl" or len(values) <= 16, INVALID, "IPAcl has more than 16 entries")
    return list(values)


def truth(text):
    text = str(text or "false").lower()
    need(text in ("true", "enable", "enabled", "false", "disable", "disabled"), INVALID, "invalid compression")
    return text.startswith(("t", "e"))


def labels_of(body):
    labels = body.get("labels") or []
    need(len(labels) <= 16, INVALID, "more than 16 labels")
    need(all(NAME.match(pair.get(part, "")) for pair in labels for part in ("key", "value")), INVALID, "invalid label")
    return labels


class Cluster:
    def __init__(self, options):
        self.lock = threading.RLock()
        self.uuid, self.delay, self.effective = options.uuid, options.delay, options.effective
        self.nqn = f"nqn.2016-01.com.lightbitslabs:uuid:{self.uuid}"
        self.port, self.addresses = options.port, options.address
        self.nodes = [
            {"name": f"server{i:02}-0", "UUID": str(uuid.uuid5(uuid.UUID(self.uuid), f"node{i}")), "state": "Active",
             "nvmeEndpoint": f"{ip}:4420", "hostname": f"server{i:02}", "failureDomains": [f"server{i:02}"],
             "serverUUID": str(uuid.uuid5(uuid.UUID(self.uuid), f"server{i}"))}
            for i, ip in enumerate(self.addresses)
        ]
        self.projects = {name: {"UUID": str(uuid.uuid4()), "name": name} for name in ("default", "system")}
        self.policies = {}
        default = self.new_policy({"name": "no-limit-policy", "qoSRateLimitPolicy": {"limitIOPS": {}}})
        self.default_policy = default["UUID"]
        self.volumes, self.snapshots, self.changes = {}, {}, 0

    # the passing of time

    def later(self, thing, state):
        """The state a thing will be in once the delay has passed."""
        thing["next"] = (time.monotonic() + self.delay, state)

    def settle(self):
        now = time.monotonic()
        for store in (self.volumes, self.snapshots):
            for key, thing in list(store.items()):
                at, state = thing.get("next") or (None, None)
                if at is None or at > now:
                    continue
                if state == "gone" and store is self.snapshots and self.clones(key):
                    continue
                thing.pop("next")
                if state == "gone":
                    del store[key]
                else:
                    thing["state"] = state
                    thing["size"] = thing.pop("new_size", thing["size"])
        return self

    def clones(self, snapshot):
        return [v for v in self.volumes.values() if v.get("sourceSnapshotUUID") == snapshot]

    def touch(self, volume):
        self.changes += 1
        volume["ETag"] = str(self.changes)

    def replicas_possible(self):
        return min(3, sum(node["state"] == "Active" for node in self.nodes))

    # finding

    def project(self, name):
        need(name, INVALID, "a project is required")
        need(name in self.projects, INVALID, f"no project {name}")
        return name

    def one(self, store, project, key, name, name_key="name"):
        """The object of that id, or the best one of that name: what is going away only if nothing else is there."""
        if key:
            thing = store.get(key)
            need(thing and thing["projectName"] == project, NOT_FOUND, f"no object {key}")
            return thing
        need(name, INVALID, f"UUID or {name_key} is required")
        found = [t for t in store.values() if t["projectName"] == project and t["name"] == name]
        need(found, NOT_FOUND, f"no object named {name}")
        return min(found, key=lambda t: t["state"] in ("Deleting", "Failed"))

    # volumes

    def create_volume(self, project, body):
        project, name = self.project(project), body.get("name") or ""
        need(NAME.match(name), INVALID, "invalid name")
        size, replicas = size_of(body.get("size")), int(body.get("replicaCount") or 0)
        need(replicas in (1, 2, 3), INVALID, "replicaCount must be 1, 2 or 3")
        need(replicas <= len(self.nodes), INVALID, "more replicas than nodes")
        acl, ip_acl = access_list(body, "acl"), access_list(body, "IPAcl", ["ALLOW_ANY"])
        taken = [v for v in self.volumes.values() if v["projectName"] == project and v["name"] == name
                 and v["state"] not in ("Deleting", "Failed")]
        need(not taken, EXISTS, f"volume {name} already exists")
        source, labels = None, labels_of(body)
        if body.get("sourceSnapshotUUID") or body.get("sourceSnapshotName"):
            source = self.one(self.snapshots, project, body.get("sourceSnapshotUUID"), body.get("sourceSnapshotName"))
            need(source["state"] == "Available", PRECONDITION, "the snapshot is not available")
            need(size >= source["size"], INVALID, "smaller than the snapshot")
            need(replicas == source["replicaCount"], INVALID, "another replica count than the snapshot's")
            labels = labels or source["labels"]
            self.touch(self.volumes.get(source["sourceVolumeUUID"], {}))
        volume = {
            "UUID": str(uuid.uuid4()), "name": name, "projectName": project, "state": "Creating", "size": size,
            "replicaCount": replicas, "acl": acl, "IPAcl": ip_acl, "compression": truth(body.get("compression")),
            "labels": labels, "nodeList": [n["UUID"] for n in self.nodes[:replicas]], "creationTime": timestamp(),
            "qosPolicyUUID": self.policy(body) or self.default_policy,
            "sourceSnapshotUUID": source["UUID"] if source else "", "sourceSnapshotName": source["name"] if source else "",
        }
        self.touch(volume)
        self.volumes[volume["UUID"]] = volume
        self.later(volume, "Available" if replicas <= self.replicas_possible() else "Failed")
        return self.show_volume(volume)

    def show_volume(self, volume):
        shown = {key: value for key, value in volume.items() if key not in ("next", "new_size")}
        ready = volume["state"] not in ("Creating", "Failed")
        index = list(self.volumes).index(volume["UUID"]) + 1 if volume["UUID"] in self.volumes else 0
        return shown | {
            "size": str(volume["size"]), "compression": str(volume["compression"]).lower(),
            "acl": {"values": volume["acl"]}, "IPAcl": {"values": volume["IPAcl"]}, "clusterId": self.uuid,
            "nsid": index if ready else 0, "protectionState": "FullyProtected" if ready else "Unknown",
            "primaryNodeUUID": volume["nodeList"][0], "rebuildProgress": "None", "sectorSize": 4096,
            "qosPolicyName": self.policies[volume["qosPolicyUUID"]]["name"],
            "statistics": {"logicalUsedStorage": "0", "physicalUsedStorage": "0", "compressionRatio": 1.0},
        }

    def changeable(self, volume, etag=None):
        need(volume["state"] not in ("Creating", "Updating"), UNAVAILABLE, f"the volume is {volume['state']}")
        need(volume["state"] in ("Available", "Migrating"), PRECONDITION, f"the volume is {volume['state']}")
        need(not etag or etag == volume["ETag"], PRECONDITION, "ETag mismatch")

    def update_volume(self, project, key, body, etag):
        volume = self.one(self.volumes, self.project(project), key, body.get("name"))
        self.changeable(volume, etag)
        size = size_of(body["size"]) if body.get("size") else volume["size"]
        need(size >= volume["size"] or body.get("Force"), INVALID, "shrinking needs Force")
        changed = {"acl": access_list(body, "acl", volume["acl"]), "IPAcl": access_list(body, "IPAcl", volume["IPAcl"]),
                   "qosPolicyUUID": self.policy(body) or volume["qosPolicyUUID"]}
        if body.get("labels") is not None:
            changed["labels"] = labels_of(body)
        if body.get("newName"):
            need(NAME.match(body["newName"]), INVALID, "invalid name")
            others = [v for v in self.volumes.values() if v["name"] == body["newName"] and v["projectName"] == project
                      and v["state"] != "Deleting" and v is not volume]
            need(not others, EXISTS, "name taken")
            changed["name"] = body["newName"]
        volume.update(changed, state="Updating", new_size=size)
        self.touch(volume)
        self.later(volume, "Available")
        return {}

    def rollback(self, project, key, body):
        project = self.project(project)
        volume = self.one(self.volumes, project, key, body.get("Name"))
        snapshot = self.one(self.snapshots, project, body.get("srcSnapshotUUID"), body.get("srcSnapshotName"))
        need(snapshot["sourceVolumeUUID"] == volume["UUID"], INVALID, "a snapshot of another volume")
        need(snapshot["state"] == "Available", PRECONDITION, "the snapshot is not available")
        self.changeable(volume)
        volume.update(state="Rollback", rolled_back_to=snapshot["UUID"])
        self.touch(volume)
        self.later(volume, "Available")
        return {}

    def delete_volume(self, project, key, query, etag):
        volume = self.one(self.volumes, self.project(project), key, query.get("name"))
        self.changeable(volume, etag)
        volume["state"] = "Deleting"
        self.later(volume, "gone")
        return {}

    # snapshots

    def create_snapshot(self, project, body):
        project, name = self.project(project), body.get("name") or ""
        need(NAME.match(name), INVALID, "invalid name")
        volume = self.one(self.volumes, project, body.get("sourceVolumeUUID"), body.get("sourceVolumeName"))
        same = [s for s in self.snapshots.values() if s["projectName"] == project and s["name"] == name]
        need(not any(s["state"] in ("Creating", "Available") for s in same), EXISTS, f"snapshot {name} already exists")
        busy = any(s["sourceVolumeUUID"] == volume["UUID"] and s["state"] == "Creating" for s in self.snapshots.values())
        need(not busy, UNAVAILABLE, "another snapshot of the volume is being taken")
        self.changeable(volume)
        snapshot = {
            "UUID": str(uuid.uuid4()), "name": name, "projectName": project, "state": "Creating", "size": volume["size"],
            "description": body.get("description") or "", "sourceVolumeUUID": volume["UUID"], "creationTime": timestamp(),
            "sourceVolumeName": volume["name"], "replicaCount": volume["replicaCount"], "labels": volume["labels"],
            "compression": volume["compression"], "nodeList": volume["nodeList"],
        }
        self.snapshots[snapshot["UUID"]] = snapshot
        # a snapshot on its way out still holds its name, which is found out only afterwards
        self.later(snapshot, "Failed" if any(s["state"] == "Deleting" for s in same) else "Available")
        self.touch(volume)
        return self.show_snapshot(snapshot)

    def show_snapshot(self, snapshot):
        shown = {key: value for key, value in snapshot.items() if key != "next"}
        return shown | {"size": str(snapshot["size"]), "clusterId": self.uuid, "sectorSize": 4096,
                        "primaryNodeUUID": snapshot["nodeList"][0], "statistics": {"userWritten": "0"}}

    def delete_snapshot(self, project, key, query):
        snapshot = self.one(self.snapshots, self.project(project), key, query.get("Name"), "Name")
        need(snapshot["state"] != "Creating", UNAVAILABLE, "the snapshot is Creating")
        need(snapshot["state"] == "Available", PRECONDITION, f"the snapshot is {snapshot['state']}")
        snapshot["state"] = "Deleting"
        self.later(snapshot, "gone")
        return {}

    # lists

    def page(self, store, project, query, name_key, show, keep=lambda thing: True):
        limit = min(int(query.get("limit") or 1000) or 1000, 1000)
        rows = sorted((t for t in store.values() if project in (None, t["projectName"]) and keep(t)), key=lambda t: t["UUID"])
        if query.get("showAll") != "true":
            rows = [t for t in rows if t["state"] != "Deleting"]
        for field, key in (("UUID", "UUID"), (name_key, "name")):
            rows = [t for t in rows if not query.get(field) or t[key] == query[field]]
        return [show(t) for t in rows if t["UUID"] > query.get("offsetUUID", "")][:limit]

    # projects and policies

    def new_project(self, body):
        name = body.get("name") or ""
        need(PROJECT_NAME.match(name), INVALID, "invalid project name")
        need(name not in self.projects, EXISTS, f"project {name} already exists")
        self.projects[name] = {"UUID": str(uuid.uuid4()), "name": name, "description": body.get("description") or ""}
        return self.projects[name]

    def drop_project(self, name):
        need(name in self.projects, NOT_FOUND, f"no project {name}")
        used = any(t["projectName"] == name for s in (self.volumes, self.snapshots) for t in s.values())
        need(name not in ("default", "system") and not used, PRECONDITION, "the project is in use")
        del self.projects[name]
        return {}

    def new_policy(self, body):
        need(body.get("name"), INVALID, "name is required")
        need(all(p["name"] != body["name"] for p in self.policies.values()), EXISTS, "policy already exists")
        policy = {"UUID": str(uuid.uuid4()), "name": body["name"], "state": "Active",
                  "QoSRateLimitPolicy": body.get("qoSRateLimitPolicy") or {}}
        self.policies[policy["UUID"]] = policy
        return policy

    def policy(self, body):
        key, name = body.get("qosPolicyUUID"), body.get("qosPolicyName")
        need(not (key and name), INVALID, "qosPolicyUUID and qosPolicyName exclude each other")
        found = [p["UUID"] for p in self.policies.values() if p["UUID"] == key or p["name"] == name]
        need(found or not (key or name), NOT_FOUND, "no such QoS policy")
        return found[0] if found else None

    # the cluster itself

    def info(self):
        return {"UUID": self.uuid, "subsystemNQN": self.nqn, "currentMaxReplicas": self.replicas_possible(),
                "supportedMaxReplicas": min(3, len(self.nodes)), "clusterName": self.uuid, "ETag": "1",
                "apiEndpoints": [f"{ip}:{self.port}" for ip in self.addresses],
                "discoveryEndpoints": [f"{ip}:8009" for ip in self.addresses],
                "nvmeEndpoints": [f"{ip}:4420" for ip in self.addresses]}

    def admin_info(self):
        logical = sum(v["size"] for v in self.volumes.values())
        info = self.info()
        info.pop("nvmeEndpoints")
        total = str(self.effective)
        return info | {
            "MinVersionInCluster": "3.18.1~b1", "MaxAllowedVersion": "3.18.1~b1",
            "health": {"state": "OK", "numHealthyVolumes": len(self.volumes)},
            "statistics": {"installedPhysicalStorage": total, "managedPhysicalStorage": total,
                           "effectivePhysicalStorage": total, "logicalStorage": str(logical), "logicalUsedStorage": "0",
                           "physicalUsedStorage": "0", "physicalUsedStorageIncludingParity": "0",
                           "freePhysicalStorage": total, "estimatedFreeLogicalStorage": total,
                           "estimatedLogicalStorage": total, "compressionRatio": 1.0}}


def timestamp():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


def without_zeroes(value):
    """What the gateway's encoder leaves of a message: fields at their zero value are not written."""
    if isinstance(value, dict):
        return {k: without_zeroes(v) for k, v in value.items() if v not in (0, False, "", "0", None, [], {})}
    return [without_zeroes(v) for v in value] if isinstance(value, list) else value
