"""Sizes that may only fall: measured here, held against tools/ratchet.txt."""

import re
import statistics
import subprocess

from house import functions, is_test
from rules import cycles_of, folder_edges

CAPS = {  # the design's; ratchet.txt may be stricter, never looser
    "file_median_lines": 150,
    "file_max_lines": 800,
    "function_max_lines": 70,
    "include_depth": 14,
    "folder_cycles": 0,
}


def include_depths(house):
    """{file: longest chain of project headers below it}."""
    depth = {}

    def measure(file, above):
        if file not in depth:
            below = [target for _, target in house.include_edges.get(file, []) if target and target not in above]
            depth[file] = max((1 + measure(target, above | {file}) for target in below), default=0)
        return depth[file]

    for file in house.files:
        measure(file, frozenset())
    return depth


def measure(house):
    """{name: (value, where)}."""
    everything = house.files_under("src", "apps", "tests", "bench")
    lines = {file: len(house.text(file).splitlines()) for file in everything}
    own = [lines[file] for file in house.files if not is_test(file)]
    longest = max(lines, key=lines.get, default="-")
    bodies = functions(house.root, everything)
    _, name, line, size = body = max(bodies, key=lambda entry: entry[3], default=("-", "-", 0, 0))
    depths = include_depths(house)
    deepest = max(depths, key=depths.get, default="-")
    silenced = [file for file in everything for _ in re.findall(r"\bNOLINT", house.text(file))]
    circles = cycles_of(folder_edges(house))
    return {
        "file_median_lines": (int(statistics.median(own)) if own else 0, f"{len(own)} files"),
        "file_max_lines": (lines.get(longest, 0), str(longest)),
        "function_max_lines": (size, f"{body[0]}:{line} {name}"),
        "include_depth": (depths.get(deepest, 0), str(deepest)),
        "folder_cycles": (len(circles), " -> ".join(circles[0]) if circles else "-"),
        "nolint_count": (len(silenced), f"{len(set(silenced))} files"),
    }


def read_limits(text):
    return {name: int(value) for name, value in re.findall(r"^(\w+)\s+(\d+)\s*$", text, re.M)}


def earlier_limits(house):
    """What tools/ratchet.txt said in each commit that changed it, newest first; [] without git."""
    def git(*arguments):
        return subprocess.run(["git", "-C", str(house.root), *arguments], text=True, capture_output=True)

    log = git("log", "--format=%H", "--", "tools/ratchet.txt")
    if log.returncode != 0:
        return []
    return [read_limits(git("show", f"{commit}:tools/ratchet.txt").stdout) for commit in log.stdout.split()]


def ratchet(house):
    """Nothing is above its limit, no limit above the design's cap, and no limit was ever raised."""
    limits = read_limits((house.root / "tools" / "ratchet.txt").read_text())
    complaints = []
    measured = measure(house)
    for name, (value, where) in measured.items():
        if name not in limits:
            complaints.append(f"ratchet.txt has no line {name}")
        elif value > limits[name]:
            complaints.append(f"{name} is {value} ({where}); the limit is {limits[name]} and may only fall")
    for name, limit in limits.items():
        if limit > CAPS.get(name, limit):
            complaints.append(f"ratchet.txt: {name} {limit} is above the design's cap {CAPS[name]}")
        if name not in measured:
            complaints.append(f"ratchet.txt: nothing measures {name}")
    steps = [limits] + earlier_limits(house)
    for newer, older in zip(steps, steps[1:]):
        for name in newer:
            if name in older and newer[name] > older[name]:
                complaints.append(f"ratchet.txt: {name} was raised from {older[name]} to {newer[name]}")
    return complaints


def tighten(house):
    """Lowers the limits in tools/ratchet.txt to what is measured; raises none."""
    path = house.root / "tools" / "ratchet.txt"
    text = path.read_text()
    for name, (value, _) in measure(house).items():
        text = re.sub(rf"^({name}\s+)(\d+)$", lambda m: m[1] + str(min(int(m[2]), value)), text, flags=re.M)
    path.write_text(text)
