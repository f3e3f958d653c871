#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Figures that documents quote are in their data; and scripts/figures notices one that is not, and another driver.
#   tests/host/figures.sh FOLDER: works in FOLDER. Prints warnings about quoted runs of an older driver.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$1
wrong() { echo "$*"; exit 1; }
for t in python3 git jq make gcc; do command -v $t >/dev/null || { echo "$t is not installed"; exit 77; }; done
[[ -e /usr/include/jansson.h ]] || { echo 'libjansson-dev is not installed'; exit 77; }

# shellcheck source=SCRIPTDIR/lib/compare.sh
. "$TOP/tests/host/lib/compare.sh"
build_compare
# Figures of another driver than the one that is here are wrong, too. MTCE_OLD_FIGURES=1, while that is worked on: a warning.
how=--release
[[ ! ${MTCE_OLD_FIGURES-} ]] || how=--check
"$TOP/scripts/figures" $how --compare "$COMPARE" ||
	wrong 'measure again, and name the new runs: results/README.md. MTCE_OLD_FIGURES=1 warns only of figures of another driver'

# A checkout of its own, with one quote and a driver.
COPY=$WORK/copy RUN=results/20261122T000000Z-sample
mkdir -p "$COPY"/{scripts,driver,uapi,$RUN}
cp "$TOP/scripts/figures" "$COPY/scripts"
cp "$TOP/tests/host/samples/run/bench.json" "$COPY/$RUN"
echo 'int driver;' >"$COPY/driver/main.c"
quote() { # TEMPLATE TEXT: a document, and a man page
	printf '%s\n' "<!-- figures $RUN" "$1" '-->' "$2" '<!-- /figures -->' >"$COPY/README.md"
	printf '%s\n' '.TH X 1' ".\\\" figures $RUN" ".\\\" $1" "$2" '.\" /figures' 'end' >"$COPY/x.1"
}
git_copy() { git -C "$COPY" -c user.name=x -c user.email=x@example.org "$@"; }
says() { # STATUS WORDS ARGUMENT...
	local status=$1 words=$2 rc=0
	shift 2
	"$COPY/scripts/figures" --compare "$COMPARE" "$@" >"$WORK/said" 2>&1 || rc=$?
	((rc == status)) || wrong "status $rc, not $status: $* $(cat "$WORK/said")"
	[[ ! $words ]] || grep -q -- "$words" "$WORK/said" || wrong "does not say '$words': $* $(cat "$WORK/said")"
}
quote 'maps: {4k-one-page map upstream}' 'maps: ?'
git_copy init -q
git_copy add -A
git_copy commit -qm first
printf '{"mtce_commit": "%s", "mtce_dirty": false}\n' "$(git_copy rev-parse HEAD)" >"$COPY/$RUN/context.json"
says 1 'README.md: not in the data: maps: ?' --check
says 1 'x.1: not in the data: maps: ?' --check
says 0 '' --write
grep -qx "maps: $(jq -r '.scenarios[] | select(.name == "4k-one-page" and .backend == "upstream") | .map.instructions_per_tce | round |
	"\(. / 1000 | floor),\(. % 1000)"' "$COPY/$RUN/bench.json")" "$COPY/README.md" || wrong 'not the figure of the run'
says 0 '' --check
says 0 '' --release
# Another number, in the text or in the data; a figure that is nowhere; a run that is gone.
sed -i 's/^maps: [0-9]/&9/' "$COPY/README.md"
says 1 'README.md: not in the data' --check
says 0 '' --write
jq -c '(.scenarios[] | select(.name == "4k-one-page") | .map) |= (.instructions_per_tce *= 2)' "$COPY/$RUN/bench.json" >"$WORK/other.json"
cp "$COPY/$RUN/bench.json" "$WORK/true.json"
cp "$WORK/other.json" "$COPY/$RUN/bench.json"
says 1 'x.1: not in the data' --check
cp "$WORK/true.json" "$COPY/$RUN/bench.json"
quote '{4k-no-such map upstream}' 1
says 1 '4k-no-such map upstream}: is not in the data' --check
sed -i "s#$RUN#results/gone#" "$COPY/README.md"
says 1 'there is no results/gone' --check
# What is dearer than upstream: each reason, with how many rows it has.
quote '{dearer short}' '?'
says 0 '' --write
"$COMPARE" --json "$COPY/$RUN" | jq -r '.comparisons[0].dearer | .rows as $r | .reasons | to_entries[] | .key as $k | "| \(.key) | \([$r[] | select(.reason == $k)] | length) | "' |
	while IFS= read -r row; do grep -qF -- "$row" "$COPY/README.md" || wrong "not in the table of what is dearer: $row"; done
# Of other kinds of data, and of two figures one.
rm "$COPY/x.1"
OTHER=results/20261122T000001Z
mkdir -p "$COPY/$OTHER"-{watched,guests,sweep}
echo '{"tools": [{"name": "none", "map": {"instructions_per_call": 2000}}, {"name": "tool", "map": {"instructions_per_call": 3000}}]}' >"$COPY/$OTHER-watched/watched.json"
printf '%s\n' 'mtce 4k small section 7' 'mtce 4k small kvm/kvm_userspace_exit:19 40' 'mtce 4k large section 8' 'mtce 4k large kvm/kvm_userspace_exit:19 2' \
	'mtce 4k large vfio/ioctl:536886130 5' >"$COPY/$OTHER-guests/facts"
printf '7\t100\t0\n8\t1000\t2\n' >"$COPY/$OTHER-guests/kills.tsv"
echo '{"points": [{"work": "storm", "lazy": true, "lazy_entries": 64, "lazy_timeout_ms": 1, "kill_threshold": 8, "kill_stores": 30, "kill_counter_of_maps": 10, "tces": 100}]}' \
	>"$COPY/$OTHER-sweep/sweep.json"
for kind in watched guests sweep; do cp "$COPY/$RUN/context.json" "$COPY/$OTHER-$kind"; done
others() { # RUN TEMPLATE TEXT
	printf '%s\n' "<!-- figures $1" "$2" '-->' '?' '<!-- /figures -->' >"$COPY/README.md"
	says 0 '' --write
	grep -qxF "$3" "$COPY/README.md" || wrong "not '$3': $(tail -n 2 "$COPY/README.md")"
}
others "$OTHER-watched" '{tool map}, {tool map above none}, {tool map / none map} times, {more tool map / none map}, {more none map / tool map}' \
	'3,000, 1,000, 1.50 times, 50.0 % more, 33.3 % fewer'
others "$OTHER-guests" '{mtce 4k small kills} {mtce 4k small,large kills} {mtce 4k small,large exits} {mtce 4k small maps} {mtce 4k large maps}' '100 1,100 42 0 5'
others "$OTHER-sweep" '{storm 64 1 8 kills}' 0.200
quote '{tool map}' 1
sed -i "s#$RUN#$OTHER-guests#" "$COPY/README.md"
says 1 'README.md: {tool map}' --check
# The driver changed: a word now, a refusal before a release. What is not compiled does not matter.
quote 'maps: {4k-one-page map upstream}' '?'
says 0 '' --write
echo text >"$COPY/driver/README.md"
git_copy add -A
git_copy commit -qm second
says 0 '' --release
echo 'int other;' >>"$COPY/driver/main.c"
says 0 '^warning: driver/ or uapi/ changed after' --check
says 1 'driver/ or uapi/ changed after' --release
# Unless it is said why the figures are those of this driver, too; of the next one that says nothing.
git_copy commit -qam third
echo "${RUN#results/} | $(git_copy rev-parse HEAD) | an int that nobody reads" >"$COPY/results/older-drivers"
says 0 '' --release
echo 'int another;' >>"$COPY/driver/main.c"
says 1 'driver/ or uapi/ changed after' --release
echo "${RUN#results/} | $(git_copy rev-parse HEAD) |" >"$COPY/results/older-drivers"
git_copy checkout -q driver/main.c
says 1 'driver/ or uapi/ changed after' --release
rm "$COPY/results/older-drivers"
# A clone without history cannot tell, and says so.
git clone -q --depth 1 "file://$COPY" "$WORK/shallow"
"$WORK/shallow/scripts/figures" --release --compare "$COMPARE" >"$WORK/said" 2>&1 || wrong "a shallow clone is refused: $(<"$WORK/said")"
grep -q '^warning: .* which this checkout does not have' "$WORK/said" || wrong 'a shallow clone says nothing'
rm "$COPY/README.md" "$COPY/x.1"
says 1 'no document quotes a run' --check
