#!/usr/bin/env bash
# Goal:   tools/check never calls nothing a success, refuses unknown options, and ends with its closing line.
# Method: options that run no stage or only the quickest one.
set -u -o pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
die() { echo "FAILED: $*"; exit 1; }

"$root/tools/check" --no-such-option >/dev/null 2>&1
[ $? -eq 2 ] || die "an unknown option is not refused"
"$root/tools/check" --stage nowhere >/dev/null 2>&1
[ $? -eq 2 ] || die "an unknown stage is not refused"
for name in install format build fast tidy oracle slow replay e2e fault asan tsan coverage fuzz wasm; do
  "$root/tools/check" --list | grep -q "^$name " || die "--list lacks $name"
done
export SALUS_CHECK_LOGS=$(mktemp -d)
trap 'rm -rf "$SALUS_CHECK_LOGS"' EXIT
report=$("$root/tools/check" --stage format)
tail -n 1 <<<"$report" | grep -qE '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' ||
  die "the last line is not the closing line"
grep -qE '^exec .*tools/check"$' "$root/.ci/run" || die ".ci/run runs something else than tools/check"
echo "ok"
