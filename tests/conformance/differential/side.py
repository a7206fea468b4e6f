"""The two that are compared: how each is asked, and how its answers are made comparable."""

import http.client
import json
import re
import sqlite3
import threading
import time
import urllib.parse
import zlib

import pymysql

UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)?")
REQUEST = re.compile(r"req-[0-9a-f-]{36}")
NAME = re.compile(r"@[a-z]+\d+")
# What passes by itself; everything else stays until a call changes it.
ON_THE_WAY = ("creating", "deleting", "extending", "reverting", "retyping", "unmanaging", "managing", "downloading",
              "uploading", "updating", "backing-up", "restoring-backup", "restoring")
KINDS = ("volumes", "snapshots", "groups", "group_snapshots", "backups")
SECRET = {"auth_key"}
HEADERS = ("content-type", "openstack-api-version", "vary", "etag", "location")
# Lists that show more than what is the project's own: other programs' rows are left out of them.
SHARED = {"volume_types", "group_types", "qos_specs", "messages", "default_types", "pools"}
EVERYWHERE = {"__DEFAULT__", "default_cgsnapshot_type"}
# With what each implies, as Keystone's bootstrap has it.
ROLES = {"admin": "admin,member,reader", "member": "member,reader", "stranger": "member,reader", "reader": "reader"}
ADDRESS = re.compile(r"\b127\.\d+\.\d+\.\d+\b")
SAFE = "!#$%&'()*+,/:;=?@[]~"


class MariaDb:
    """What stock Cinder's database says is on its way, which costs a hundredth of asking the API."""

    def __init__(self, port):
        self.port, self.own = port, threading.local()
        self.query = " UNION ALL ".join(
            f"SELECT 1 FROM {kind} WHERE project_id IN %(projects)s AND deleted = 0 AND status IN %(status)s" for kind in KINDS)

    def is_busy(self, projects):
        if not hasattr(self.own, "connection"):
            self.own.connection = pymysql.connect(host="127.0.0.1", port=self.port, user="cinder", password="cinder",
                                                  database="cinder", autocommit=True)
        with self.own.connection.cursor() as cursor:
            return cursor.execute(self.query, {"projects": projects, "status": ON_THE_WAY}) > 0

    def is_counting(self, projects):
        """What is gone is taken off the quota, and what is made gets its service, a little later."""
        with self.own.connection.cursor() as cursor:
            return cursor.execute(
                "SELECT 1 FROM reservations WHERE project_id IN %(projects)s AND deleted = 0 UNION ALL SELECT 1 FROM volumes "
                "WHERE project_id IN %(projects)s AND deleted = 0 AND status = 'available' AND host IS NOT NULL AND service_uuid IS NULL",
                {"projects": projects}) > 0


class Sqlite:
    """The same of hearth."""

    def __init__(self, path):
        self.path, self.own = path, threading.local()
        marks = ", ".join(f"?{n + 3}" for n in range(len(ON_THE_WAY)))
        self.query = " UNION ALL ".join(
            f"SELECT 1 FROM {kind} WHERE project_id IN (?1, ?2) AND status IN ({marks})"
            for kind in ("volumes", "snapshots", "volume_groups", "group_snapshots", "backups"))

    def is_busy(self, projects):
        if not hasattr(self.own, "connection"):
            self.own.connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30, isolation_level=None)
        return self.own.connection.execute(self.query, (*projects, *ON_THE_WAY)).fetchone() is not None

    def is_counting(self, _):
        return False


class Server:
    """One of the two, shared by all programs; a connection for each thread."""

    def __init__(self, name, url, host, database):
        self.name, self.url, self.host, self.database = name, url.rstrip("/"), re.compile(host), database
        self.own, self.left_counting = threading.local(), set()

    def send(self, method, path, body, headers):
        if not hasattr(self.own, "http"):
            self.own.http = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=120)
        http_ = self.own.http
        for attempt in (1, 2):
            try:
                http_.request(method, urllib.parse.quote(path, safe=SAFE), body=body, headers=headers)
                answer = http_.getresponse()
                return answer, answer.read()
            except (ConnectionError, http.client.HTTPException):
                http_.close()  # a connection that was kept too long; nothing was taken in
                if attempt == 2:
                    raise

    def settle(self, projects):
        """Until nothing of these projects is on its way."""
        end, pause = time.monotonic() + 60, 0.005
        while self.database.is_busy(projects):
            if time.monotonic() > end:
                raise TimeoutError(f"no end in {self.name}")
            time.sleep(pause)
            pause = min(0.1, pause * 1.5)
        if projects in self.left_counting:
            return
        end = time.monotonic() + 3
        while self.database.is_counting(projects):
            if time.monotonic() > end:  # it never ends where an administrator called a volume available that is none
                self.left_counting.add(projects)
                return
            time.sleep(0.02)


class Side:
    """A server as one program sees it: with the ids that the program's names stand for there."""

    def __init__(self, server, project):
        self.server, self.project, self.ids, self.names, self.secrets = server, project, {}, {}, {}
        self.stranger = project[::-1]

    def fill(self, text):
        """The program's names become this side's ids, and those of secrets the secrets."""
        text = text.replace("%project", self.project).replace("%stranger", self.stranger)
        text = re.sub(r"%key-(@transfer\d+)", lambda m: self.secrets.get(m[1], "none"), text)
        return NAME.sub(lambda m: self.ids.get(m[0], "0bad0000-0000-4000-8000-" + format(zlib.crc32(m[0].encode()), "012d")), text)

    def ask(self, call):
        body = call.raw if call.raw is not None else None if call.body is None else json.dumps(call.body)
        body = None if body is None else self.fill(body).encode()
        project = self.stranger if call.who == "stranger" else self.project
        at = {"own": f"/{project}", "none": "", "foreign": "/" + "f" * 32}[call.at]
        answer, content = self.server.send(call.method, f"/v3{at}{self.fill(call.path)}", body, self.headers(call, project, body))
        try:
            decoded = json.loads(content) if content else None
        except ValueError:
            decoded = content.decode("utf-8", "replace")
        good = answer.status < 400
        if good and call.makes and isinstance(decoded, dict):
            self.learn(call.makes, decoded)
        if call.method != "GET" and answer.status == 202:
            self.server.settle((self.project, self.stranger))
        headers = {name: self.plain(value) for name in HEADERS if (value := answer.headers.get(name)) is not None}
        if "etag" in headers:
            headers["etag"] = "<etag>"
        return {"status": answer.status, "headers": headers, "body": self.normal(self.own(call, decoded))}

    def headers(self, call, project, body):
        """Both get all: hearth believes what the stage's Keystone says of the token, stock Cinder the rest."""
        role = ROLES[call.who]
        headers = {"X-Auth-Token": f"{call.who}:{project}:{role}", "X-User-Id": call.who, "X-Project-Id": project, "X-Roles": role,
                   "OpenStack-API-Version": f"volume 3.{call.minor}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return headers

    def leave(self):
        """Take back what other projects see, or the lists of it would grow with every program."""
        for name, known in self.ids.items():
            kind = name.strip("@0123456789")
            where = {"type": "/types/{}", "qos": "/qos-specs/{}?force=true", "grouptype": "/group_types/{}"}.get(kind)
            if where:
                headers = {"X-Auth-Token": f"admin:{self.project}:{ROLES['admin']}", "X-User-Id": "admin", "X-Project-Id": self.project, "X-Roles": ROLES["admin"],
                           "OpenStack-API-Version": "volume 3.71"}
                self.server.send("DELETE", f"/v3/{self.project}{where.format(known)}", None, headers)

    def learn(self, name, decoded):
        for value in decoded.values():
            if isinstance(value, dict) and "id" in value:
                self.ids[name], self.names[value["id"]] = value["id"], name
                if "auth_key" in value:
                    self.secrets[name] = value["auth_key"]

    def own(self, call, decoded):
        """Without what other programs made, which run beside this one."""
        if not isinstance(decoded, dict):
            return decoded
        quota = decoded.get("quota_set", decoded.get("quota_class_set"))
        if isinstance(quota, dict):
            mine = lambda key: not re.match(r"(volumes|snapshots|gigabytes)_", key) or self.project in key or "__DEFAULT__" in key
            for key in [key for key in quota if not mine(key)]:
                del quota[key]
        everywhere = "all_tenants" in call.path
        for key, rows in decoded.items():
            if isinstance(rows, list) and (everywhere or key in SHARED):
                decoded[key] = [row for row in rows if not isinstance(row, dict) or self.is_own(row)]
        page = re.search(r"[?&](limit|offset|marker)=", call.path)
        if page and call.method == "GET":
            return self.page(call, decoded)
        return decoded

    def is_own(self, row):
        known = (row.get("id"), row.get("resource_uuid"), row.get("project_id"))
        return any(value in self.names or value == self.project for value in known) or row.get("name") in EVERYWHERE

    def page(self, call, decoded):
        """Of rows that are equal in what they are sorted by either may come first: only that is compared, but in order."""
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(call.path).query)
        key = (query.get("sort") or query.get("sort_key") or [""])[0].split(":")[0]
        shown = (lambda row: row.get(key, "<row>")) if key not in ("", "id", "created_at") and "marker" not in query else (lambda row: "<row>")
        for links in [value for name, value in decoded.items() if name.endswith(("_links", "_link")) and isinstance(value, list)]:
            for link in links:
                link["href"] = re.sub(r"marker=[0-9a-f-]{36}", "marker=<id>", link["href"])
        return {name: tuple(shown(row) if isinstance(row, dict) else row for row in value)
                if isinstance(value, list) and not name.endswith(("_links", "_link")) else value
                for name, value in decoded.items()}

    def plain(self, text):
        # Stock Cinder is told of a Glance that is not there, and quotes how it failed.
        text = re.sub(r"(Connection to glance failed: ).*", r"\1<why>", text, flags=re.S)
        # What its services refuse it shows with where in their code they did.
        text = re.sub(r"\nTraceback \(most recent call last\):.*", "", text, flags=re.S)
        # A Python set of stock Cinder's, in the order of the day.
        text = text.replace("must be Volume or Snapshot", "must be Snapshot or Volume")
        text = text.replace(self.server.url, "<url>").replace(self.project, "<project>").replace(self.stranger, "<stranger>")
        text = REQUEST.sub("<request>", TIME.sub("<time>", text))
        return ADDRESS.sub("<address>", UUID.sub(lambda m: self.names.get(m[0], "<id>"), text))

    def normal(self, value, key=""):
        if isinstance(value, dict):
            return {self.plain(k): self.normal(v, k) for k, v in value.items()}
        if isinstance(value, tuple):
            return [self.normal(v, key) for v in value]
        if isinstance(value, list):
            rows = [self.normal(v, key) for v in value]
            return sorted(rows, key=lambda row: json.dumps([isinstance(row, dict) and row.get("id"), row], sort_keys=True))
        if key in SECRET and isinstance(value, str):
            return f"<{len(value)} characters>"
        if isinstance(value, str):
            return "<host>" if self.server.host.search(value) else self.plain(value)
        return value
