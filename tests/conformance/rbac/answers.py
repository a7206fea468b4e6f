"""What stock Cinder answers to whom: each request of requests.txt, by each of some callers.

  answers.py record FILE    writes FILE anew        answers.py compare FILE    fails when stock answers otherwise

Runs Cinder's API in this process, behind the filters of a deployment but for the one that asks Keystone, on a
database of its own and without anything that would take up work: what is kept is who is refused, and how. Whoever
was let through is "ok", whatever became of it.
"""

import json
import logging
import os
import pathlib
import re
import shutil
import sys
import tempfile
import traceback
import warnings

warnings.simplefilter("ignore")

from oslo_config import cfg  # noqa: E402
import webob  # noqa: E402

HERE = pathlib.Path(__file__).parent
PROJECT = "c0ffee"
PERSONAS = {  # name: project and roles
    "stranger": ("beef", ["member", "reader"]),
    "roleless": (PROJECT, ["guest"]),
    "service": (PROJECT, ["service"]),
    "reader": (PROJECT, ["reader"]),
    "member": (PROJECT, ["member", "reader"]),
    "admin": (PROJECT, ["admin", "member", "reader"]),
    "far-admin": ("beef", ["admin"]),
}
HOST = "stock@none#none"
PASTE = """
[composite:osapi_volume]
use = call:cinder.api:root_app_factory
/v3: v3
[pipeline:v3]
pipeline = request_id faultwrap keystonecontext apiv3
[filter:request_id]
paste.filter_factory = cinder.api.middleware.request_id:RequestId.factory
[filter:faultwrap]
paste.filter_factory = cinder.api.middleware.fault:FaultWrapper.factory
[filter:keystonecontext]
paste.filter_factory = cinder.api.middleware.auth:CinderKeystoneContext.factory
[app:apiv3]
paste.app_factory = cinder.api.v3.router:APIRouter.factory
"""
CONF = """
[DEFAULT]
transport_url = fake:/
host = stock
state_path = {0}
api_paste_config = {0}/api-paste.ini
resource_query_filters_file = {1}/etc/cinder/resource_filters.json
glance_api_servers = http://127.0.0.1:9
glance_num_retries = 0
service_down_time = 1000000
quota_volumes = -1
quota_snapshots = -1
quota_gigabytes = -1
quota_backups = -1
quota_backup_gigabytes = -1
quota_groups = -1
[database]
connection = sqlite:///{0}/cinder.sqlite
[oslo_concurrency]
lock_path = {0}
[coordination]
backend_url = file://{0}/coordination
"""


def application(folder):
    (folder / "api-paste.ini").write_text(PASTE)
    (folder / "cinder.conf").write_text(CONF.format(folder, sys.prefix))
    import eventlet

    eventlet.monkey_patch()
    from cinder import coordination, objects, rpc, version
    from cinder.common import config
    from cinder.db import migration
    from oslo_service import wsgi

    objects.register_all()
    cfg.CONF(["--config-file", str(folder / "cinder.conf")], project="cinder", version=version.version_string())
    config.set_middleware_defaults()
    migration.db_sync()
    coordination.COORDINATOR.start()
    rpc.init(cfg.CONF)
    nobody_works()
    if "-v" not in sys.argv:
        logging.disable(logging.CRITICAL)
    people()
    return wsgi.Loader(cfg.CONF).load_app(name="osapi_volume")


def nobody_works():
    """What the API asks of other processes gets no answer, at once."""
    import oslo_messaging
    from oslo_messaging.rpc import client

    def call(*_, **__):
        raise oslo_messaging.MessagingTimeout()

    for asks in (client._BaseCallContext, client.RPCClient):
        asks.call = call
        asks.cast = lambda *_, **__: None


def people():
    """What Cinder asks about: its services, which projects there are, and an image of any id."""
    import types

    from cinder import context, objects
    from cinder.api import api_utils
    from cinder.backup.rpcapi import BackupAPI
    from cinder.image import glance
    from cinder.objects import base
    from cinder.scheduler.rpcapi import SchedulerAPI
    from cinder.volume.rpcapi import VolumeAPI
    from oslo_utils import timeutils

    admin = context.get_admin_context()
    services = (("stock@none", "cinder-volume", VolumeAPI), ("stock", "cinder-backup", BackupAPI),
                ("stock", "cinder-scheduler", SchedulerAPI))
    for host, binary, api in services:
        objects.Service(
            admin, host=host, binary=binary, topic=binary, report_count=1, availability_zone="nova",
            rpc_current_version=api.RPC_API_VERSION, object_current_version=base.OBJ_VERSIONS.get_current(),
            created_at=timeutils.utcnow(), updated_at=timeutils.utcnow()).create()
    image = {"id": "i", "name": "i", "status": "active", "size": 1, "min_disk": 0, "min_ram": 0, "properties": {},
             "visibility": "public", "container_format": "bare", "disk_format": "raw", "protected": False,
             "created_at": None, "updated_at": None, "deleted": False, "deleted_at": None, "is_public": True, "owner": None}
    glance.GlanceImageService.show = lambda self, context, image_id, *_, **__: {**image, "id": image_id}
    glance.GlanceImageService.create = lambda self, context, meta, *_, **__: {**image, **meta}
    api_utils.get_project = lambda context, project, *_, **__: types.SimpleNamespace(id=project)


class Scene:
    """Makes what a request names, straight into the database, each thing when it is first named."""

    def __init__(self, number):
        from cinder import context

        self.made = {"name": f"name-{number}"}
        self.number = number
        self.admin = context.RequestContext("admin", PROJECT, is_admin=True, roles=["admin"])
        self.owner = context.RequestContext("member", PROJECT, roles=["member", "reader"])

    def fill(self, text):
        for word in sorted(set(re.findall(r"@([a-z]+)", text))):
            if hasattr(self, f"make_{word}") or word in self.made:
                text = text.replace(f"@{word}", self.id(word))
        return text.replace("%project", PROJECT)

    def id(self, word):
        if word not in self.made:
            self.made[word] = getattr(self, f"make_{word}")()
        return self.made[word]

    def make_volume(self, **more):
        from cinder import objects
        from cinder.db import api as db

        volume = objects.Volume(
            self.owner, size=1, status="available", attach_status="detached", host=HOST, project_id=PROJECT, user_id="member",
            availability_zone="nova", volume_type_id=self.id("default"), metadata={"k": "v"}, **more)
        volume.create()
        db.volume_glance_metadata_create(self.owner, volume.id, "k", "v")
        return volume.id

    def make_snapshot(self):
        from cinder import objects

        snapshot = objects.Snapshot(
            self.owner, volume_id=self.id("volume"), volume_size=1, status="available", project_id=PROJECT, user_id="member",
            metadata={"k": "v"}, volume_type_id=self.id("default"))
        snapshot.create()
        return snapshot.id

    def make_backup(self):
        from cinder import objects

        backup = objects.Backup(
            self.owner, volume_id=self.id("volume"), size=1, status="available", project_id=PROJECT, user_id="member",
            service="s", host="stock", availability_zone="nova", container="c")
        backup.create()
        return backup.id

    def make_attachment(self):
        from cinder import objects

        attachment = objects.VolumeAttachment(
            self.owner, volume_id=self.id("volume"), attach_status="reserved", instance_uuid="71543ced-a8af-45b6-a5c4-a46282108a90")
        attachment.create()
        return attachment.id

    def make_transfer(self):
        from cinder.transfer import api

        transfer = api.API().create(self.owner, self.id("volume"), "t")
        self.made["key"] = transfer["auth_key"]
        return transfer["id"]

    def make_default(self):
        from cinder.db import api as db

        return db.volume_type_get_by_name(self.admin, "__DEFAULT__")["id"]

    def make_type(self, kind="type", specs=None, public=True):
        from cinder.volume import volume_types

        name = f"{kind}-{self.number}"
        return volume_types.create(self.admin, name, specs or {"multiattach": "<is> False", "a": "b"}, is_public=public)["id"]

    def make_multiattach(self):
        return self.make_type("multi", {"multiattach": "<is> True"})

    def make_private(self):
        from cinder.volume import volume_types

        made = self.make_type("private", public=False)
        volume_types.add_volume_type_access(self.admin, made, "elsewhere")
        return made

    def make_encrypted(self):
        from cinder.db import api as db

        made = self.make_type("encrypted")
        db.volume_type_encryption_create(
            self.admin, made, {"provider": "luks", "control_location": "front-end", "cipher": "aes", "key_size": 256})
        return made

    def make_grouptype(self, kind="grouptype", public=True):
        from cinder.volume import group_types

        return group_types.create(self.admin, f"{kind}-{self.number}", {"k": "v"}, is_public=public)["id"]

    def make_privategroup(self):
        return self.make_grouptype("privategroup", False)

    def make_group(self, group_type=None):
        from cinder import objects

        group = objects.Group(
            self.owner, project_id=PROJECT, user_id="member", status="available", host=HOST, availability_zone="nova",
            group_type_id=group_type or self.id("grouptype"), volume_type_ids=[self.id("type")], name="g")
        group.create()
        self.make_volume(group_id=group.id)
        return group.id

    def make_cg(self):
        from cinder.db import api as db

        return self.make_group(db.group_type_get_by_name(self.admin, "default_cgsnapshot_type")["id"])

    def make_groupsnapshot(self, group="group"):
        from cinder import objects

        found = objects.Group.get_by_id(self.admin, self.id(group))
        snapshot = objects.GroupSnapshot(
            self.owner, project_id=PROJECT, user_id="member", status="available", group_id=found.id,
            group_type_id=found.group_type_id, name="g")
        snapshot.create()
        return snapshot.id

    def make_cgsnapshot(self):
        return self.make_groupsnapshot("cg")

    def make_qos(self):
        from cinder.volume import qos_specs

        return qos_specs.create(self.admin, f"qos-{self.number}", {"k": "v"})["id"]

    def make_message(self):
        from cinder.message import api, message_field

        api.API().create(self.owner, message_field.Action.SCHEDULE_ALLOCATE_VOLUME, resource_uuid=self.id("volume"))
        return api.API().get_all(self.owner, filters={"resource_uuid": self.id("volume")})[0]["id"]


def requests():
    for line in (HERE / "requests.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            yield (line.split(" ", 4) + [""])[:5]


def answer(app, scene, caller, minor, method, path, body):
    project, roles = PERSONAS[caller]
    request = webob.Request.blank("/v3" + scene.fill(path), method=method)
    request.headers.update({
        "X-User-Id": caller, "X-Project-Id": project, "X-Roles": ",".join(roles), "X-Identity-Status": "Confirmed",
        "OpenStack-API-Version": f"volume 3.{minor}", "Accept": "application/json"})
    if body:
        request.body = scene.fill(body).encode()
        request.headers["Content-Type"] = "application/json"
    response = request.get_response(app)
    if response.status_code not in (403, 404) and "Policy doesn't allow" not in response.text:
        return "ok", response
    fault = next(iter(response.json.values()))
    message = fault["message"] if isinstance(fault, dict) else fault
    return f"{response.status_code} {plain(scene, message)}", response


def plain(scene, message):
    for word, made in scene.made.items():
        message = message.replace(made, f"@{word}")
    return message.replace(PROJECT, "%project")


def everything(app):
    answers, number = {}, 0
    only = sys.argv[4:]
    for name, minor, method, path, body in requests():
        if only and name not in only:
            continue
        answers[name] = {}
        for caller in PERSONAS:
            number += 1
            try:
                said, response = answer(app, Scene(number), caller, minor, method, path, body)
            except Exception:
                traceback.print_exc()
                said, response = "FAILED", None
            if "-v" in sys.argv:
                print(name, caller, said, response is not None and response.status_code,
                      response is not None and response.status_code >= 300 and response.text[:150], file=sys.stderr)
            answers[name][caller] = said
    return answers


def lines(answers):
    """A line for each request: who hears the same stands together."""
    out = []
    for name, by_caller in answers.items():
        said = {}
        for caller, text in by_caller.items():
            said.setdefault(text, []).append(caller)
        out.append(f"{json.dumps(name)}: {json.dumps({text: ' '.join(callers) for text, callers in said.items()})}")
    return "{\n" + ",\n".join(out) + "\n}\n"


def main(verb, path):
    memory = pathlib.Path("/dev/shm")
    folder = pathlib.Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    try:
        now = lines(everything(application(folder)))
    finally:
        shutil.rmtree(folder)
    if verb == "record":
        pathlib.Path(path).write_text(now)
    elif pathlib.Path(path).read_text() != now:
        pathlib.Path(path + ".now").write_text(now)
        print(f"DIFFERENT: stock answers otherwise than {path}; see {path}.now")
        print("0 passed, 1 failed")
        return 1
    print("1 passed, 0 failed")
    return 0


status = main(*sys.argv[1:3])
sys.stdout.flush()
os._exit(status)  # Cinder's threads would not let go
