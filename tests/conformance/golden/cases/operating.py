"""What operators look at and turn: services, clusters, pools, limits, filters; and the version itself."""

from call import changes, get, post, put, reads

READS = reads(
    "services",
    ("list", get("/os-services", by="admin"), 7, 49),
    ("list of volume services", get("/os-services?binary=cinder-volume", by="admin"), 7, 49),
    ("list to a member", get("/os-services")),
) + reads(
    "clusters",
    ("list", get("/clusters", by="admin"), 7),
    ("list to a member", get("/clusters"), 7),
    ("detail", get("/clusters/detail", by="admin"), 7),
    ("show", get("/clusters/nowhere", by="admin"), 7),
    ("by replication", get("/clusters?replication_status=enabled", by="admin"), 7, 26),
    ("frozen", get("/clusters/detail?frozen=true", by="admin"), 7, 26),
    ("by active backend", get("/clusters/detail?active_backend_id=x", by="admin"), 7, 26),
    ("by an unknown filter", get("/clusters?unheard_of=1", by="admin"), 7),
) + reads(
    "pools",
    ("list", get("/scheduler-stats/get_pools", by="admin")),
    ("by name", get("/scheduler-stats/get_pools?name=nowhere", by="admin"), 28),
    ("by capability", get("/scheduler-stats/get_pools?volume_backend_name=one", by="admin"), 31),
    ("by type", get("/scheduler-stats/get_pools?volume_type=%project-plain", by="admin")),
    ("by no type", get("/scheduler-stats/get_pools?volume_type=nowhere", by="admin"), 35),
    ("list to a member", get("/scheduler-stats/get_pools")),
) + reads(
    "limits",
    ("own", get("/limits")),
    ("of another project", get("/limits?project_id=beef", by="admin"), 39),
    ("of another tenant", get("/limits?tenant_id=beef", by="admin"), 39),
    ("of another project, a member", get("/limits?project_id=beef")),
) + reads(
    "resource_filters",
    ("list", get("/resource_filters"), 33),
    ("of volumes", get("/resource_filters?resource=volume"), 33),
    ("of nothing", get("/resource_filters?resource=nothing"), 33),
) + reads(
    "constant",
    ("zones", get("/os-availability-zone")),
    ("quality of service", get("/qos-specs/@nobody", by="admin")),
    ("nowhere", get("/nowhere")),
    ("nowhere, for whoever takes nothing", get("/nowhere", headers=(("Accept", None),))),
    ("nowhere, for a browser", get("/nowhere", headers=(("Accept", "text/html, */*;q=0.1"),))),
)

CHANGES = [
    changes("services/fail over", [], put("/os-services/failover", {"host": "nowhere@none"}, by="admin"), also=(25, 26)),
    changes("services/freeze a cluster", [26], put("/os-services/freeze", {"cluster": "nowhere@none"}, by="admin")),
    changes("services/thaw a cluster", [26], put("/os-services/thaw", {"cluster": "nowhere@none"}, by="admin")),
    changes("services/freeze a cluster and a host", [26], put("/os-services/freeze", {"cluster": "nowhere@none", "host": "nowhere@none"}, by="admin")),
    changes("services/fail over a host", [], put("/os-services/failover_host", {"host": "nowhere@none"}, by="admin"), also=(25, 26)),
    changes("services/fail over a cluster", [26], put("/os-services/failover_host", {"cluster": "nowhere@none"}, by="admin")),
    changes("services/get log levels", [32], put("/os-services/get-log", {"binary": "nothing"}, by="admin")),
    changes("services/get log levels of nobody", [32], put("/os-services/get-log", {"binary": "cinder-volume", "server": "nowhere"}, by="admin")),
    changes("services/get log levels, a member", [32], put("/os-services/get-log", {"binary": "cinder-volume"})),
    changes("services/set log levels", [32], put("/os-services/set-log", {"binary": "cinder-volume", "server": "nowhere", "level": "DEBUG"}, by="admin")),
    changes("services/set no log level", [32], put("/os-services/set-log", {"level": "loud"}, by="admin")),
    changes("clusters/disable", [7], put("/clusters/disable", {"name": "nowhere"}, by="admin")),
    changes("clusters/enable", [7], put("/clusters/enable", {"name": "nowhere"}, by="admin")),
    changes("workers/cleanup", [24], post("/workers/cleanup", {"resource_type": "x"}, by="admin")),
    changes("workers/cleanup nowhere", [24], post("/workers/cleanup", {"host": "nowhere@none"}, by="admin")),
    changes("workers/cleanup, a member", [24], post("/workers/cleanup", {})),
]


def asked(what, path, *headers):
    return changes(f"versions/{what}", [], get(path, headers=headers), also=(0,))


VERSION = "OpenStack-API-Version"
FORMS = {
    "none": None, "the lowest": "volume 3.0", "the highest": "volume 3.71", "latest": "volume latest", "shouting": "volume LATEST", "too high": "volume 3.72",
    "far too high": "volume 3.100000", "beyond all numbers": "volume 3.99999999999999999999", "too low": "volume 2.0", "much too low": "volume 1.9", "zero": "volume 0.1",
    "the next": "volume 4.0", "another service": "compute 2.79", "the second service": "compute 2.79, volume 3.5", "the first service": "volume 3.5, compute 2.79",
    "twice in one": "volume 3.5, volume 3.6", "a longer name": "volumev3 3.5", "no service": "3.5", "no number": "volume", "two numbers": "volume 3.5 3.6",
    "three parts": "volume 3.5.1", "leading zero": "volume 3.05", "no minor": "volume 3", "empty minor": "volume 3.", "negative": "volume 3.-1", "plus": "volume 3.+1",
    "letters": "volume x", "a letter behind": "volume 3.5a", "spaces": "  volume   3.5  ", "a tab": "volume\t3.5", "empty": "", "only a comma": ",", "colon": "volume:3.5",
}
CHANGES += [asked(f"{form}, {place}", path, (VERSION, header)) for form, header in FORMS.items()
            for place, path in (("a list", "/limits"), ("the document", "/v3/"), ("the root", "/"))]
CHANGES += [
    asked("said twice", "/limits", (VERSION, "volume 3.5"), (VERSION, "volume 3.6")),
    asked("said twice, the second for another", "/limits", (VERSION, "volume 3.5"), (VERSION, "compute 2.79")),
    asked("said twice, the first for another", "/limits", (VERSION, "compute 2.79"), (VERSION, "volume 3.5")),
    asked("in small letters", "/limits", (VERSION, None), ("openstack-api-version", "volume 3.5")),
    asked("of Gophercloud", "/limits", ("X-OpenStack-Volume-API-Version", "3.99")),
    asked("too high, where nothing is", "/nowhere", (VERSION, "volume 3.72")),
    asked("too high, what is not there", "/volumes/@nobody", (VERSION, "volume 3.72")),
    asked("what is not there", "/volumes/@nobody", (VERSION, "volume 3.71")),
    asked("without a slash", "/v3"),
    asked("of long ago", "/v3/%project"),
    asked("by its own name of JSON", "/limits", ("Accept", "application/vnd.openstack.volume+json;version=3")),
    asked("the document by its own name of JSON", "/v3/", ("Accept", "application/vnd.openstack.volume+json")),
    asked("by its own name of JSON or any", "/limits", ("Accept", "application/vnd.openstack.volume+json, */*;q=0.5")),
    asked("by its own name of JSON alone", "/limits", ("Accept", "application/vnd.openstack.volume+json")),
    asked("by nothing", "/limits", ("Accept", None)),
    asked("as XML", "/limits", ("Accept", "application/xml")),
]
