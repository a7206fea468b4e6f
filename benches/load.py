"""Load that wrk cannot make, with the standard library alone. URL ends in /v3/<project>.

    load.py create URL               one volume with two metadata keys, end to end; prints its id
    load.py fill URL N TASKS         N of them, TASKS at a time
    load.py burst URL N TASKS        the same, prints the volumes per second from the first request until the last
                                     is available, then deletes them again
    load.py ids URL N                the ids of the N newest
    load.py first URL                waits until URL answers 200; prints when, in nanoseconds since the epoch
"""

import concurrent.futures
import http.client
import json
import sys
import threading
import time
import urllib.parse

LOCAL = threading.local()
PATIENCE = 600  # seconds
HEADERS = {"Content-Type": "application/json", "OpenStack-API-Version": "volume 3.70"}


class Api:
    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.address, self.base = (parts.hostname, parts.port), parts.path
        self.headers = HEADERS | {"X-Auth-Token": f"bench:{parts.path.rsplit('/', 1)[1]}"}

    def call(self, method, path, body=None):
        """One call over the thread's own connection, which is kept as long as the server keeps it."""
        for attempt in (1, 2):
            if getattr(LOCAL, "connection", None) is None:
                LOCAL.connection = http.client.HTTPConnection(*self.address, timeout=120)
            try:
                LOCAL.connection.request(method, self.base + path, body and json.dumps(body), self.headers)
                answer = LOCAL.connection.getresponse()
                text = answer.read()
                return answer.status, json.loads(text) if text else None
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                LOCAL.connection = None
                if attempt == 2 or method == "POST":
                    raise

    def create(self, n):
        body = {"volume": {"size": 1, "name": f"bench-{n}", "metadata": {"owner": f"team-{n % 20}", "purpose": "benchmark"}}}
        status, answer = self.call("POST", "/volumes", body)
        assert status == 202, (status, answer)
        return answer["volume"]["id"]

    def delete(self, volume):
        status, answer = self.call("DELETE", f"/volumes/{volume}")
        assert status == 202, (status, answer)

    def count(self, status):
        _, answer = self.call("GET", f"/volumes?status={status}&limit=1")
        return len(answer["volumes"])

    def settle(self, status):
        """Until none has the status. The asking takes a tenth of one worker of the server at most."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            begun = time.perf_counter()
            if not self.count(status):
                return
            time.sleep(max(0.01, 10 * (time.perf_counter() - begun)))
        sys.exit(f"there are volumes in {status} after {PATIENCE} s")


def create(api):
    volume = api.create(0)
    api.settle("creating")
    assert not api.count("error")
    print(volume)


def burst(api, number, tasks, keep=False):
    with concurrent.futures.ThreadPoolExecutor(tasks) as pool:
        begun = time.perf_counter()
        volumes = list(pool.map(api.create, range(number)))
        accepted = time.perf_counter() - begun
        api.settle("creating")
        available = time.perf_counter() - begun
        assert not api.count("error"), "some creates failed"
        if not keep:
            list(pool.map(api.delete, volumes))
            api.settle("deleting")
    print(f"{number / available:.1f} {number / accepted:.1f}")


def ids(api, number):
    _, answer = api.call("GET", f"/volumes?limit={number}")
    print(*(volume["id"] for volume in answer["volumes"]), sep="\n")


def first(api):
    while True:
        try:
            connection = http.client.HTTPConnection(*api.address, timeout=60)
            connection.request("GET", api.base + "/volumes?limit=1", headers=api.headers)
            if connection.getresponse().status == 200:
                break
        except OSError:
            pass
        time.sleep(0.002)
    print(time.time_ns())


def main(what, url, *numbers):
    api, numbers = Api(url), [int(n) for n in numbers]
    match what:
        case "create":
            create(api)
        case "fill":
            burst(api, *numbers, keep=True)
        case "burst":
            burst(api, *numbers)
        case "ids":
            ids(api, *numbers)
        case "first":
            first(api)


main(*sys.argv[1:])
