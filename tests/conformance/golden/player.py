"""Plays cases against a gateway and tells what it answered, in words that do not depend on which gateway it was: names
instead of ids, no times, no hosts. Who asks is a claim: `user:project:role+role` as the token (see keystone.py), and the
same in the headers that Cinder otherwise gets from Keystone's filter."""

import concurrent.futures
import http.client
import itertools
import json
import re
import secrets
import threading
import time
import urllib.parse

from call import NAME, NOBODY, get

UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)?")
REQUEST = re.compile(r"req-[0-9a-f-]{36}")
TRACEBACK = re.compile(r"\nTraceback .*", re.DOTALL)  # stock lets one through here and there
HOST = re.compile(r"\b(stock|hearth)(?=@)")
ROLES = {"admin": "admin,member,reader", "member": "member,reader", "reader": "reader"}
HEADERS = ("content-type", "openstack-api-version", "vary", "etag", "location", "x-compute-request-id", "x-openstack-request-id")
# As almost every answer has them.
USUAL = [("content-type", "application/json"), ("openstack-api-version", "<as asked>"), ("vary", "OpenStack-API-Version"),
         ("x-compute-request-id", "<request>"), ("x-openstack-request-id", "<request>")]
ON_THE_WAY = {"creating", "deleting", "extending", "reverting", "retyping", "unmanaging", "managing", "downloading",
              "uploading", "updating", "backing-up", "restoring", "restoring-backup", "error_backing-up"}
WAITED_FOR = {"volumes": 0, "snapshots": 0, "groups": 13, "group_snapshots": 14, "backups": 0}
SECRET = {"auth_key"}
WIDTH = 110


class Gateway:
    def __init__(self, url, keeps_whole_seconds):
        self.url, self.keeps_whole_seconds = url.rstrip("/"), keeps_whole_seconds
        self.address = urllib.parse.urlsplit(self.url).netloc
        self.connections = threading.local()

    def send(self, method, path, body, headers):
        """(status, [(header, value)], bytes)"""
        connection = getattr(self.connections, "kept", None) or http.client.HTTPConnection(self.address, timeout=60)
        self.connections.kept = None
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        told = answer.status, [(name.lower(), value) for name, value in answer.getheaders()], answer.read()
        if not answer.will_close:
            self.connections.kept = connection
        return told


class Play:
    """One scene, in a project of its own."""

    projects = (f"{secrets.token_hex(8)}{n:016x}" for n in itertools.count())
    lock = threading.Lock()

    def __init__(self, gateway):
        self.gateway = gateway
        with Play.lock:
            self.project = next(Play.projects)
        self.ids, self.names, self.kinds = {}, {}, {"volumes"}

    def given(self, calls):
        for call in calls:
            known = len(self.names)
            if call.method == "TICK":
                if self.gateway.keeps_whole_seconds:
                    time.sleep(1.1)
                continue
            status, _, body = self.send(call, 71)
            end = time.monotonic() + 30
            while call.rows and len(self.names) - known < call.rows and time.monotonic() < end:
                time.sleep(0.1)
                status, _, body = self.send(call, 71)
            if status >= 400:
                raise AssertionError(f"the scene cannot be set: {call.line()}: {status} {body[:500]}")

    def judged(self, call, minor):
        """The answer as lines."""
        minor = call.at if call.at is not None else minor
        status, headers, body = self.send(call, minor)
        told = [(name, self.plain(value)) for name, value in sorted(headers) if name in HEADERS]
        told = [(name, "<as asked>" if (name, value) == ("openstack-api-version", f"volume 3.{minor}") else value) for name, value in told]
        lines = [f"{status}" + (", usual headers" if told == USUAL else "")]
        lines += [] if told == USUAL else [f"{name}: {'<etag>' if name == 'etag' else value}" for name, value in told]
        if not body:
            return lines
        try:
            return lines + pretty(self.normal(json.loads(body)))
        except ValueError:
            return lines + [line.rstrip() for line in self.plain(body.decode()).splitlines()]

    def send(self, call, minor):
        headers = {"Host": self.gateway.address, "X-Auth-Token": f"someone:{self.project}:{ROLES[call.by].replace(',', '+')}",
                   "X-User-Id": "someone", "X-Project-Id": self.project, "X-Roles": ROLES[call.by],
                   "Accept": "application/json",
                   "OpenStack-API-Version": f"volume 3.{minor}"}
        body = None
        if call.body is not None:
            body = self.fill(json.dumps(call.body)).encode()
            headers["Content-Type"] = "application/json"
        changed = [(name, value) for name, value in call.headers]
        sent = [(name, value) for name, value in headers.items() if name not in dict(changed)] + [h for h in changed if h[1] is not None]
        path = call.path if call.path.startswith("/v3") or call.path == "/" else f"/v3/{self.project}{call.path}"
        answer = self.gateway.send(call.method, urllib.parse.quote(self.fill(path), safe="/?&=%:,@'~-._"), body, sent)
        if call.makes and answer[0] < 300:
            self.learn(call.makes, json.loads(answer[2]))
        if call.method != "GET" and answer[0] < 300:
            self.settle(call.path)
        return answer

    def learn(self, name, body):
        for value in body.values():
            if isinstance(value, dict) and "id" in value:
                self.name(name, value["id"])
                return
            if isinstance(value, list):
                for number, row in enumerate(value, 1):
                    self.name(f"{name}{number}", row["id"])
                return

    def name(self, name, id):
        self.ids[name], self.names[id] = id, name

    def fill(self, text):
        text = NAME.sub(lambda m: self.ids.get(m[0], NOBODY if m[0] == "@nobody" else m[0]), text)
        return text.replace("%project", self.project)

    def settle(self, path):
        """Until nothing of this project is on its way."""
        kind = path.split("?")[0].split("/")[1].replace("consistencygroups", "groups").replace("cgsnapshots", "group_snapshots")
        if kind in WAITED_FOR:
            self.kinds.add(kind)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            lists = [json.loads(self.send(get(f"/{kind}/detail"), WAITED_FOR[kind])[2])[kind] for kind in self.kinds]
            if not any(row["status"] in ON_THE_WAY for rows in lists for row in rows):
                return
            time.sleep(0.03)
        raise TimeoutError(f"after {path}: something stays on its way: {lists}")

    def plain(self, text):
        text = TRACEBACK.sub("", text).replace(self.gateway.url, "<url>").replace(self.project, "<project>")
        text = HOST.sub("host", REQUEST.sub("<request>", TIME.sub("<time>", text)))
        return UUID.sub(lambda m: self.names.get(m[0], "<nobody>" if m[0] == NOBODY else "<id>"), text)

    def normal(self, value, key=""):
        if key == "services" and isinstance(value, list):  # in which order they were first started
            value = sorted(value, key=lambda row: row["binary"])
        if isinstance(value, dict):
            return {self.plain(k): self.normal(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [self.normal(v, key) for v in value]
        if isinstance(value, str):
            if key in SECRET:
                return f"<{len(value)} characters>"
            return "host" if key == "host" and value in ("stock", "hearth") else self.plain(value)
        return value


def pretty(value, key="", indent=""):
    """JSON with what fits on one line on one line, in the order it came."""
    key = f"{json.dumps(key)}: " if key else ""
    whole = indent + key + json.dumps(value, ensure_ascii=False)
    if len(whole) <= WIDTH and indent or not isinstance(value, (dict, list)) or not value:
        return [whole]
    is_dict = isinstance(value, dict)
    parts = [pretty(v, k, indent + " ") for k, v in (value.items() if is_dict else (("", v) for v in value))]
    # No comma: a line must not change because another one follows it.
    return [indent + key + "[{"[is_dict]] + [line for part in parts for line in part] + [indent + "]}"[is_dict]]


def play(gateway, scenes, cases, workers=8):
    """{(case, minor): lines}, and what went wrong instead."""
    changing = [(case, minor) for case in cases if case.given is not None for minor in case.versions()]

    def change(case, minor):
        here = Play(gateway)
        here.given(case.given)
        return told(here, case, minor)

    def told(here, case, minor):
        lines = []
        for call in case.calls:
            lines += ([f"> {call.line()}"] if len(case.calls) > 1 else []) + here.judged(call, minor)
        return lines

    answers = {}
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        def collect(waiting):
            for key, one in waiting.items():
                try:
                    answers[key] = one.result()
                except Exception as error:
                    answers[key] = [f"{type(error).__name__}: {error}"]

        # One scene after the other, and the first before anything else is there: it looks beyond its project.
        for name, scene in scenes.items():
            reading = [case for case in cases if case.scene == name]
            if reading:
                shared = Play(gateway)
                shared.given(scene)
                collect({(case.name, minor): pool.submit(told, shared, case, minor) for case in reading for minor in case.versions()})
        collect({(case.name, minor): pool.submit(change, case, minor) for case, minor in changing})
    return answers
