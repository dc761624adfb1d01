"""coverage.py SUMMARY.json MINIMUM FOLDER...: line coverage per folder of src/, from gcovr's JSON summary.

Prints one line per folder ("ok" or "LOW"); exits with the number of folders below the minimum.
"""

import json
import sys

summary, minimum, folders = json.load(open(sys.argv[1])), float(sys.argv[2]), sys.argv[3:]
low = 0
for folder in folders:
    files = [entry for entry in summary["files"] if f"src/{folder}/" in entry["filename"]]
    total = sum(entry["line_total"] for entry in files)
    covered = sum(entry["line_covered"] for entry in files)
    percent = 100.0 * covered / total if total else 0.0
    low += percent < minimum
    print(f"{'ok ' if percent >= minimum else 'LOW'} {folder:8} {percent:5.1f} % of {total} lines in {len(files)} files")
    for entry in sorted(files, key=lambda entry: entry["line_percent"])[:3] if percent < minimum else []:
        print(f"      {entry['line_percent']:5.1f} % {entry['filename']}")
sys.exit(low)
