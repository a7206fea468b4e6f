"""A Keystone for the test alone: every token `user:project:role+role` is good, and is what it says.

    keystone.py PORT
"""

import http.server
import json
import sys

EXPIRES = "2099-01-01T00:00:00.000000Z"
DOMAIN = {"id": "default", "name": "Default"}


def token(user, project, roles):
    return {"token": {
        "methods": ["password"], "user": {"id": user, "name": user, "domain": DOMAIN, "password_expires_at": None},
        "project": {"id": project, "name": project, "domain": DOMAIN}, "is_domain": False, "catalog": [],
        "roles": [{"id": role, "name": role} for role in roles], "audit_ids": ["x"], "issued_at": "2026-01-01T00:00:00.000000Z",
        "expires_at": EXPIRES}}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        subject = self.headers.get("X-Subject-Token", "")
        if subject.count(":") == 2:
            user, project, roles = subject.split(":")
            self.answer(200, token(user, project, roles.split("+")))
        else:
            self.answer(404, {"error": {"code": 404, "message": "no such token", "title": "Not Found"}})

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(201, token("cinder", "service", ["service"]), ("X-Subject-Token", "cinder:service:service"))

    def answer(self, status, body, *headers):
        body = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
