"""The operations of the API reference, to tell which of them a run has called."""

import re

import yaml


def _matcher(path):
    return re.compile("^" + re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path.removeprefix("/v3"))) + "$")


class Operations:
    def __init__(self, reference):
        with open(reference) as text:
            paths = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))["paths"]
        self.plain, self.actions = [], []
        for path, item in paths.items():
            for method, operation in item.items():
                if not isinstance(operation, dict) or "operationId" not in operation:
                    continue
                if not path.endswith("/action"):
                    self.plain.append((operation["operationId"], method.upper(), _matcher(path)))
                    continue
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                for action in schema.get("oneOf", [schema]):
                    self.actions.append((action["title"], _matcher(path), action["required"][0]))
        # A fixed word comes before a name: /volumes/detail is no volume.
        self.plain.sort(key=lambda row: "[^/]" in row[2].pattern)
        self.called = {}

    def __len__(self):
        return len(self.plain) + len(self.actions)

    def note(self, call, status):
        """Called is what came further than the route: it was answered otherwise than 404 or 405 at least once."""
        path = call.path.partition("?")[0]
        for name, method, matcher in self.plain:
            if method == call.method and matcher.match(path):
                return self._count(name, status)
        for name, matcher, key in self.actions:
            if call.method == "POST" and matcher.match(path) and isinstance(call.body, dict) and key in call.body:
                return self._count(name, status)

    def _count(self, name, status):
        good, bad = self.called.get(name, (0, 0))
        self.called[name] = (good + (status < 400), bad + (status >= 400))

    def report(self):
        names = [row[0] for row in self.plain] + [row[0] for row in self.actions]
        never = [name for name in names if name not in self.called]
        refused = [name for name in names if self.called.get(name, (1,))[0] == 0]
        yield f"{len(names) - len(never)} of {len(names)} operations called, {len(names) - len(never) - len(refused)} of them with success"
        if never:
            yield "never called: " + " ".join(never)
        if refused:
            yield "always refused: " + " ".join(refused)
