"""Send random programs to hearth and to stock Cinder, and compare every answer.

    compare.py HEARTH_URL STOCK_URL DIFFERENCES [CALLS [SEED]]

Status, headers and body must be equal, modulo ids, times, request ids and hosts. A difference is named by the call's
shape and the place in the answer, like "POST /volumes/@volume/action os-extend: body.badRequest.message"; DIFFERENCES
lists the accepted ones, a regular expression and its reason a line. An unexpected one is shrunk to the shortest
program that shows it. Each program has a project of its own.
"""

import collections
import json
import random
import re
import sys
import time

from grammar import Program
from side import Side

LENGTH = 25


def differences(ours, theirs, at=""):
    """The places where they differ, with both values."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(set(ours) | set(theirs)):
            where = f"{at}.{key}" if at else key
            if key not in ours:
                yield where, "<absent>", theirs[key]
            elif key not in theirs:
                yield where, ours[key], "<absent>"
            else:
                yield from differences(ours[key], theirs[key], where)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for a, b in zip(ours, theirs):
            yield from differences(a, b, f"{at}[]")
    elif type(ours) is not type(theirs) or ours != theirs:
        yield at, ours, theirs


def is_unserved(answer):
    """No route led anywhere: such a 404 has no fault in it."""
    return answer["status"] == 404 and not (isinstance(answer["body"], dict) and "itemNotFound" in answer["body"])


def shape(call):
    path = re.sub(r"@([a-z]+)\d+|[0-9a-f]{8}-[0-9a-f-]{27}|not-an-id", lambda m: f"@{m[1] or 'none'}", call.path)
    action = next(iter(call.body), "") if path.endswith("/action") and isinstance(call.body, dict) else ""
    return f"{call.method} {path} {action}".strip()


def run(calls, sides, project):
    """[(call, place, ours, theirs)], and how many calls were compared. It ends at the first difference in a status:
    from there on the two are not in the same state."""
    for side in sides:
        side.begin(project)
    found, count = [], 0
    for call in calls:
        ours, theirs = (side.ask(call) for side in sides)
        count += 1
        if ours["status"] != theirs["status"] or is_unserved(ours) != is_unserved(theirs):
            found.append((call, "status", ours, theirs))
            break
        found += [(call, *difference) for difference in differences(ours, theirs)]
    return found, count


def name(difference):
    call, place, ours, theirs = difference
    if place == "status":  # with both, so that one accepted pair does not hide another
        place = f"status {ours['status']}, stock {theirs['status']}"
    return f"{shape(call)}: {place}"


class Accepted:
    def __init__(self, path):
        self.rules = []
        with open(path) as lines:
            for line in lines:
                if line.strip() and not line.startswith("#"):
                    pattern, _, reason = line.partition("  ")
                    if not reason.strip():
                        sys.exit(f"{path}: no reason in {line}")
                    self.rules.append(re.compile(pattern))

    def __contains__(self, difference):
        return any(rule.search(name(difference)) for rule in self.rules)


def shrink(calls, sides, wanted, fresh, tries=30):
    """Drop calls as long as the difference stays."""
    size = max(1, len(calls) // 2)
    while size and tries > 0:
        at = 0
        while at < len(calls) - 1 and tries > 0:
            fewer = calls[:at] + calls[at + size:]
            tries -= 1
            if any(name(d) == wanted for d in run(fewer, sides, fresh())[0]):
                calls = fewer
            else:
                at += size
        size //= 2
    return calls


def main(hearth, stock, accepted, calls=1000, seed=None):
    seed = int(seed) if seed and seed != "random" else random.randrange(10**6)
    print(f"seed {seed}")
    rng, accepted = random.Random(seed), Accepted(accepted)
    sides = [Side(hearth, r"^hearth@"), Side(stock, r"^stock@")]
    total = equal = explained = 0
    unexpected = collections.OrderedDict()
    projects = iter(format(n, "032x") for n in range(seed * 10**6, 10**12))
    begun = time.monotonic()
    while total < int(calls):
        program = Program(rng, LENGTH).calls
        found, count = run(program, sides, next(projects))
        total += count
        bad = {id(d[0]) for d in found if d not in accepted}
        differing = {id(d[0]) for d in found}
        equal += count - len(differing)
        explained += len(differing - bad)
        for difference in found:
            if difference not in accepted and name(difference) not in unexpected:
                unexpected[name(difference)] = (difference, program)
                call, place, ours, theirs = difference
                print(f"DIFFERENT {name(difference)}\n   {call.line()}\n   hearth {json.dumps(ours)[:400]}\n   stock  {json.dumps(theirs)[:400]}", flush=True)
    for wanted, (difference, program) in list(unexpected.items())[:3]:
        print(f"the shortest program for {wanted}:")
        for call in shrink(program[:program.index(difference[0]) + 1], sides, wanted, lambda: next(projects)):
            print("   ", call.line())
    print(f"{total} calls in {time.monotonic() - begun:.0f} s: {100 * equal / total:.2f} % equal, {explained} explained, "
          f"{total - equal - explained} not")
    print(f"{len(unexpected) == 0:d} passed, {len(unexpected)} failed")
    return bool(unexpected)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
