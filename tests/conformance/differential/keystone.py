"""A Keystone that believes every token: "user:project:role" says who sends it, and every project exists. For hearth, so
that both sides can be told the caller's role, and for what stock Cinder asks about projects. `keystone.py PORT`, on
loopback only."""

import http.server
import json
import sys

EXPIRES = "2999-01-01T00:00:00.000000Z"
DOMAIN = {"id": "default", "name": "Default"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def answer(self, status, body, token=None):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if token is not None:
            self.send_header("X-Subject-Token", token)
        self.end_headers()
        self.wfile.write(body)

    @property
    def url(self):
        return f"http://{self.headers['Host']}/v3"

    def token(self, status, token):
        user, _, rest = token.partition(":")
        project, _, roles = rest.partition(":")
        endpoints = [{"id": i, "interface": i, "region": "r", "region_id": "r", "url": self.url} for i in ("public", "internal", "admin")]
        self.answer(status, {"token": {
            "methods": ["password"], "expires_at": EXPIRES, "issued_at": "2020-01-01T00:00:00.000000Z",
            "user": {"id": user, "name": user, "domain": DOMAIN}, "project": {"id": project, "name": project, "domain": DOMAIN},
            "roles": [{"id": name, "name": name} for name in roles.split(",")], "catalog": [{"id": "i", "name": "keystone", "type": "identity", "endpoints": endpoints}]}}, token)

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        self.token(201, asked["auth"]["identity"].get("token", {}).get("id", "cinder:service:admin"))

    def do_GET(self):
        path = self.path.partition("?")[0].rstrip("/")
        if path.endswith("/auth/tokens"):
            self.token(200, self.headers.get("X-Subject-Token", ""))
        elif "/projects/" in path:
            project = path.rpartition("/")[2]
            self.answer(200, {"project": {"id": project, "name": project, "domain_id": "default", "description": "", "enabled": True}})
        else:
            version = {"id": "v3.14", "status": "stable", "links": [{"rel": "self", "href": self.url + "/"}], "media-types": []}
            self.answer(200, {"version": version} if path == "/v3" else {"versions": {"values": [version]}})

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
