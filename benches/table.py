"""table.py FIGURES: medians of the lines "side what value", side by side."""

import collections
import statistics
import sys

# what, heading, target, how hearth's median and the ratio are held to it
ROWS = [
    ("show/s", "GET volumes/{id}, 8 connections, req/s", "50 x", lambda own, ratio: ratio >= 50),
    ("show-p50", "  p50, ms", "", None),
    ("show-p99", "  p99, ms", "", None),
    ("any/s", "the same, any of 1,000 volumes, req/s", "", None),
    ("any-p50", "  p50, ms", "", None),
    ("any-p99", "  p99, ms", "", None),
    ("page100/s", "GET volumes/detail?limit=100, 8 connections, req/s", "50 x", lambda own, ratio: ratio >= 50),
    ("page100-p50", "  p50, ms", "", None),
    ("page100-p99", "  p99, ms", "", None),
    ("page1000-p50", "GET volumes/detail?limit=1000, 1 connection, p50, ms", "30 ms", lambda own, ratio: own < 30),
    ("burst/s", "300 creates, 32 at a time, until available, volumes/s", "15 x", lambda own, ratio: ratio >= 15),
    ("cold-ms", "start to first answer, ms", "1000 ms", lambda own, ratio: own <= 1000),
    ("idle-MiB", "idle memory (PSS), MiB", "64 MiB", lambda own, ratio: own < 64),
]


def main(path):
    found = collections.defaultdict(list)
    with open(path) as lines:
        for line in lines:
            side, what, value = line.split()
            found[side, what].append(float(value))
    print("| median | hearth | stock Cinder | ratio | target | |\n|---|---|---|---|---|---|")
    for what, heading, target, reached in ROWS:
        if not found["hearth", what] or not found["stock", what]:
            print(f"| {heading} | {found['hearth', what]} | {found['stock', what]} | | {target} | not measured |")
            continue
        own, stock = (statistics.median(found[side, what]) for side in ("hearth", "stock"))
        ratio = own / stock if what.endswith("/s") else stock / own if own else float("inf")
        verdict = "" if reached is None else "reached" if reached(own, ratio) else "MISSED"
        print(f"| {heading} | {own:g} | {stock:g} | {ratio:.1f} | {target} | {verdict} |")


main(sys.argv[1])
