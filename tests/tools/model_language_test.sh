#!/usr/bin/env bash
# Goal:   a model goes from nothing to curves by the commands of docs/guides/add-a-model.md, mistakes are named
#         as that page shows them, and event tables give what the closed form of one compartment gives.
# Method: model_language_test.sh SALUS: the page's own commands in a scratch folder; curves against sums of
#         exponentials.
set -eu -o pipefail
salus=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
die() { echo "FAILED: $*"; exit 1; }

"$salus" model new toy >/dev/null
if out=$("$salus" model new toy 2>&1); then die "an existing model was overwritten"; fi
grep -q -- '--force' <<<"$out" || die "the refusal names no way on: $out"
"$salus" model new toy --force --quiet >/dev/null || die "--force does not overwrite"
"$salus" model check toy.toml >/dev/null || die "the template does not hold"

# Each mistake of the guide: a change of one line, and the message that the page promises.
grep -E '^\| `s#' "$root/docs/guides/add-a-model.md" >mistakes || die "the guide shows no mistakes"
while IFS= read -r row; do
  change=$(sed -E 's/^\| `([^`]*)` .*/\1/' <<<"$row")
  message=$(sed -E 's/.*\| `([^`]*)` \|$/\1/' <<<"$row")
  sed "$change" toy.toml >broken.toml
  if out=$("$salus" model check broken.toml 2>&1); then die "accepted: $change"; fi
  grep -qF -- "$message" <<<"$out" || die "$change: expected '$message', got '$out'"
done <mistakes
[ "$(wc -l <mistakes)" -ge 5 ] || die "fewer than five mistakes"

cat >events.csv <<'CSV'
ID,TIME,AMT,RATE,II,ADDL,SS,EVID,DV,WT
1,0,100,.,12,2,.,1,.,70
1,4,.,.,.,.,.,0,2.1,70
1,30,.,.,.,.,.,0,.,70
1,48,80,.,12,.,1,1,.,70
1,50,.,.,.,.,.,0,.,70
1,60,.,.,.,.,.,3,.,70
1,61,.,.,.,.,.,2,.,70
2,0,100,50,.,.,.,1,.,80
2,1,.,.,.,.,.,0,.,80
2,5,.,.,.,.,.,0,.,80
CSV
"$salus" model simulate toy.toml --events events.csv >curves.csv
python3 - curves.csv <<'PY' || die "the event table does not follow the closed form"
import csv, sys
from math import exp
ka, ke, v, fraction = 1.5, 0.1, 30.0, 0.9
factor = fraction * ka / (v * (ka - ke))

def bolus(amount, t):
    return 0 if t < 0 else amount * factor * (exp(-ke * t) - exp(-ka * t))

def steady(amount, t, interval):
    return amount * factor * (exp(-ke * t) / (1 - exp(-ke * interval)) - exp(-ka * t) / (1 - exp(-ka * interval)))

def infused(amount, t, hours):
    def grown(t):  # the integral of one bolus's curve
        return 0 if t < 0 else factor * ((1 - exp(-ke * t)) / ke - (1 - exp(-ka * t)) / ka)
    return amount / hours * (grown(t) - grown(t - hours))

wanted = [("1", 4, bolus(100, 4)), ("1", 30, sum(bolus(100, 30 - d) for d in (0, 12, 24))),
          ("1", 50, steady(80, 2, 12)), ("1", 61, 0.0),
          ("2", 1, infused(100, 1, 2)), ("2", 5, infused(100, 5, 2))]
rows = list(csv.DictReader(open(sys.argv[1])))
assert len(rows) == len(wanted), rows
for row, (subject, time, value) in zip(rows, wanted):
    assert row["id"] == subject and float(row["time_h"]) == time, row
    assert abs(float(row["C"]) - value) <= 1e-7 * max(1, value), (row, value)
assert rows[0]["dv"] == "2.1" and rows[1]["dv"] == ""
PY
[ "$("$salus" model simulate toy.toml --events events.csv --id 2 | wc -l)" = 3 ] || die "--id does not choose"
sed 's/^1,4,/1,x,/' events.csv >bad.csv
if out=$("$salus" model simulate toy.toml --events bad.csv 2>&1); then die "a bad time was accepted"; fi
grep -q 'bad.csv line 3, column TIME' <<<"$out" || die "the complaint names no line and column: $out"

for language in sbml rxode2 mrgsolve; do
  "$salus" model export toy.toml --to $language -o toy.$language >/dev/null
  [ -s toy.$language ] || die "no export to $language"
done
"$salus" model check toy.toml --json | python3 -c '
import json, sys
model = json.load(sys.stdin)
assert [c["reproduced"] for c in model["oracle"]] == [True, True], model["oracle"]
assert model["box"]["points"] == 265 and model["outputs"][0]["unit"] == "mg/L"
assert model["variables"][0]["formula"] == "body / V" and model["dose"]["state"] == "gut"' || die "--json lacks something"
echo "ok"
