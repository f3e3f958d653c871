#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mtce-compare --model: estimates worked out by hand, ratios by trying all costs, and what there is no model of.
#   tests/host/model.sh FOLDER: works in FOLDER.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$1
wrong() { echo "$*"; exit 1; }
for t in jq make gcc python3; do command -v $t >/dev/null || { echo "$t is not installed"; exit 77; }; done
[[ -e /usr/include/jansson.h ]] || { echo 'libjansson-dev is not installed'; exit 77; }

# shellcheck source=SCRIPTDIR/lib/compare.sh
. "$TOP/tests/host/lib/compare.sh"
build_compare

# One page of upstream; 512 of mtce's, in one call with less of everything.
step() { # INSTRUCTIONS LINES SYNCS KILLS
	echo "{purity: 2, calls: 8, instructions_per_call: $1, instructions_per_tce: $1, instructions_per_call_samples: [$1], lines: $2,
		kinds: {instructions: $1, load_reserve: 2, store_conditional: 2, sync: $3, lwsync: 1, isync: 2, mmio_loads: 0, mmio_stores: $4,
		faults: 0, system_calls: 1}}"
}
jq -c ".scenarios = [{name: \"4k-x\", sentence: \"x\", per: \"tce\", tce_page: 4096} |
	(. + {backend: \"upstream\", tces_per_call: 1, map: $(step 600 612 3 1), unmap: $(step 700 600 9 1)}),
	(. + {backend: \"mtce\", tces_per_call: 512, map: $(step 20000 900 3 1), unmap: $(step 18000 900 3 0)})]" \
	"$TOP/tests/host/samples/run/bench.json" >"$WORK/run.json"
model() { "$COMPARE" --model --json "$1" | jq -c '.comparisons[0]'; } # FILE
model "$WORK/run.json" >"$WORK/model.json"

# By hand, of the map: 600 instructions, 512 lines flushed and 100 others, 2 reserves and 2 conditional stores, 3 sync, lwsync,
# 2 isync, a store and a system call.
python3 - "$WORK/model.json" <<'EOF' || wrong 'not what was worked out by hand'
import itertools
import json
import sys

run = json.load(open(sys.argv[1]))
row = next(r for r in run['rows'] if r['op'] == 'map')
low = (600 / 6 + (512 + 100) * 13 / 16 + 2 * 3 + 2 * 10 + 3 * 13 + 1 + 2 * 1 + 0) / 4.116 + 30
guessed = (600 * 1.5 + 2 * 13 + 2 * 50 + 3 * 200 + 30 + 2 * 40) / 3.4 + 500
high = guessed + (512 * 13 + 100 * 28 + 358) / 3.4
wanted = {'model_low_ns': low, 'model_high_ns': high, 'model_low_assumed_percent': 100 * 30 / low,
          'model_high_assumed_percent': 100 * guessed / high}
for key, value in wanted.items():
    assert abs(row['upstream'][key] - value) < 1e-6 * value, (key, row['upstream'][key], value)
low = (20000 / 6 + (512 + 388) * 13 / 16 + 2 * 3 + 2 * 10 + 3 * 13 + 1 + 2 * 1 + 0) / 4.116 + 30
assert abs(row['mtce']['model_low_ns'] * 512 - low) < 1e-6 * low, row['mtce']['model_low_ns'] * 512

# The ratio's ends are those of all 4,096 ways to have each cost low or high.
clock = [run['model']['fast_clock_ghz'], run['model']['slow_clock_ghz']]
ns = {c['name']: [c[b]['cost'] / (clock[i] if c['unit'] == 'cycles' else 1) for i, b in enumerate(('low', 'high'))]
      for c in run['model']['costs']}
def counts(instructions, lines, syncs, kills, tces):
    of = {'instruction': instructions, 'line flushed': 512, 'other line': lines - 512, 'load-reserve': 2, 'store-conditional': 2,
          'sync': syncs, 'lwsync': 1, 'isync': 2, 'MMIO store': kills, 'MMIO load': 0, 'system call': 1, 'fault': 0}
    assert set(of) == set(ns)
    return [of[name] / tces for name in ns]
for op, a, b in (('map', counts(600, 612, 3, 1, 1), counts(20000, 900, 3, 1, 512)),
                 ('unmap', counts(700, 600, 9, 1, 1), counts(18000, 900, 3, 0, 512))):
    row = next(r for r in run['rows'] if r['op'] == op)
    ratios = [sum(map(lambda x, y: x * y, a, c)) / sum(map(lambda x, y: x * y, b, c)) for c in itertools.product(*ns.values())]
    for key, value in (('model_ratio_least', min(ratios)), ('model_ratio_most', max(ratios))):
        assert abs(row[key] - value) < 1e-6 * value, (op, key, row[key], value)
EOF

# The table says what it is, and has the same numbers.
"$COMPARE" --model "$WORK/run.json" >"$WORK/table"
grep -q 'a model .* not a measurement' "$WORK/table" || wrong 'the table does not say that it is a model'
grep -qE "^4k-x +map +$(jq -r '.rows[] | select(.op == "map") | .upstream | "\(.model_low_ns | round)\\.\\.\(.model_high_ns | round) +\(.model_high_assumed_percent | round)%"' "$WORK/model.json") " "$WORK/table" ||
	wrong "the table has other numbers: $(grep 4k-x "$WORK/table")"
# No model without the kinds, the lines, or of what something else was counted with.
for spoil in 'del(.kinds)' 'del(.lines)' '.purity = 0' 'del(.kinds.sync)'; do
	jq -c "(.scenarios[] | select(.backend == \"mtce\").map) |= ($spoil)" "$WORK/run.json" >"$WORK/less.json"
	model "$WORK/less.json" | jq -e '.rows[] | select(.op == "map") | .upstream.model_low_ns and (.mtce | has("model_low_ns") | not)
		and (has("model_ratio_least") | not)' >/dev/null || wrong "a model in spite of $spoil"
done
"$COMPARE" --json "$WORK/run.json" | jq -e '.comparisons[0] | has("model") | not' >/dev/null || wrong 'a model that nobody asked for'
"$COMPARE" --model "$TOP/tests/host/samples/run/bench.json" | grep -q 'no row was counted by kinds' || wrong 'a model of counts by the CPU'
