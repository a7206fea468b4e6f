"""Random programs of API calls.

A program is a list of calls whose ids are names like "@volume3": the third volume this program tried to make. Each side
puts its own id in. A name that never came to be stays a well-formed id that nobody has, so that shrinking a program
leaves one that still means something. What is not a project's own (types, QoS specs, group types) has a name with the
project in it, since programs run side by side.
"""

import copy
import dataclasses
import json
import random

from rules import RULES, WEIGHTS
from words import NOBODY, WEIRD

LENGTH = 25


@dataclasses.dataclass
class Call:
    method: str
    path: str
    body: object = None
    minor: int = 0
    makes: str = ""  # the name that the id in the answer gets
    who: str = "admin"  # the role; a stranger is a member of another project
    at: str = "own"  # which project the URL names
    raw: str = None  # a body that is no JSON

    def line(self):
        body = self.raw if self.raw is not None else json.dumps(self.body)
        others = [self.who] * (self.who != "admin") + [f"project in URL: {self.at}"] * (self.at != "own")
        return f"3.{self.minor} {self.method} {self.path} {body} {self.makes} {' '.join(others)}".rstrip()


class Program:
    """The calls of program NUMBER of a seed."""

    def __init__(self, seed, number, length=LENGTH):
        self.rng, self.counts, self.calls = random.Random(f"{seed}/{number}"), {}, []
        self.base = self.rng.choice([0, 71, 71, self.rng.randint(0, 71)])
        self.prepare()
        while len(self.calls) < length:
            self.rng.choices(RULES, WEIGHTS)[0](self)

    def prepare(self):
        """Some things that later calls can be about."""
        def make(share, path, body, name):
            if self.rng.random() < share:
                self.counts[name] = self.counts.get(name, 0) + 1
                self.calls.append(Call("POST", path, body, 71, f"@{name}{self.counts[name]}"))
        group = self.rng.random() < 0.2
        make(1 if group else 0.3, "/types", {"volume_type": {"name": "%project-a"}}, "type")
        if group:
            make(1, "/group_types", {"group_type": {"name": "%project-b"}}, "grouptype")
            make(1, "/groups", {"group": {"name": "g", "group_type": "@grouptype1", "volume_types": ["@type1"]}}, "group")
        if self.counts.get("type"):
            of_group = {"group_id": "@group1"} if group else {}
            make(0.7, "/volumes", {"volume": {"name": "typed", "size": 1, "volume_type": "@type1"} | of_group}, "volume")
        make(0.75, "/volumes", {"volume": {"name": "first", "size": 1, "metadata": {"team": "blue"}}}, "volume")
        second = {"volume": {"name": "second", "size": 2, "multiattach": False}}
        if self.counts.get("volume") and self.rng.random() < 0.2:  # both sides have room on each of two clusters
            second["OS-SCH-HNT:scheduler_hints"] = {self.rng.choice(["same_host", "different_host"]): self.rng.choice(["@volume1", ["@volume1"]])}
        make(0.2, "/volumes", second, "volume")
        if self.counts.get("volume"):
            make(0.35, "/snapshots", {"snapshot": {"name": "s", "volume_id": "@volume1", "metadata": {"a": "1"}}}, "snapshot")
            make(0.15, "/attachments", {"attachment": {"volume_uuid": "@volume1", "instance_uuid": NOBODY}}, "attachment")
            make(0.1, "/volume-transfers", {"transfer": {"volume_id": "@volume1"}}, "transfer")

    def add(self, method, path, body=None, makes="", who=None):
        rng = self.rng
        if makes:
            self.counts[makes] = self.counts.get(makes, 0) + 1
            makes = f"@{makes}{self.counts[makes]}"
        call = Call(method, path, copy.deepcopy(body), self.base if rng.random() < 0.6 else rng.randint(0, 71), makes)
        call.who = who or rng.choices(["admin", "member", "reader", "stranger"], [84, 11, 2, 3])[0]
        call.at = rng.choices(["own", "none", "foreign"], [95, 4, 1])[0]
        if body is not None and rng.random() < 0.03:
            call.body = self.spoiled(call.body)
        elif body is not None and rng.random() < 0.006:
            call.raw = rng.choice(["{", "[]", "null", "5", '"x"', "not json", '{"volume": {}} x', "{}"])
        self.calls.append(call)

    def spoiled(self, body):
        """The body with one value replaced, or a field lost or added somewhere."""
        at = body
        if not isinstance(at, dict) or not at:
            return self.rng.choice(WEIRD)
        while True:
            key = self.rng.choice(sorted(at, key=str))
            if isinstance(at[key], dict) and at[key] and self.rng.random() < 0.75:
                at = at[key]
                continue
            how = self.rng.random()
            if how < 0.65:
                at[key] = self.rng.choice(WEIRD)
            elif how < 0.85:
                del at[key]
            else:
                at["unheard_of"] = self.rng.choice(WEIRD)
            return body

    def any(self, kind):
        """One of the program's own, mostly; or one that nobody has."""
        count = self.counts.get(kind, 0)
        if not count or self.rng.random() < 0.04:
            return self.rng.choice([NOBODY, NOBODY, "not-an-id"])
        return f"@{kind}{self.rng.randint(1, count)}"

    def pick(self, *values):
        return self.rng.choice(values)

    def one_of(self, *rules):
        self.rng.choice(rules)()

    def some(self, **fields):
        """A few of these fields; the values are lists to choose from."""
        chosen = {}
        for name, values in fields.items():
            if self.rng.random() < 0.4:
                chosen[name] = self.rng.choice(values)
        if self.rng.random() < 0.02:
            chosen["unheard_of"] = 1
        return chosen
