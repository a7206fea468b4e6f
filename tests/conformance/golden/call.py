"""What is asked: single calls, and the cases they make up."""

import dataclasses
import re

LATEST = 71
NOBODY = "3a6d6a4f-2f0b-4b0e-9a55-0d8f6c0b7a11"


@dataclasses.dataclass(frozen=True)
class Call:
    method: str
    path: str
    body: object = None
    by: str = "member"
    makes: str = ""  # the name of the id in the answer; of the ids in a list: name1, name2, …
    rows: int = 0  # so many ids are waited for
    at: int | None = None  # the minor version, where it is not the one that is tried
    headers: tuple = ()  # more of them, or others

    def line(self):
        import json
        words = [self.method, self.path] + ([] if self.body is None else [json.dumps(self.body, ensure_ascii=False)])
        words += [f"[{name}: {value}]" for name, value in self.headers]
        return " ".join(words) + (f"  (by the {self.by})" if self.by != "member" else "") + (f"  (at 3.{self.at})" if self.at is not None else "")


def get(path, **more):
    return Call("GET", path, **more)


def post(path, body=None, **more):
    return Call("POST", path, body, **more)


def put(path, body=None, **more):
    return Call("PUT", path, body, **more)


def delete(path, **more):
    return Call("DELETE", path, **more)


def act(path, action, body=None, **more):
    return Call("POST", f"{path}/action", {action: body}, **more)


TICK = Call("TICK", "")  # until the next whole second: stock Cinder keeps no smaller times


@dataclasses.dataclass(frozen=True)
class Case:
    """Calls that are judged at each of some versions. What only reads is tried at every version, on one scene for all
    of them; what changes something is given a scene of its own each time, at the versions beside its boundaries."""

    name: str  # resource/what
    calls: tuple
    given: tuple | None = None  # None: it only reads
    shows: tuple = ()  # the minor versions whose change is seen here
    also: tuple = ()  # more versions to try
    scene: str = ""  # which of them it reads

    def versions(self):
        if self.given is None:
            return list(range(LATEST + 1))
        return sorted({v for minor in self.shows for v in (minor - 1, minor)} | set(self.also))

    def resource(self):
        return self.name.split("/")[0]


def reads(resource, *rows, scene="everything"):
    """(what, call, shows…)"""
    return [Case(f"{resource}/{what}", (call,), None, tuple(shows), scene=scene) for what, call, *shows in rows]


def changes(name, shows, *calls, given=(), also=()):
    return Case(name, calls, tuple(given), tuple(shows), tuple(also))


NAME = re.compile(r"@[a-z]+\d*")
