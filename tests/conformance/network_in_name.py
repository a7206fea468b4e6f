"""A network service without a network: every list is empty.

    network_in_name.py PORT

Tempest skips tests that would make a network for their users when there is no Neutron, and without its wish for
networks it asks of it only which security groups to tidy up.
"""

import http.server
import json
import sys


class Empty(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        what = self.path.split("?")[0].rstrip("/").rpartition("/")[2].removesuffix(".json").replace("-", "_")
        body = json.dumps({what: []}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Empty).serve_forever()
