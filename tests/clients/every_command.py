"""Whether the stock clients' commands were all tried.

    every_command.py FILE

FILE has a line for each command that the tests ran (HEARTH_TEST_COMMANDS). What they did not run must be in NOT_TRIED,
with the reason, and only that.
"""

import importlib.metadata
import json
import sys

import cinderclient.v3.shell

NOT_TRIED = {}


def known():
    names = [name for name in dir(cinderclient.v3.shell) if name.startswith("do_")]
    yield from ("cinder " + name.removeprefix("do_").replace("_", "-") for name in names)
    for entry in importlib.metadata.entry_points(group="openstack.volume.v3"):
        yield "openstack " + entry.name.replace("_", " ")


def main(path):
    commands = sorted(known())
    tried = set()
    with open(path) as lines:
        for line in lines:
            program, *words = json.loads(line)
            # options of the program itself may stand before the command
            starts = [" ".join([program, *words[at:]]) + " " for at in range(len(words))]
            found = [c for start in starts for c in commands if start.startswith(c + " ")]
            tried |= {max(found, key=len)} if found else set()
    wrong = [f"{command}: not tried" for command in commands if command not in tried and command not in NOT_TRIED]
    wrong += [f"{command}: tried after all" for command in NOT_TRIED if command in tried]
    print(*wrong, sep="\n")
    print(f"{len(tried)} of {len(commands)} commands of the stock clients tried")
    print(f"{len(tried)} passed, {len(wrong)} failed")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
