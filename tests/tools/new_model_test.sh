#!/usr/bin/env bash
# Goal:   tools/new writes a model that `salus model check` calls incomplete, and that is complete once its
#         blanks are filled in.
# Method: new_model_test.sh SALUS: write one into a scratch folder, check it, fill it in, check it again.
set -eu -o pipefail
salus=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
die() { echo "FAILED: $*"; exit 1; }

"$root/tools/new" model elimination --into "$scratch" >/dev/null
if out=$("$salus" model check "$scratch/elimination.toml" 2>&1); then die "an unwritten rate was accepted: $out"; fi
grep -q WRITE_THE_RATE <<<"$out" || die "the complaint does not name the rate: $out"

sed -i 's/"WRITE_THE_RATE"/"-ke * central"/' "$scratch/elimination.toml"
if out=$("$salus" model check "$scratch/elimination.toml" 2>&1); then die "an oracle of 0 was accepted: $out"; fi
sed -i 's/^expected = 0.0/expected = 100.0/' "$scratch/elimination.toml"
"$salus" model check "$scratch/elimination.toml" || die "the finished model is not accepted"

if "$root/tools/new" model elimination --into "$scratch" 2>/dev/null; then die "an existing model was overwritten"; fi
if "$root/tools/new" model "../Bad name" --into "$scratch" 2>/dev/null; then die "a bad name was accepted"; fi
echo "ok"
