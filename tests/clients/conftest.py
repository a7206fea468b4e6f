"""People with stock clients in their hands.

HEARTH_TEST_URL is where hearth listens (http://127.0.0.1:PORT). HEARTH_TEST_KEYSTONE is the URL of Keystone, with
/v3; without it hearth runs no-auth, where everybody is an administrator and a token is "user:project".
"""

import dataclasses
import functools
import hashlib
import json
import logging
import multiprocessing
import os
import sys
import tempfile
import time
import uuid

# imported for the commands' sake: see Person._run
import cinderclient.shell
import cinderclient.v3.client
import openstack
import openstack.block_storage.v3._proxy
import openstackclient.shell
import openstackclient.volume.v3.volume
import pytest
import requests

URL = os.environ["HEARTH_TEST_URL"].rstrip("/")
KEYSTONE = os.environ.get("HEARTH_TEST_KEYSTONE")
COMMANDS = {"openstack": openstackclient.shell.main, "cinder": cinderclient.shell.main}
FORK = multiprocessing.get_context("fork")
COMMANDS_RUN = os.environ.get("HEARTH_TEST_COMMANDS")  # see every_command.py
HOME = tempfile.TemporaryDirectory()  # where the clients keep their caches
# Everything here answers within milliseconds; what takes longer than this hangs.
PATIENCE = 60


class Refused(AssertionError):
    """A command line client ended with an error."""


def _become(arguments, environment, out, err):
    os.dup2(out.fileno(), 1), os.dup2(err.fileno(), 2)
    sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
    logging.getLogger().handlers.clear()
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = arguments
    sys.exit(COMMANDS[arguments[0]]())


@dataclasses.dataclass(frozen=True)
class Person:
    user: str
    project: str

    @functools.cached_property
    def token(self):
        if not KEYSTONE:
            return f"{self.user}:{self.project_id}"
        return token_from(KEYSTONE, self.user, self.project)

    @functools.cached_property
    def project_id(self):
        # no-auth takes any name for a project, but in a URL only what could be an id is told from a resource
        return self.cloud.session.get_project_id() if KEYSTONE else hashlib.md5(self.project.encode()).hexdigest()

    @functools.cached_property
    def endpoint(self):
        return f"{URL}/v3/{self.project_id}"

    @functools.cached_property
    def cloud(self):
        """openstacksdk's connection."""
        if KEYSTONE:
            return openstack.connect(
                auth_url=KEYSTONE, username=self.user, password="secret", project_name=self.project,
                user_domain_id="default", project_domain_id="default", region_name="RegionOne")
        return openstack.connect(
            auth_type="admin_token", endpoint=f"{URL}/v3", token=self.token, region_name="RegionOne")

    def _environment(self, noauth):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("OS_")}
        clean |= {"PYTHONWARNINGS": "ignore", "OS_VOLUME_API_VERSION": "3.71", "HOME": HOME.name}
        if KEYSTONE:
            return clean | {
                "OS_AUTH_URL": KEYSTONE, "OS_USERNAME": self.user, "OS_PASSWORD": "secret", "OS_PROJECT_NAME": self.project,
                "OS_USER_DOMAIN_ID": "default", "OS_PROJECT_DOMAIN_ID": "default", "OS_REGION_NAME": "RegionOne"}
        return clean | noauth

    def _run(self, command, arguments, environment):
        """The stock command, in a fork that has it imported already: a second saved each time, and there are many."""
        arguments = [command, *map(str, arguments)]
        if COMMANDS_RUN:
            with open(COMMANDS_RUN, "a") as record:
                record.write(json.dumps(arguments) + "\n")
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            child = FORK.Process(target=_become, args=(arguments, environment, out, err))
            child.start()
            child.join(PATIENCE)
            if child.exitcode is None:
                child.kill()
                child.join()
                raise Refused(f"{' '.join(arguments)}: no answer within {PATIENCE} s")
            out.seek(0), err.seek(0)
            if child.exitcode:
                raise Refused(f"{' '.join(arguments)}\n{out.read()}{err.read()}")
            return out.read()

    def openstack(self, *arguments):
        return self._run("openstack", arguments, self._environment(
            {"OS_AUTH_TYPE": "admin_token", "OS_TOKEN": self.token, "OS_ENDPOINT": f"{URL}/v3"}))

    def openstack_json(self, *arguments):
        return json.loads(self.openstack(*arguments, "-f", "json"))

    def cinder(self, *arguments):
        return self._run("cinder", arguments, self._environment(
            {"OS_AUTH_TYPE": "noauth", "CINDER_USER_ID": self.user, "CINDER_PROJECT_ID": self.project_id,
             "CINDER_ENDPOINT": f"{URL}/v3"}))

    def cinder_table(self, *arguments):
        """The rows of the one table that the cinder command prints."""
        rows = [[cell.strip() for cell in line.strip("|").split("|")]
                for line in self.cinder(*arguments).splitlines() if line.startswith("|")]
        return [dict(zip(rows[0], row)) for row in rows[1:]]

    def cinder_show(self, *arguments):
        return {row["Property"]: row["Value"] for row in self.cinder_table(*arguments)}

    def call(self, method, path, body=None, version="3.71", token=None, **options):
        """A plain HTTP request below the project's URL, or anywhere when the path begins with http."""
        headers = {"X-Auth-Token": self.token if token is None else token, "OpenStack-API-Version": f"volume {version}"}
        headers |= options.pop("headers", {})
        url = path if path.startswith("http") else self.endpoint + path
        return requests.request(method, url, json=body, timeout=PATIENCE,
                                headers={k: v for k, v in headers.items() if v is not None}, **options)

    def get(self, path, **options):
        answer = self.call("GET", path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def await_status(self, kind, key, wanted="available", within=PATIENCE):
        """Poll until the volume or snapshot has the status; "gone" is a 404."""
        deadline = time.monotonic() + within
        while True:
            answer = self.call("GET", f"/{kind}/{key}")
            status = "gone" if answer.status_code == 404 else answer.json()[kind[:-1]]["status"]
            if status == wanted:
                return
            if status.startswith("error") or time.monotonic() > deadline:
                raise AssertionError(f"{kind[:-1]} {key} is {status}, not {wanted}: {answer.text}")
            time.sleep(0.1)

    def volume(self, size=1, **wanted):
        """An available volume, by plain HTTP."""
        answer = self.call("POST", "/volumes", {"volume": {"size": size, "name": fresh("volume")} | wanted})
        assert answer.status_code == 202, answer.text
        self.await_status("volumes", answer.json()["volume"]["id"])
        return answer.json()["volume"]["id"]

    def snapshot(self, volume, **wanted):
        answer = self.call("POST", "/snapshots", {"snapshot": {"volume_id": volume, "name": fresh("snapshot")} | wanted})
        assert answer.status_code == 202, answer.text
        self.await_status("snapshots", answer.json()["snapshot"]["id"])
        return answer.json()["snapshot"]["id"]

    def sweep(self):
        """Remove all the project's backups, snapshots and volumes, clones of snapshots first."""
        for kind in ("backups", "snapshots", "volumes"):
            for thing in self.get(f"/{kind}/detail")[kind]:
                answer = self.call("DELETE", f"/{kind}/{thing['id']}")
                assert answer.status_code in (202, 404), f"{kind} {thing}: {answer.text}"
            for thing in self.get(f"/{kind}")[kind]:
                self.await_status(kind, thing["id"], "gone")


def fresh(what):
    return f"{what}-{uuid.uuid4().hex[:8]}"


def token_from(keystone, user, project):
    scope = {"project": {"name": project, "domain": {"id": "default"}}}
    who = {"user": {"name": user, "password": "secret", "domain": {"id": "default"}}}
    answer = requests.post(f"{keystone}/auth/tokens", timeout=PATIENCE, json={
        "auth": {"identity": {"methods": ["password"], "password": who}, "scope": scope}})
    answer.raise_for_status()
    return answer.headers["X-Subject-Token"]


PEOPLE = {name: Person(name, project) for name, project in [
    ("admin", "admin"), ("demo", "demo"), ("demo_reader", "demo"), ("alt_demo", "alt_demo"),
    ("nobody", "demo"), ("nova", "service"), ("impostor", "demo")]}


@pytest.fixture(scope="session")
def admin():
    return PEOPLE["admin"]


@pytest.fixture
def demo():
    yield PEOPLE["demo"]
    PEOPLE["demo"].sweep()


@pytest.fixture
def people():
    return PEOPLE


@pytest.fixture
def volume_type(admin):
    """volume_type(**extra_specs): the name of a new type, removed afterwards."""
    made = []

    def make(specs=None, **wanted):
        body = {"volume_type": {"name": fresh("type"), "extra_specs": specs or {}} | wanted}
        answer = admin.call("POST", "/types", body)
        assert answer.status_code == 200, answer.text
        made.append(answer.json()["volume_type"])
        return made[-1]["name"]
    yield make
    PEOPLE["demo"].sweep()
    for one in made:
        answer = admin.call("DELETE", f"/types/{one['id']}")
        assert answer.status_code in (202, 404), answer.text
