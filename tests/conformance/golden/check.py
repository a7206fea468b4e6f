"""Plays the cases against hearth and compares the answers with those recorded from stock Cinder.

    check.py URL [CASES]            compare; the exit status tells
    check.py --record URL [CASES]   play them against stock Cinder and write its answers down

CASES is a regular expression: only those.

Status, headers and body, keys in their order, must be the same line by line. `exceptions.txt` lists the lines that may
differ, each with its reason: a regular expression over "resource/case at 3.N: -line of stock" or "+line of hearth", two blanks,
and the reason. One that nothing needs fails, too. What the cases claim is held against what was recorded, both ways.
"""

import difflib
import pathlib
import re
import sys
import time

import recorded
from call import LATEST
from cases import CASES, SCENES, UNSEEN
from player import Gateway, play


def seen(case, golden):
    """The minor versions that answer otherwise than the one before them."""
    tried = case.versions()
    return {minor for minor in tried if minor - 1 in tried and golden[case.name, minor] != golden[case.name, minor - 1]}


def claims(golden):
    """What is wrong with the table itself."""
    names = [case.name for case in CASES]
    yield from (f"two cases are named {name}" for name in sorted({n for n in names if names.count(n) > 1}))
    yield from (f"{case.name} at 3.{minor} is not recorded" for case in CASES for minor in case.versions() if (case.name, minor) not in golden)
    by_version = {}
    for case in CASES:
        if all((case.name, minor) in golden for minor in case.versions()):
            changes = seen(case, golden)
            for minor in changes:
                by_version.setdefault(minor, []).append(case.name)
            if changes != set(case.shows):
                yield f"{case.name} says that it shows {sorted(case.shows)}, but recorded is {sorted(changes)}"
    for minor in range(1, LATEST + 1):
        if minor not in by_version and minor not in UNSEEN:
            yield f"no case shows the change of 3.{minor}, and there is no reason why"
        if minor in by_version and minor in UNSEEN:
            yield f"3.{minor} is said to be seen nowhere, but it is in {by_version[minor]}"


def exceptions():
    rules = []
    for line in (pathlib.Path(__file__).parent / "exceptions.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            pattern, _, reason = line.partition("  ")
            if not reason.strip():
                sys.exit(f"no reason in {line}")
            rules.append(re.compile(pattern))
    return rules


def compare(cases, golden, answers):
    """[(case, minors, differing lines)], consecutive versions that differ alike as one; and the unneeded exceptions."""
    rules, needed, found = exceptions(), set(), []
    for case in cases:
        for minor in case.versions():
            lines = [line for line in difflib.ndiff(golden.get((case.name, minor), []), answers[case.name, minor]) if line[0] in "+-"]
            left = []
            for line in lines:
                matching = [rule for rule in rules if rule.search(f"{case.name} at 3.{minor}: {line[0]}{line[2:]}")]
                needed.update(matching)
                if not matching:
                    left.append(line)
            if left:
                if found and found[-1][0] == case.name and found[-1][2] == left:
                    found[-1][1].append(minor)
                else:
                    found.append((case.name, [minor], left))
    return found, [rule.pattern for rule in rules if rule not in needed]


def main(*arguments):
    begun = time.monotonic()
    record, (url, *only) = "--record" in arguments, [a for a in arguments if a != "--record"]
    cases = [case for case in CASES if not only or re.search(only[0], case.name)]
    answers = play(Gateway(url, keeps_whole_seconds=record), SCENES, cases)
    print(f"{len(answers)} answers of {len(cases)} cases in {time.monotonic() - begun:.1f} s")
    if record:
        recorded.write(CASES, recorded.read(CASES) | answers)
        wrong = [f"{name} at 3.{minor}: {lines[0]}" for (name, minor), lines in answers.items() if lines and not lines[0][:3].isdigit() and lines[0][0] != ">"]
    else:
        golden = recorded.read(CASES)
        found, unneeded = compare(cases, golden, answers)
        for name, minors, lines in found:
            print(f"DIFFERENT {name} at 3.{minors[0]}" + (f" to 3.{minors[-1]}" if len(minors) > 1 else ""))
            print("\n".join(f"   {line}" for line in lines[:40]))
        failed = sum(len(minors) for _, minors, _ in found)
        wrong = [] if only else [*claims(golden), *(f"an exception that nothing needs: {pattern}" for pattern in unneeded)]
        print(f"{len(answers) - failed} passed, {failed + len(wrong)} failed")
    for line in wrong:
        print(f"fail {line}")
    return bool(wrong) or (not record and failed > 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
