#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What mtce-compare says of runs that somebody has spoiled: real ones of results/, changed in one thing.
#   tests/host/compare-two.sh FOLDER: works in FOLDER.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$1
wrong() { echo "$*"; exit 1; }
for t in jq make gcc; do command -v $t >/dev/null || { echo "$t is not installed"; exit 77; }; done
[[ -e /usr/include/jansson.h ]] || { echo 'libjansson-dev is not installed'; exit 77; }
newest() { find "$TOP/results" -path "$1" | sort | tail -n 1; } # PATTERN

# shellcheck source=SCRIPTDIR/lib/compare.sh
. "$TOP/tests/host/lib/compare.sh"
build_compare
# A full run, with every kind of scenario but hypercalls; smaller than it was, so that a change of it is quick.
FULL=$WORK/full.json
jq -c '.scenarios |= map(select(.name | test("^(4k-(null-ioctl|one-page|range-(8|1024)|update-(1|512)|list-512|lazy-512|smp-one-page|close-(empty|2g)|tail-range-4096|v1-one-page|register-1g)|16m-range-1024)$")))' \
	"$(newest '*Z-lab-64k-[0-9a-f]*/bench.json')" >"$FULL"
HCALL=$(newest '*-hcall-*/bench.json')

# gives STATUS WORDS ARGUMENT...: the same status for the table, JSON and CSV; WORDS are in what the table prints.
gives() {
	local status=$1 words=$2 form rc
	shift 2
	for form in --csv --json ''; do
		rc=0
		# shellcheck disable=SC2086 # none, or one word
		"$COMPARE" --check $form "$@" >"$WORK/table" 2>&1 || rc=$?
		((rc == status)) || wrong "status $rc, not $status, $form $*: $(tail -n 4 "$WORK/table")"
	done
	grep -qE -- "$words" "$WORK/table" || wrong "does not say '$words': $* $(tail -n 20 "$WORK/table")"
}
# spoil FILE FILTER: FILE changed by jq, as B.
spoil() {
	jq -c "$2" "$1" >"$WORK/b.json" || wrong "jq cannot do: $2"
	! cmp -s "$1" "$WORK/b.json" || wrong "changes nothing: $2"
}
worse() { # WORDS FILTER [FILE]: B is worse, and says in what
	local file=${3:-$FULL}
	spoil "$file" "$2"
	gives 1 "$1" "$file" "$WORK/b.json"
}
same() { # FILTER
	spoil "$FULL" "$1"
	gives 0 ' 0 better, 0 worse' "$FULL" "$WORK/b.json"
}
# Contexts: refused, and with --force told one by one.
unlike() { # KEY FILTER
	spoil "$FULL" "$2"
	gives 1 "differ in $1: " "$FULL" "$WORK/b.json"
	grep -q -- --force "$WORK/table" || wrong "$1: not refused"
	gives 0 "differ in $1: " --force "$FULL" "$WORK/b.json"
}

MTCE='.scenarios[] | select(.backend == "mtce")'
STEPS="$MTCE | objects | .[] | objects"
jq -c . "$FULL" >"$WORK/again.json"
gives 0 ' 0 better, 0 worse' "$FULL" "$WORK/again.json"
same '.context.date = "2026-12-01T00:00:00Z" | .context.load_average = "9.9 9 9" | .context.mtce_commit = "another" | .context.module_srcversions.vfio_iommu_mtce = "X"'
# Noise of an emulator is none: half as much again is not told from it.
same "($STEPS | select(.latency_ns) | .latency_ns.bins[]) |= [.[0] * 1.5, .[1] * 1.5, .[2]]"

# The disasters of the review.
worse 'worse in .*p50' '(.scenarios[] | objects | .[] | objects | select(.latency_ns) | .latency_ns.bins[]) |= [.[0] * 3, .[1] * 3, .[2]]'
worse 'is not measured in B' "($MTCE | select(.name | test(\"one-page\"))) |= {name, backend, per, failed: \"EIO\"}"
worse 'A: measured, B: MISSING' '.scenarios |= map(select(.backend != "mtce"))'
worse '^4k-range-1024 .*B: MISSING worse' '.scenarios |= map(select(.name | test("range") | not))'
worse '4k-range-1024 unmap, mtce: is not measured in B' "($MTCE | select(.name == \"4k-range-1024\")) |= del(.unmap)"
worse 'B: skipped worse' "($MTCE | select(.name == \"4k-range-1024\")) |= {name, backend, per, skipped: \"no device\"}"
worse 'worse in scaling' "($MTCE | .threads | objects) |= (.scaling *= 0.3 | .scaling_samples |= map(. * 0.3))"
worse 'worse in kill stores' "($STEPS | select(.kill_stores)) |= (.kill_stores *= 2)"
worse 'worse in kill stores' "($STEPS | select(.kill_stores)) |= (.kill_stores = null)"
worse 'worse in exits' "($STEPS | select(.exits_per_call)) |= (.exits_per_call = 1)" "$HCALL"
worse 'worse in instructions' "($STEPS | select(.instructions_per_call_samples)) |= (.instructions_per_call_samples |= map(. * 1.05))"
# Of three samples no test can tell; half as much again is told all the same, and marked.
worse '\+50\.0%\? .* worse' "($STEPS | select(.instructions_per_call_samples)) |= (.instructions_per_call_samples |= map(. * 1.5))" "$HCALL"
spoil "$HCALL" "($STEPS | select(.instructions_per_call_samples)) |= (.instructions_per_call_samples |= map(. * 1.05))"
gives 0 'rows have too few samples' "$HCALL" "$WORK/b.json"
# Two samples that are counted exactly are enough for one percent, if no interrupt is in them; the CPU's are not.
jq -c "($STEPS | select(.instructions_per_call_samples)) |= (.purity = 2 | .instructions_per_call_samples |= .[:2])" "$FULL" >"$WORK/exact.json"
exact() { # STATUS WORDS FILTER
	spoil "$WORK/exact.json" "$3"
	gives "$1" "$2" "$WORK/exact.json" "$WORK/b.json"
}
MORE='.instructions_per_call_samples |= map(. * 1.01)'
exact 1 '\+1\.00% .* worse' "($STEPS | select(.purity)) |= ($MORE)"
exact 0 'are counted exactly on both sides' "($STEPS | select(.purity)) |= (.instructions_per_call_samples |= map(. * 1.001))"
exact 0 ' 0 better, 0 worse' "($STEPS | select(.purity)) |= ($MORE | .purity = 0)"
cp "$WORK/exact.json" "$WORK/exact2.json"
gives 0 'of which [1-9][0-9]* are the same to the' "$WORK/exact.json" "$WORK/exact2.json"
# One of some hundred tests says 0.02 by chance, where it is a matter of chance: not of exact counts.
jq -c "($MTCE | select(.name == \"4k-range-1024\") | .map) |= (.purity = 0 | .instructions_per_call_samples = [101, 102, 103, 104, 105, 106, 107, 108, 109, 130])" "$FULL" >"$WORK/chance.json"
spoil "$WORK/chance.json" "($MTCE | select(.name == \"4k-range-1024\") | .map) |= (.instructions_per_call_samples = [100, 111, 112, 113, 114, 115, 116, 117, 118, 119])"
gives 0 ' 0 better, 0 worse' "$WORK/chance.json" "$WORK/b.json"
# A failure is never "equal".
jq -c "($MTCE | select(.name == \"4k-range-1024\")) |= {name, backend, per, failed: \"EIO\"}" "$FULL" >"$WORK/failed.json"
cp "$WORK/failed.json" "$WORK/failed2.json"
gives 1 'A: FAILED, B: FAILED worse' "$WORK/failed.json" "$WORK/failed2.json"
gives 1 '' "$WORK/failed.json"

unlike smt '.context.smt = "off"'
unlike governor '.context.governor = "performance"'
unlike kernel_command_line '.context.kernel_command_line += "iommu=off"'
unlike mitigations.meltdown '.context.mitigations.meltdown = "Vulnerable"'
unlike mtce_parameters.kill_threshold '.context.mtce_parameters.kill_threshold = "9"'
unlike iommu_group.devices '.context.iommu_group.devices = ["0001:01:00.0"]'
unlike effort.rounds '.effort.rounds = 1'
unlike qemu '.context.qemu = "another"'
unlike firmware '.context |= del(.firmware)'

# One file: a missed goal, a back end that lacks what others have, none of ours.
# Whether the real run meets its goals is not what is tested: it is made to.
jq -c 'del(.scenarios[] | select(.threads)) | .context.command += ["--scenario", "4k-*"] |
	(.scenarios[] | select(.name == "4k-null-ioctl" and .backend == "upstream") | .call.instructions_per_call) += 50' "$FULL" >"$WORK/one.json"
gives 0 'goals' "$WORK/one.json"
one() { # WORDS FILTER
	jq -c "$2" "$WORK/one.json" >"$WORK/b.json"
	gives 1 "$1" "$WORK/b.json"
}
one ' MISSED$' "($MTCE | select(.name == \"4k-range-1024\") | .map) |= (.instructions_per_tce = 17)"
one 'unmap, mtce: is missing' "($MTCE | select(.name == \"4k-range-1024\")) |= del(.unmap)"
# Threads are judged by what they did: one that serialises misses the goal, whatever its share is said to be. Where the machine's own two CPUs
# do hardly more than one, nothing is judged.
threads() { # SCALING MACHINE
	jq -c "(.scenarios[] | select(.name == \"4k-smp-one-page\" and .backend == \"mtce\") | .threads) |=
		(.scaling = $1 | .machine_scaling = $2 | .share_of_machine = 3) | .context.command += [\"--scenario\", \"4k-*\"]" "$FULL" >"$WORK/b.json"
	"$COMPARE" "$WORK/b.json" | grep -E -A 1 '^mtce +4k-smp-one-page +threads|^unjudged +4k-smp-one-page' |
		head -n 2 | tr -s ' \n' ' ' >"$WORK/said" || true
}
threads_are() { grep -q -- "$1" "$WORK/said" || wrong "threads: not '$1': $(<"$WORK/said")"; } # WORDS
threads 1.75 1.9; threads_are 'threads 2 threads 1.75 >= 1.71 met '
threads 1.0 1.9; threads_are '1.00 >= 1.71 MISSED '
threads 1.0 1.3; threads_are '1.00 >= 1.17 MISSED '
threads 1.9 2.6; threads_are '1.90 >= 1.80 met '
threads 1.0 1.2; threads_are 'unjudged 4k-smp-one-page: .* do only 1.20 times the work of one'
one 'a goal without a measurement' '.scenarios |= map(select(.backend != "mtce")) | .context.command = ["mtce-bench"]'
gives 0 'goals' --rows '4k-range-*' "$WORK/one.json"

# Interrupted: told in each form, and nothing to rely on.
spoil "$FULL" '.partial = {reason: "interrupted", turns_done: 5, turns: 10}'
gives 1 'is partial: it was interrupted after 50 %' "$FULL" "$WORK/b.json"
gives 1 '^PARTIAL +50 % of it: it was interrupted' --rows '4k-range-*' "$WORK/b.json"
[[ $("$COMPARE" --json "$WORK/b.json" | jq -c '.runs[0].partial.turns_done, .problems[0]') == *5*'is partial'* ]] || wrong 'the JSON does not say that a run is partial'
"$COMPARE" --csv "$WORK/b.json" 2>&1 >/dev/null | grep -q 'is partial' || wrong 'nobody who wants CSV hears that a run is partial'

# Rows by pattern, several runs a side, folders, stdin.
spoil "$FULL" "($MTCE | select(.name == \"4k-range-1024\") | .map) |= (.instructions_per_call_samples |= map(. * 2))"
gives 0 ' 0 worse' --rows '4k-update-*' --rows '4k-range-1024 unmap' "$FULL" "$WORK/b.json"
gives 1 ' 1 worse' --rows '4k-range-1024 map' "$FULL" "$WORK/b.json"
gives 1 ' 1 worse' "$FULL" "$FULL" -b "$WORK/b.json" -b "$WORK/b.json"
# One run of B is like A's: that is how far runs are apart, and no difference.
gives 0 ' 0 worse' --rows '4k-range-*' "$FULL" "$FULL" "$FULL" "$FULL" -b "$WORK/b.json" -b "$FULL" -b "$WORK/b.json" -b "$WORK/b.json"
jq -c '.scenarios |= .[1:]' "$FULL" >"$WORK/less.json"
gives 1 'is not measured in B' "$FULL" "$FULL" -b "$FULL" -b "$WORK/less.json"
mkdir -p "$WORK/folder"
cp "$FULL" "$WORK/folder/bench.json"
gives 0 ' 0 worse' "$WORK/folder" "$FULL"
"$COMPARE" --csv - <"$FULL" >"$WORK/csv" || wrong 'stdin is not taken'
awk -F, 'NR == 1 { n = NF } NF != n { exit 1 } END { exit NR < 50 }' "$WORK/csv" || wrong 'lines of the CSV are not alike'

# A percentile has ten calls beyond it, or is none.
"$COMPARE" --json "$FULL" | jq -e '[.comparisons[0].rows[] | (.upstream, .mtce).latency_ns | objects]
	| (map(select(.calls < 1000 and .p99 != null)) | length == 0) and (map(select(.calls < 20 and .p50 != null)) | length == 0)
	and (map(select(.calls >= 1000 and .p99 == null)) | length == 0) and (map(select(.calls < 20)) | length > 0)' >/dev/null ||
	wrong 'a percentile of too few calls, or none of enough'
# What is dearer than upstream is said, with a reason that is known.
"$COMPARE" --json "$FULL" | jq -e '.comparisons[0].dearer | (.rows | map("\(.scenario) \(.op)"))
	as $d | all("4k-register-1g unregister", "4k-null-ioctl call", "4k-close-2g create"; . as $row | $d | index($row)) and ($d | index("4k-range-1024 map") | not)' >/dev/null ||
	wrong 'what is dearer is not said'
for f in "$TOP"/results/*/bench.json; do
	"$COMPARE" --json "$f" | jq -e '.comparisons[0].dearer.reasons | has("other") | not' >/dev/null || wrong "$f: dearer without a reason"
done

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
# Of four and four p is 0.029 at least, but it is not the only test.
says '[7,7,7,7]' '[8,8,8,8]' '~' '0 better, 0 worse'
says '[7,7,7,7,7,7]' '[8,8,8,8,8,8]' '+14.3%' '0 better, 1 worse'

# A run that the plugin counted is none that the CPU counted.
run a "$TEN"
jq -c '.instructions_counted_by = "qemu-plugin"' "$WORK/a.json" >"$WORK/b.json"
if said=$("$COMPARE" "$WORK/a.json" "$WORK/b.json" 2>&1); then wrong 'two counters were compared'; fi
[[ $said == *'differ in who counted the instructions'* ]] || wrong "$said"
"$COMPARE" --force "$WORK/a.json" "$WORK/b.json" >"$WORK/table" 2>&1 || wrong '--force does not compare two counters'
