"""Send random programs to hearth and to stock Cinder, and compare every answer.

Status, headers and body must be equal, modulo ids, times, request ids and hosts. A difference is named by the call's
shape and the place in the answer, like "POST /volumes/@volume/action os-extend: body.badRequest.message"; the list of
accepted ones has a regular expression and its reason a line. An unexpected one is shrunk to the shortest program that
shows it. Each program has a project of its own, and several run at a time; which calls it makes follows from the seed
and its number alone, so `--program` makes one of them again.
"""

import argparse
import collections
import itertools
import json
import random
import re
import signal
import sys
import threading
import time
import traceback

from grammar import Program
from operations import Operations
from side import MariaDb, Server, Side, Sqlite


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


def ends_here(call, status):
    """Stock Cinder's Lightbits driver has no revert: the data is copied over the network, which nothing here can do."""
    return status == 202 and isinstance(call.body, dict) and "revert" in call.body


def shape(call):
    path = re.sub(r"@([a-z]+)\d+|[0-9a-f]{8}-[0-9a-f-]{27}|not-an-id", lambda m: f"@{m[1] or 'none'}", call.path)
    path = re.sub(r"x{30,}", "xxx", path)
    action = next(iter(call.body), "") if path.endswith("/action") and isinstance(call.body, dict) else ""
    return f"{call.method} {path} {action}".strip()


def name(difference):
    call, place, ours, theirs = difference
    if place == "status":  # with both, so that one accepted pair does not hide another
        place = f"status {ours['status']}, stock {theirs['status']}"
    elif place == "no end":
        place = ours
    return f"{shape(call)}: {place}"


class Accepted:
    def __init__(self, path):
        self.rules, self.met, self.names = [], collections.Counter(), collections.Counter()
        with open(path) as lines:
            for line in lines:
                if line.strip() and not line.startswith("#"):
                    pattern, _, reason = line.partition("  ")
                    if not reason.strip():
                        sys.exit(f"{path}: no reason in {line}")
                    self.rules.append((re.compile(pattern), reason.strip()))

    def covers(self, difference):
        for rule, reason in self.rules:
            if rule.search(name(difference)):
                self.met[reason] += 1
                self.names[name(difference)] += 1
                return True
        return False

    def never_met(self):
        return [reason for _, reason in self.rules if reason not in self.met]


class Comparison:
    def __init__(self, servers, accepted, operations):
        self.servers, self.accepted, self.operations = servers, accepted, operations
        self.lock = threading.Lock()
        self.total = self.equal = self.explained = self.broken = 0
        self.interrupted = False
        self.unexpected = collections.OrderedDict()  # name: [how often, difference, program's number]
        self.projects = itertools.count(random.SystemRandom().randrange(16**20))

    def run(self, calls):
        """[(call, place, ours, theirs)], and [(call, status)] of those compared. It ends at the first difference in a
        status: from there on the two are not in the same state."""
        project = format(next(self.projects), "032x")
        sides = [Side(server, project) for server in self.servers]
        found, seen = [], []
        try:
            for call in calls:
                ours, theirs = (side.ask(call) for side in sides)
                seen.append((call, theirs["status"]))
                if ours["status"] != theirs["status"] or is_unserved(ours) != is_unserved(theirs):
                    found.append((call, "status", ours, theirs))
                    break
                found += [(call, *difference) for difference in differences(ours, theirs)]
                if ends_here(call, ours["status"]):
                    break
        except TimeoutError as error:
            found.append((call, "no end", str(error), str(error)))
        for side in sides:
            side.leave()
        return found, seen

    def judge(self, number, found, seen):
        with self.lock:
            bad = [difference for difference in found if not self.accepted.covers(difference)]
            differing, unexplained = {id(d[0]) for d in found}, {id(d[0]) for d in bad}
            self.total += len(seen)
            self.equal += len(seen) - len(differing)
            self.explained += len(differing - unexplained)
            for call, status in seen:
                self.operations.note(call, status)
            for difference in bad:
                known = self.unexpected.setdefault(name(difference), [0, difference, number])
                known[0] += 1
                if known[0] == 1:
                    call, _, ours, theirs = difference
                    print(f"DIFFERENT {name(difference)} (program {number})\n   {call.line()[:600]}\n   hearth {json.dumps(ours)[:400]}\n"
                          f"   stock  {json.dumps(theirs)[:400]}", flush=True)

    def work(self, seed, numbers, wanted):
        for number in numbers:
            if self.total >= wanted or self.broken or self.interrupted:
                return
            try:
                self.judge(number, *self.run(Program(seed, number).calls))
            except Exception:
                with self.lock:
                    self.broken += 1
                    print(f"program {number} of seed {seed} broke off:\n{traceback.format_exc()}", flush=True)

    def shrink(self, calls, wanted, tries=30):
        """Drop calls as long as the difference stays."""
        size = max(1, len(calls) // 2)
        while size and tries > 0:
            at = 0
            while at < len(calls) - 1 and tries > 0:
                fewer = calls[:at] + calls[at + size:]
                tries -= 1
                if any(name(d) == wanted for d in self.run(fewer)[0]):
                    calls = fewer
                else:
                    at += size
            size //= 2
        return calls

    def summary(self, begun):
        took, total = time.monotonic() - begun, max(self.total, 1)
        rest = self.total - self.equal - self.explained
        return (f"{self.total} calls in {took:.0f} s ({self.total / max(took, 0.001):.1f}/s): {100 * self.equal / total:.3f} % equal, "
                f"{self.explained} explained ({100 * self.explained / total:.3f} %), {rest} not")


def numbers_of(args):
    lock, numbers = threading.Lock(), iter([args.program] if args.program is not None else itertools.count())

    def taken():
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            yield number
    return taken


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for argument in ("hearth", "stock", "--hearth-database", "--stock-database", "--differences", "--reference"):
        parser.add_argument(argument, **({"required": True} if argument.startswith("--") else {}))
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--program", type=int, help="only this one of the seed")
    parser.add_argument("--workers", type=int, default=6)
    parser.add_argument("--shrink", type=int, default=3, help="how many findings are shrunk")
    args = parser.parse_args()
    seed = random.randrange(10**6) if args.seed == "random" else int(args.seed)
    print(f"seed {seed}, {args.workers} programs at a time", flush=True)
    servers = [Server("hearth", args.hearth, r"^hearth@", Sqlite(args.hearth_database)),
               Server("stock", args.stock, r"^stock@", MariaDb(int(args.stock_database)))]
    comparison = Comparison(servers, Accepted(args.differences), Operations(args.reference))
    signal.signal(signal.SIGINT, lambda *_: setattr(comparison, "interrupted", True))  # a long run ends early, with its tables
    numbers, begun = numbers_of(args), time.monotonic()
    workers = [threading.Thread(target=comparison.work, args=(seed, numbers(), args.calls), daemon=True) for _ in range(args.workers)]
    for worker in workers:
        worker.start()
    told = begun
    while any(worker.is_alive() for worker in workers):
        time.sleep(0.2)
        if time.monotonic() - told > 60:
            told = time.monotonic()
            print(comparison.summary(begun), flush=True)
    for line in comparison.operations.report():
        print(line)
    for what, often in comparison.accepted.names.most_common(40):
        print(f"accepted {often} times: {what}")
    for reason in comparison.accepted.never_met():
        print(f"not met in this run: {reason}")
    print(comparison.summary(begun), flush=True)
    for wanted, (often, difference, number) in comparison.unexpected.items():
        print(f"{often} times: {wanted} (--seed {seed} --program {number})")
    for wanted, (_, difference, number) in list(comparison.unexpected.items())[:args.shrink]:
        program = Program(seed, number).calls
        upto = next((at for at, call in enumerate(program) if call == difference[0]), len(program) - 1)
        print(f"the shortest program for {wanted} (--seed {seed} --program {number}):")
        for call in comparison.shrink(program[:upto + 1], wanted):
            print("   ", call.line(), flush=True)
    failed = len(comparison.unexpected) + comparison.broken
    print(f"{failed == 0:d} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
