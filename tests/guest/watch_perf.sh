#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What bpf/PERF.md recommends, on calls whose number is known: perf counts exactly these.
# Functions are called by name, through check.
# shellcheck disable=SC2317
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=SCRIPTDIR/lib/watch.sh
. "$HERE/lib/watch.sh"
PARAMETERS=/sys/module/vfio_iommu_mtce/parameters
# Primes, so that no number is the sum of others by accident.
WORK=(--maps 101 --unmaps 89 --bad-maps 3 --updates 13 --ops 7 --lists 17 --pages 5 --lazy-updates 11 --flushes 3)

[[ ${MTCE_BACKEND:-mtce} == mtce ]] || skip_all 'perf is tried on one back end'
[[ -d $PARAMETERS ]] || skip_all 'vfio_iommu_mtce is not loaded'
command -v perf >/dev/null || skip_all 'perf is not installed'

DIR=$(mktemp -d)
timeout_ms=$(<"$PARAMETERS/lazy_timeout_ms")
finish() {
	echo "$timeout_ms" >"$PARAMETERS/lazy_timeout_ms"
	rm -rf "$DIR"
}
trap finish EXIT

declare -A did
# What the load says, in the file that it wrote under perf.
read_load() { # FILE
	local name value
	did=()
	while read -r name value; do did[$name]=$value; done <"$1"
	[[ ${did[errors]-} == 0 ]]
}
# perf sees all of the process: set-up too.
all_calls() {
	echo $((did[calls] + did[setup_registers] + did[setup_removes] + did[setup_creates] + did[setup_maps] +
		did[setup_others] + did[after_others]))
}

counted() { awk -F, -v event="mtce:mtce_$1" '$3 == event { print $1 }' "$DIR/stat"; }
stat_counts() {
	local rc=0
	perf stat -x, -o "$DIR/stat" -e 'mtce:*' "$LOAD" "${WORK[@]}" >"$DIR/load" || return 1
	read_load "$DIR/load" || return 1
	same begun "$(counted call_begin)" "$(all_calls)" || rc=1
	same ended "$(counted call_end)" "$(all_calls)" || rc=1
	same 'calls that queue' "$(counted queue)" "${did[lazy_updates]}" || rc=1
	same flushes "$(counted flush)" "${did[stat_flushes_explicit]}" || rc=1
	same registered "$(counted register)" 1 || rc=1
	same unregistered "$(counted unregister)" 1 || rc=1
	return "$rc"
}

# perf prints the number of a call, unless the kernel tells it the name (README.md in bpf/).
declare -A kind=([map]=1 [unmap]=2 [update]=3 [put_list]=4 [flush]=5)
calls_of() { grep -E "call=($1|0x${kind[$1]}) " "$DIR/script" || true; }
recorded() { calls_of "$1" | wc -l; }
sum_recorded() { # CALL FIELD
	calls_of "$1" | awk -v field="$2=" '{ for (i = 1; i <= NF; i++)
		if (index($i, field) == 1) n += substr($i, length(field) + 1) } END { print n + 0 }'
}
record_has_every_call() {
	local rc=0
	perf record -q -o "$DIR/data" -e mtce:mtce_call_end -- "$LOAD" "${WORK[@]}" >"$DIR/load" || return 1
	read_load "$DIR/load" || return 1
	perf script -i "$DIR/data" -F event,trace >"$DIR/script" 2>"$DIR/err" || { sed 's/^/# /' "$DIR/err"; return 1; }
	same events "$(grep -c 'mtce:mtce_call_end' "$DIR/script")" "$(all_calls)" || rc=1
	same maps "$(recorded map)" $((did[maps] + did[bad_maps] + did[setup_maps])) || rc=1
	same unmaps "$(recorded unmap)" "${did[unmaps]}" || rc=1
	same updates "$(recorded update)" $((did[updates] + did[lazy_updates])) || rc=1
	same lists "$(recorded put_list)" "${did[lists]}" || rc=1
	same flushes "$(recorded flush)" "${did[flushes]}" || rc=1
	same 'pages of unmaps' "$(sum_recorded unmap pages)" $((did[unmaps] * 5)) || rc=1
	same 'entries of lists' "$(sum_recorded put_list mapped)" $((did[lists] * 5)) || rc=1
	return "$rc"
}
report_sums_up() {
	perf report -i "$DIR/data" --stdio -q -F sample,comm 2>/dev/null >"$DIR/report" || return 1
	same 'samples of load' "$(awk '$2 == "load" { n += $1 } END { print n + 0 }' "$DIR/report")" "$(all_calls)"
}

trace_has_every_call() {
	perf trace -o "$DIR/trace" -e mtce:mtce_call_end "$LOAD" "${WORK[@]}" >"$DIR/load" || return 1
	read_load "$DIR/load" || return 1
	same lines "$(grep -c 'mtce:mtce_call_end' "$DIR/trace")" "$(all_calls)"
}

echo 'TAP version 13'
echo 60000 >"$PARAMETERS/lazy_timeout_ms"
export MTCE_BACKEND=mtce
check perf_stat_counts_every_call stat_counts
check perf_record_has_every_call record_has_every_call
check perf_report_sums_up report_sums_up
check perf_trace_has_every_call trace_has_every_call
[[ ! ${MTCE_OUT-} ]] || cp "$DIR"/{stat,script,report,trace} "$MTCE_OUT/" 2>/dev/null || true
watch_done
