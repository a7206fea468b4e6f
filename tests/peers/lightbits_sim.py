"""A second opinion: a small simulated Lightbits cluster that owes nothing to hearth's own.

    lightbits_sim.py --address 127.0.1.1 [--address …] --port N --cert PEM --key PEM
                     [--uuid U] [--delay S] [--effective BYTES] [--verify-jwt PUBLIC_KEY_PEM]

It speaks the management API (/api/v2) on every address, all of one state held in memory. Where the public
material leaves a choice, it takes the one that hurts a client more: 64-bit numbers are strings, fields at their
zero value are left out, a stale ETag is a 400, a failed placement is a 200 that ends in Failed, an object that
is being deleted still answers, and a snapshot with clones stays Deleting until the last clone is gone.
"""

import argparse
import base64
import hashlib
import http.server
import json
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid

from lightbits_model import (Cluster, Refusal, need, without_zeroes,
                             DENIED, INVALID, NOT_FOUND, UNAUTHENTICATED)


class Tokens:
    """Checks RS256 JWTs with nothing but integers: PKCS #1 v1.5 is a power and a comparison."""

    PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")

    def __init__(self, public_key):
        text = subprocess.run(["openssl", "rsa", "-pubin", "-in", public_key, "-modulus", "-noout"],
                              check=True, capture_output=True, text=True).stdout
        self.modulus = int(text.strip().partition("=")[2], 16)

    def roles(self, header):
        try:
            scheme, _, token = (header or "").partition(" ")
            signed, _, signature = token.rpartition(".")
            claims = json.loads(self.part(signed.partition(".")[2]))
            head = json.loads(self.part(signed.partition(".")[0]))
            length = (self.modulus.bit_length() + 7) // 8
            plain = pow(int.from_bytes(self.part(signature), "big"), 65537, self.modulus).to_bytes(length, "big")
            wanted = self.PREFIX + hashlib.sha256(signed.encode()).digest()
            good = plain == b"\0\1" + b"\xff" * (length - len(wanted) - 3) + b"\0" + wanted
            assert scheme == "Bearer" and head["alg"] == "RS256" and head["kid"] and good and claims["sub"]
            assert claims["exp"] > time.time() >= claims.get("nbf", 0)
            return claims["roles"]
        except Exception as error:
            raise Refusal(UNAUTHENTICATED, "authentication failed") from error

    @staticmethod
    def part(text):
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cluster = tokens = None

    def answer(self):
        url = urllib.parse.urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = dict(urllib.parse.parse_qsl(url.query))
        try:
            body = {}
            if self.command in ("POST", "PUT") and raw:
                try:
                    body = {k: v for k, v in json.loads(raw).items() if v is not None}
                except (ValueError, AttributeError) as error:
                    raise Refusal(INVALID, "malformed JSON") from error
            with self.cluster.lock:
                self.cluster.settle()
                result = self.route(url.path, query, body)
            status, kind, text = 200, "application/json", json.dumps(without_zeroes(result))
        except Refusal as refusal:
            status, kind = refusal.status, "application/json"
            text = json.dumps({"error": str(refusal), "message": str(refusal), "code": refusal.code})
        except LookupError:
            status, kind, text = 404, "text/plain; charset=utf-8", "Not Found\n"
        payload = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def allow(self, project):
        if not self.tokens:
            return
        roles = self.tokens.roles(self.headers.get("Authorization"))
        allowed = {"system:cluster-admin", f"{project}:admin"}
        if self.command == "GET":
            allowed |= {"system:cluster-viewer", f"{project}:viewer"}
        if project is None and self.command == "GET":
            return
        need(allowed & set(roles), DENIED, "permission denied")

    def route(self, path, query, body):
        c, method = self.cluster, self.command
        if not path.startswith("/api/v2/"):
            raise LookupError
        parts = path[len("/api/v2/"):].split("/")
        project = None
        if parts[0] == "projects" and len(parts) > 2:
            project, parts = parts[1], parts[2:]
        elif parts[0] == "volumes":
            project = body.get("projectName") if method in ("POST", "PUT") else query.get("projectName")
        kind, key, rest = parts[0], parts[1] if len(parts) > 1 else None, parts[2:]
        self.allow("system" if kind == "cluster" or (kind == "projects" and method != "GET") else project)
        if kind in ("volumes", "snapshots") and method == "GET" and project is not None:
            c.project(project)
        etag = self.headers.get("If-Match")
        match (method, kind, key is not None, rest):
            case ("GET", "version", False, []): return {"apiVersion": "v2.0"}
            case ("GET", "clusterinfo", False, []): return c.info()
            case ("GET", "cluster", False, []): return c.admin_info()
            case ("GET", "nodes", False, []): return {"nodes": c.nodes}
            case ("GET", "nodes", True, []):
                found = [node for node in c.nodes if node["UUID"] == key]
                need(found, NOT_FOUND, "no such node")
                return found[0]
            case ("POST", "volumes", False, []): return c.create_volume(project, body)
            case ("GET", "volumes", False, []):
                source = query.get("snapshotUUID")
                return {"volumes": c.page(c.volumes, project, query, "name", c.show_volume,
                                          lambda v: not source or v["sourceSnapshotUUID"] == source)}
            case ("GET", "volumes", True, []):
                return c.show_volume(c.one(c.volumes, c.project(project), key, query.get("name")))
            case ("PUT", "volumes", True, []): return c.update_volume(project, key, body, etag)
            case ("PUT", "volumes", True, ["rollback"]): return c.rollback(project, key, body)
            case ("DELETE", "volumes", True, []): return c.delete_volume(project, key, query, etag)
            case ("POST", "snapshots", False, []): return c.create_snapshot(project, body)
            case ("GET", "snapshots", False, []):
                return {"snapshots": c.page(c.snapshots, project, query, "Name", c.show_snapshot)}
            case ("GET", "snapshots", True, []):
                return c.show_snapshot(c.one(c.snapshots, c.project(project), key, query.get("Name"), "Name"))
            case ("DELETE", "snapshots", True, []): return c.delete_snapshot(project, key, query)
            case ("GET", "projects", False, []): return {"projects": list(c.projects.values())}
            case ("POST", "projects", False, []): return c.new_project(body)
            case ("GET", "projects", True, []):
                need(key in c.projects, NOT_FOUND, f"no project {key}")
                return c.projects[key]
            case ("DELETE", "projects", True, []): return c.drop_project(key)
            case ("GET", "policies", False, []):
                return {"policies": [p for p in c.policies.values() if query.get("name") in (None, p["name"])]}
            case ("POST", "policies", False, []): return c.new_policy(body)
            case ("GET", "policies", True, []):
                need(key in c.policies, NOT_FOUND, "no such policy")
                return c.policies[key]
        raise LookupError

    def log_message(self, form, *values):
        print(f"{self.server.server_address[0]} {self.headers.get('If-Match') or ''} {form % values}", file=sys.stderr)


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        print(f"{client_address}: {sys.exc_info()[1]!r}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", action="append", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--uuid", default=str(uuid.uuid4()))
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--effective", type=int, default=10 << 40)
    parser.add_argument("--verify-jwt")
    options = parser.parse_args()
    Handler.cluster = Cluster(options)
    Handler.tokens = Tokens(options.verify_jwt) if options.verify_jwt else None
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(options.cert, options.key)
    threads = []
    for address in options.address:
        server = Listener((address, options.port), Handler)
        # the handshake belongs to the connection's thread: a silent client must not stop the others
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threads.append(threading.Thread(target=server.serve_forever, daemon=True))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
