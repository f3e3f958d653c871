#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What mtce-compare says of two runs: of nothing against something, of few samples, of equal ones.
#   tests/host/compare-two.sh FOLDER: works in FOLDER.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$1
wrong() { echo "$*"; exit 1; }
for t in jq make gcc; do command -v $t >/dev/null || { echo "$t is not installed"; exit 77; }; done
[[ -e /usr/include/jansson.h ]] || { echo 'libjansson-dev is not installed'; exit 77; }

mkdir -p "$WORK/tree"
cp -r "$TOP/bench" "$TOP/uapi" "$WORK/tree"
make -s -C "$WORK/tree/bench" clean
make -s -C "$WORK/tree/bench" O=1 mtce-compare
COMPARE=$WORK/tree/bench/mtce-compare

run() { # NAME SAMPLES: a run whose one-page maps have these
	jq -c --argjson samples "$2" '.scenarios |= [.[] | select(.name == "4k-one-page" and .backend == "mtce")
		| .map.instructions_per_call_samples = $samples]' "$TOP/tests/host/samples/run/bench.json" >"$WORK/$1.json"
}
# says A B CHANGE WORDS: the samples A against B, as mtce-compare shows them; both are JSON.
says() {
	local row
	run a "$1"
	run b "$2"
	"$COMPARE" "$WORK/a.json" "$WORK/b.json" >"$WORK/table" || wrong "$1, $2: it failed"
	row=$(awk '$1 == "4k-one-page" && $2 == "map" { print; exit }' "$WORK/table")
	# A column may be empty.
	[[ $(tr -d ' ' <<<"${row:59:7}") == "${3// /}" ]] || wrong "$1, $2: not '$3' in: $row"
	grep -qE "^2 rows: .* $4$" "$WORK/table" || wrong "$1, $2: not '$4' in: $(grep ' rows: ' "$WORK/table")"
	"$COMPARE" --json "$WORK/a.json" "$WORK/b.json" | jq -e . >/dev/null || wrong "$1, $2: no JSON"
}

TEN='[100,100,100,100,100,100,100,100,100,100]'
ZERO='[0,0,0,0,0,0,0,0,0,0]'
says "$ZERO" "$TEN" 'from 0' '0 better, 1 worse'
says "$TEN" "$ZERO" '-100.0%' '1 better, 0 worse'
says "$ZERO" "$ZERO" '~' '0 better, 0 worse'
says "$TEN" "${TEN//100/110}" '+10.0%' '0 better, 1 worse'
# Three and three can be told apart one time in ten by chance, also if they are alike among themselves.
says '[7,7,7]' '[8,8,8]' '~' '0 better, 0 worse'
says '[7,7.1,7.2]' '[8,8.1,8.2]' '~' '0 better, 0 worse'
says '[7,7,7,7]' '[8,8,8,8]' '+14.3%' '0 better, 1 worse'
