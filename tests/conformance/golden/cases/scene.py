"""What the reading cases look at: two of nearly everything, made a second apart."""

from call import NOBODY, TICK, act, get, post

INSTANCE = NOBODY


def volume(name, makes, **more):
    return post("/volumes", {"volume": {"size": 1, "name": name} | more}, makes=makes)


KIND = post("/types", {"volume_type": {"name": "%project-plain", "extra_specs": {"x:team": "blue"}}}, by="admin", makes="@type")
PRIVATE = "os-volume-type-access:is_public"
# No cluster will do for it, and a message says so.
NOWHERE = [
    post("/types", {"volume_type": {"name": "%project-nowhere", "extra_specs": {"volume_backend_name": "nowhere"}}}, by="admin", makes="@nowhere"),
    volume("lost", "@lost", volume_type="@nowhere"),
]
GROUP = [
    post("/group_types", {"group_type": {"name": "%project-kind"}}, by="admin", makes="@kind"),
    post("/groups", {"group": {"name": "group one", "group_type": "@kind", "volume_types": ["@type"]}}, makes="@group"),
    volume("grouped", "@grouped", volume_type="@type", group_id="@group"),
]
SCENE = [
    KIND,
    post("/types", {"volume_type": {"name": "%project-private", PRIVATE: False, "extra_specs": {"x:team": "%project"}}}, by="admin"),
    post("/types", {"volume_type": {"name": "%project-private too", PRIVATE: False}}, by="admin"),
    volume("one", "@one", description="the first", metadata={"team": "blue"}, volume_type="@type"),
    act("/volumes/@one", "os-set_image_metadata", {"metadata": {"image_name": "i"}}),
    TICK,
    volume("two", "@two"),
    post("/snapshots", {"snapshot": {"volume_id": "@one", "name": "snap one", "metadata": {"team": "blue"}}}, makes="@snapone"),
    post("/backups", {"backup": {"volume_id": "@one", "name": "backup one"}}, makes="@backupone"),
    TICK,
    post("/snapshots", {"snapshot": {"volume_id": "@two", "name": "snap two"}}, makes="@snaptwo"),
    post("/backups", {"backup": {"volume_id": "@two", "name": "backup two"}}, makes="@backuptwo"),
    *GROUP,
    post("/group_snapshots", {"group_snapshot": {"group_id": "@group", "name": "group snap one"}}, makes="@gsone"),
    TICK,
    post("/group_snapshots", {"group_snapshot": {"group_id": "@group", "name": "group snap two"}}, makes="@gstwo"),
    post("/attachments", {"attachment": {"volume_uuid": "@two", "instance_uuid": INSTANCE}}, makes="@attachment"),
    volume("three", "@three"),
    post("/volume-transfers", {"transfer": {"volume_id": "@three", "name": "transfer one"}}, makes="@transferone"),
    TICK,
    volume("four", "@four"),
    post("/volume-transfers", {"transfer": {"volume_id": "@four", "name": "transfer two"}}, makes="@transfertwo"),
    *NOWHERE,
]
MESSAGES = [*NOWHERE, TICK, volume("lost too", "@losttoo", volume_type="@nowhere"), get("/messages", makes="@message", rows=2)]
SCENES = {"messages": MESSAGES, "everything": SCENE}
