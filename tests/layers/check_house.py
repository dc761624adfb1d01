#!/usr/bin/env python3
"""check_house.py RULE [--root DIR] [--build DIR]: one rule on one tree; complaints go to stdout.

Exit codes: 0 holds, 1 broken, 77 nothing to look at yet. --list names the rules, --sizes prints the
ratchet's measurements, --tighten lowers tools/ratchet.txt to them.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import ratchet  # noqa: E402
import rules  # noqa: E402
from house import House  # noqa: E402

RULES = {**rules.RULES, "ratchet": ratchet.ratchet}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rule", nargs="?", choices=sorted(RULES))
    parser.add_argument("--root", default=str(Path(__file__).resolve().parents[2]))
    parser.add_argument("--build", help="a configured build folder; links and blind_server_* need one")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--sizes", action="store_true")
    parser.add_argument("--tighten", action="store_true")
    options = parser.parse_args()
    if options.list:
        print("\n".join(RULES))
        return 0
    house = House(options.root, options.build)
    if options.tighten:
        ratchet.tighten(house)
    if options.sizes or options.tighten:
        for name, (value, where) in ratchet.measure(house).items():
            print(f"{name:20} {value:6}  {where}")
        return 0
    if not options.rule:
        parser.error("which rule? --list names them")
    try:
        complaints = RULES[options.rule](house)
    except rules.Skip as skip:
        print(f"SKIPPED: {skip}")
        return 77
    print("\n".join(complaints) if complaints else f"{options.rule}: holds")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
