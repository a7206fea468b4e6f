"""One of the two that are compared, and how its answers are made comparable."""

import json
import re
import time
import zlib

import requests

UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)?")
REQUEST = re.compile(r"req-[0-9a-f-]{36}")
# What passes by itself; everything else stays until a call changes it.
ON_THE_WAY = {"creating", "deleting", "extending", "reverting", "retyping", "unmanaging", "managing", "downloading", "uploading", "updating"}
SECRET = {"auth_key"}
HEADERS = ("content-type", "openstack-api-version", "vary", "etag", "location")


class Side:
    def __init__(self, url, host):
        self.url, self.host = url.rstrip("/"), host
        self.session = requests.Session()

    def begin(self, project):
        self.project, self.ids, self.names = project, {}, {}

    def fill(self, text):
        """The program's names become this side's ids."""
        text = re.sub(r"@[a-z]+\d+", lambda m: self.ids.get(m[0], "0bad0000-0000-4000-8000-" + format(zlib.crc32(m[0].encode()), "012d")), text)
        return text.replace("%project", self.project)

    def ask(self, call):
        body = None if call.body is None else self.fill(json.dumps(call.body)).encode()
        answer = self._send(call.method, self.fill(call.path), body, call.minor)
        try:
            decoded = answer.json() if answer.content else None
        except ValueError:
            decoded = answer.text
        if call.makes and answer.ok and isinstance(decoded, dict):
            for value in decoded.values():
                if isinstance(value, dict) and "id" in value:
                    self.ids[call.makes] = value["id"]
                    self.names[value["id"]] = call.makes
        headers = {name: self.plain(answer.headers[name]) for name in HEADERS if name in answer.headers}
        if "etag" in headers:
            headers["etag"] = "<etag>"
        if call.method != "GET" and answer.ok:
            self.settle()
        return {"status": answer.status_code, "headers": headers, "body": self.normal(decoded)}

    def _send(self, method, path, body, minor):
        headers = {"X-Auth-Token": f"someone:{self.project}", "OpenStack-API-Version": f"volume 3.{minor}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self.session.request(method, f"{self.url}/v3/{self.project}{path}", data=body, headers=headers, timeout=60)

    def settle(self):
        """Until nothing of this project is on its way."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            listed = [self._send("GET", f"/{kind}/detail", None, 13).json().get(kind, []) for kind in ("volumes", "snapshots", "groups")]
            if not any(row["status"] in ON_THE_WAY for rows in listed for row in rows):
                return
            time.sleep(0.05)
        raise TimeoutError(f"something of {self.project} stays on its way on {self.url}")

    def plain(self, text):
        text = text.replace(self.url, "<url>").replace(self.project, "<project>")
        text = REQUEST.sub("<request>", TIME.sub("<time>", text))
        return UUID.sub(lambda m: self.names.get(m[0], "<id>"), text)

    def normal(self, value, key=""):
        if isinstance(value, dict):
            return {self.plain(k): self.normal(v, k) for k, v in value.items()}
        if isinstance(value, list):
            rows = [self.normal(v, key) for v in value]
            return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
        if key in SECRET and isinstance(value, str):
            return f"<{len(value)} characters>"
        if isinstance(value, str):
            if re.search(self.host, value):
                return "<host>"
            return self.plain(value)
        return value
