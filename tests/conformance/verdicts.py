"""Hold what tempest found against the list of its exceptions.

    verdicts.py SUBUNIT EXCEPTIONS REGEX

A line of the list is "fail TEST REASON" or "skip TEST REASON". A test that fails or is skipped and is not on it is a
failure of the suite, and so is one on it that passes or is gone: the list says the truth and may only shrink.
"""

import re
import sys

import testtools
from subunit.v2 import ByteStreamToStreamResult


def outcomes(path):
    """{test: (pass | fail | skip, why)}"""
    found = {}

    def keep(test):
        name = re.sub(r"\[.*", "", test["id"])
        details = {key: content.as_text() for key, content in test["details"].items()}
        if name.startswith(("setUpClass", "tearDownClass")):
            name = re.sub(r"^\w+ \((.*)\)$", r"\1", name)
            if test["status"] == "success":
                return
        verdict = {"success": "pass", "skip": "skip"}.get(test["status"], "fail")
        why = details.get("reason") or details.get("traceback", "").strip() or test["status"]
        found[name] = (verdict, why.strip())

    result = testtools.StreamToDict(keep)
    result.startTestRun()
    with open(path, "rb") as stream:
        ByteStreamToStreamResult(stream, non_subunit_name="stdout").run(result)
    result.stopTestRun()
    found.pop("stdout", None)
    return found


def listed(path):
    """{test: (fail | skip, reason)}"""
    exceptions = {}
    with open(path) as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                verdict, name, reason = line.split(maxsplit=2)
                exceptions[name] = (verdict, reason.strip())
    return exceptions


def main(subunit, exceptions, regex):
    found, known = outcomes(subunit), listed(exceptions)
    bad = []
    for name, (verdict, why) in sorted(found.items()):
        print(f"{verdict} {name} {why.splitlines()[-1] if verdict != 'pass' else ''}".rstrip())
        expected = known.get(name, ("pass", ""))[0]
        if verdict != expected:
            bad.append(f"{name}: {verdict}, expected {expected}\n{why if verdict == 'fail' else ''}")
    for name in sorted(set(known) - set(found)):
        if re.search(regex, name):
            bad.append(f"{name}: listed, and not run")
    print(*bad, sep="\n")
    for verdict in ("fail", "skip"):
        print(f"{sum(1 for v, _ in found.values() if v == verdict)} tests {verdict} as listed or not")
    passes = sum(1 for v, _ in found.values() if v == "pass")
    print(f"{passes} passed, {len(bad) + (not found)} failed")
    return bool(bad) or not found


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
