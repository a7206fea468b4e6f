"""The recorded answers: a file for each resource, in which each case has its whole answer at its first version, and from
then on, at each version that answers otherwise than the one before it, only the lines that changed."""

import difflib
import pathlib

FOLDER = pathlib.Path(__file__).parent / "answers"


def write(cases, answers):
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    for resource in sorted({case.resource() for case in cases}):
        lines = ["# Answers of stock Cinder 29, recorded by record.sh: not to be edited by hand.", ""]
        for case in cases:
            if case.resource() == resource:
                lines += [f"=== {case.name}", *(f"> {call.line()}" for call in case.calls)]
                before = []
                for minor in case.versions():
                    now = answers.get((case.name, minor), ["not recorded"])
                    if now != before:
                        lines += [f"--- 3.{minor}", *(changes(before, now) if before else now)]
                    before = now
                lines += [f"--- to 3.{case.versions()[-1]}", ""]
        (FOLDER / f"{resource}.txt").write_text("\n".join(lines))


def read(cases):
    """{(case, minor): lines}"""
    told = {}
    for file in sorted(FOLDER.glob("*.txt")):
        for section in file.read_text().split("\n=== ")[1:]:
            name, *lines = section.split("\n")
            told[name] = lines
    answers = {}
    for case in cases:
        if case.name in told:
            by_minor, now = parts(told[case.name]), []
            for minor in case.versions():
                if minor in by_minor:
                    now = changed(now, by_minor[minor]) if now else by_minor[minor]
                answers[case.name, minor] = now
    return answers


def parts(lines):
    """{minor: lines}"""
    found, here = {}, None
    for line in lines:
        if line.startswith("--- to "):
            break
        if line.startswith("--- 3."):
            here = found.setdefault(int(line[6:]), [])
        elif here is not None:
            here.append(line)
    return found


def changes(before, now):
    lines = []
    for what, a, b, c, d in difflib.SequenceMatcher(None, before, now, autojunk=False).get_opcodes():
        if what != "equal":
            lines += [f"@{a}", *("-" + line for line in before[a:b]), *("+" + line for line in now[c:d])]
    return lines


def changed(before, lines):
    now, at = [], 0
    for line in lines:
        if line.startswith("@"):
            start = int(line[1:])
            now, at = now + before[at:start], start
        elif line.startswith("-"):
            assert before[at] == line[1:], (before[at], line)
            at += 1
        else:
            now.append(line[1:])
    return now + before[at:]
