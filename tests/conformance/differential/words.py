"""What the fields of random calls are filled with."""

NOBODY = "3a6d6a4f-2f0b-4b0e-9a55-0d8f6c0b7a11"
SERVERS = [NOBODY, NOBODY, NOBODY, "9d1c3b52-6a7e-4f0d-8c41-2b5e7f90a613"]
STATUSES = ["available", "error", "in-use", "error_deleting", "maintenance", "Available", "nonsense", "", None]
TEXTS = ["one", "two", "", " padded ", "ünïcode", "x" * 255, "x" * 256, None, 5, True]
SIZES = [1, 1, 1, 2, 3, "1", 0, -1, "one", 1.5, "", 2**31]  # none at all: see the differences page
KEYS = ["team", "tier", "a b", "k" * 255, "k" * 256, "", "ü"]
BOOLS = [True, False, "true", "0", "maybe", None, 1]
WEIRD = [None, "", 0, -1, 1.5, True, [], {}, "x" * 300, "ü", ["a"], {"a": "b"}, "2", 2**40]
CONNECTOR = {"nqn": "nqn.2014-08.org.nvmexpress:uuid:7d5d8a3c-5d0c-4d0e-8d57-9a4d6c2f0b11", "host": "client", "ip": "127.0.0.1",
             "found_dsc": "found", "host_ips": ["127.0.0.1"], "os_type": "linux", "platform": "x86_64", "multipath": False}
CONNECTORS = [*[CONNECTOR] * 180, {}, None, {"host": "client"}, *[CONNECTOR | {"host_ips": []}] * 3, "x", CONNECTOR | {"mountpoint": "/dev/vdb", "mode": "ro"}]


def metadata(p):
    return p.pick({}, {"team": "blue"}, {p.pick(*KEYS): p.pick(*TEXTS)}, {"a": "1", "b": "2"}, None, [], "x")


def shared(p, many=4):
    """A name for something that all projects see."""
    return f"%project-{p.rng.randint(1, many)}"


def query(p, *filters):
    """A query of a list: filters, order and page."""
    parts = [p.pick(*filters)] if p.rng.random() < 0.6 else []
    if p.rng.random() < 0.06:
        parts.append(p.pick("status=available&status=error", "name=one&name=two", "description=one", "encryption_key_id=None", "deleted_at=x", "size~=1",
                            "user_id~=adm", "updated_at=None", "size=None", "size=[1,2]", "limit=1&nonsense=1"))
    if p.rng.random() < 0.25:
        parts.append(p.pick("sort=name:asc", "sort=name:desc", "sort=size", "sort=status:asc,name:asc", "sort=name:up", "sort=nonsense",
                            "sort_key=name&sort_dir=asc", "sort_key=size", "sort_key=nonsense", "sort_dir=up", "sort=name&sort_key=id",
                            "sort=display_name:asc", "sort_key=created_at", "sort=", "sort=nonsense,name:up", "sort=status&sort=size:up", "sort=launched_at",
                            "sort=description", "sort=availability_zone", "sort=deleted", "sort_key=updated_at"))
    if p.rng.random() < 0.3:
        parts.append(p.pick("limit=1", "limit=2", "limit=0", "limit=1000", "limit=1001", "limit=-1", "limit=x", "limit=", "limit=2&offset=1",
                            "offset=1", "offset=0", "offset=-1", "offset=x", "offset=1000000", "offset=99999999999",
                            f"marker={NOBODY}", "marker=not-an-id", "limit=1&marker=" + NOBODY, "limit=-1&limit=1", "limit=2&limit=1"))
    if p.rng.random() < 0.15:
        parts.append(p.pick("with_count=true", "with_count=maybe", "with_count=0", "all_tenants=0", "all_tenants=x"))
    return "?" + "&".join(parts) if parts else ""
