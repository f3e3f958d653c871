#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What mtce-compare prints of sweeps and replays: every row, with the numbers of the JSON.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
wrong() { echo "$*"; exit 1; }
for t in jq make gcc; do command -v $t >/dev/null || { echo "$t is not installed"; exit 77; }; done
[[ -e /usr/include/jansson.h ]] || { echo 'libjansson-dev is not installed'; exit 77; }

cp -r "$TOP/bench" "$TOP/uapi" "$WORK"
make -s -C "$WORK/bench" clean
make -s -C "$WORK/bench" O=1 mtce-compare
export MTCE_COMPARE=$WORK/bench/mtce-compare

# Figures as the tables have them: so many digits behind the point, fewer from 10 or 100 on.
# shellcheck disable=SC2016 # jq's
DIGITS='def round_to($d): . * pow(10; $d) | round / pow(10; $d);'
rows() { grep -E '^(storm|stream|upstream|mtce)' "$1" || true; }
# The rows are those of when the run was made, whoever made its table then.
as_they_were() { # FOLDER
	"$MTCE_COMPARE" "$1" >"$WORK/table"
	diff <(rows "$1/table.txt") <(rows "$WORK/table") >"$WORK/diff" || wrong "$1: $(head -n 4 "$WORK/diff")"
	! grep -qE '.{83}| $' "$WORK/table" || wrong "$1: a line is too long, or ends in a blank"
}
newest() { find "$TOP/results" -path "$1" | sort | tail -n 1; } # PATTERN

for run in "$TOP"/results/*/{sweep,replay}.json; do as_they_were "${run%/*}"; done

# A sweep: each point is a line of the CSV, and kills are those that unmaps owe.
sweep=$(newest '*-sweep-*/sweep.json')
"$MTCE_COMPARE" --csv "$sweep" >"$WORK/csv"
(($(wc -l <"$WORK/csv") == $(jq '.points | length' "$sweep") + 1)) || wrong 'not every point of the sweep is in the CSV'
jq -r "$DIGITS"'.points[] | select(.kill_stores and .tces > 0) | "\(.work) \((.kill_stores - .kill_counter_of_maps) / .tces | round_to(6))"' "$sweep" >"$WORK/want"
tail -n +2 "$WORK/csv" | awk -F, '{ print $1, $7 }' | jq -Rr "$DIGITS"'split(" ") | "\(.[0]) \(.[1] | tonumber | round_to(6))"' | diff "$WORK/want" - >"$WORK/diff" ||
	wrong "kills of the sweep: $(head -n 4 "$WORK/diff")"

# A replay: every result is a row, beside upstream's of the same kind.
replay=$(newest '*-replay-disk-net-*/replay.json')
"$MTCE_COMPARE" "$replay" >"$WORK/table"
(($(rows "$WORK/table" | wc -l) == $(jq '.results | length' "$replay"))) || wrong 'not every result of the replay is in the table'
jq -c '.results |= map(select(.way | startswith("kvm") | not)) | .results += [.results[] | select(.way == "per-page" and .backend != "mtce") | .way = "kvm" | .exits = 0
	| .instructions_per_tce = (if .backend == "upstream" then 4000 else 1000 end)]' "$replay" >"$WORK/kvm.json"
"$MTCE_COMPARE" "$WORK/kvm.json" >"$WORK/table"
grep -qE '^mtce-takeover kvm +0 +1000 +4\.00 ' "$WORK/table" || wrong 'a guest under KVM is not beside one on upstream'
[[ $("$MTCE_COMPARE" --csv "$replay" | wc -l) == $(jq '.results | length + 1' "$replay") ]] || wrong 'not every result of the replay is in the CSV'

# What cannot be asked of them.
for form in --json --check '--rows x'; do
	# shellcheck disable=SC2086 # two words
	! "$MTCE_COMPARE" $form "$sweep" >"$WORK/said" 2>&1 || wrong "$form of a sweep"
	grep -q 'a sweep is printed as a table' "$WORK/said" || wrong "$form: $(<"$WORK/said")"
done
! "$MTCE_COMPARE" "$sweep" "$sweep" >"$WORK/said" 2>&1 || wrong 'two sweeps were compared'
grep -q 'is of mtce-sweep' "$WORK/said" || wrong "$(<"$WORK/said")"

# make sweep's folder.
/usr/bin/python3 -c 'import matplotlib' 2>/dev/null || { echo 'python3-matplotlib is not installed'; exit 77; }
mkdir "$WORK/drawn"
cp "$sweep" "$WORK/drawn"
"$TOP/scripts/sweep" --draw "$WORK/drawn" >/dev/null
for f in table.txt sweep.csv sweep.png sweep.svg; do [[ -s $WORK/drawn/$f ]] || wrong "scripts/sweep --draw makes no $f"; done
