#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mtcestat's numbers are those of a known load, and of the driver's own counters.
# Functions are called by name, through check.
# shellcheck disable=SC2317
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=SCRIPTDIR/lib/watch.sh
. "$HERE/lib/watch.sh"
watch_needs mtcestat

WORK_OPTIONS=(--maps 101 --unmaps 89 --bad-maps 13 --updates 23 --ops 7 --lists 17 --pages 5 --lazy-updates 11 --flushes 3)
TIMEOUT_MS=/sys/module/$MODULE/parameters/lazy_timeout_ms

# Every number of the total by its path, and of all intervals added up.
# shellcheck disable=SC2016 # jq's variables
SUMMARY='
	(.[] | select(.event == "total") | paths(numbers) as $p | "total.\($p | join(".")) \(getpath($p))"),
	([.[] | select(.event == "interval")] as $i | ($i[0] | paths(numbers)) as $p |
		"added.\($p | join(".")) \([$i[] | getpath($p)] | add)"),
	"total.calls \(.[-1].calls | add)", "added.calls \([.[:-1][].calls[]] | add)"'

# The load says how many of each; the driver's own counters say what they cost. Nothing waits in the end: the load
# flushes last, and its container is gone.
numbers_are_the_loads() { # total|added
	local of=$1
	same calls "${got[$of.calls]}" "${did[all]}" &&
		same maps "${got[$of.calls.map]}" $((did[maps] + did[bad_maps])) &&
		same unmaps "${got[$of.calls.unmap]}" "${did[unmaps]}" &&
		same updates "${got[$of.calls.update]}" $((did[updates] + did[lazy_updates])) &&
		same lists "${got[$of.calls.put_list]}" "${did[lists]}" &&
		same 'flush calls' "${got[$of.calls.flush]}" "${did[flushes]}" &&
		same failed "${got[$of.failed]}" "${did[bad_maps]}" &&
		same mapped "${got[$of.mapped]}" "${did[mapped_tces]}" &&
		same unmapped "${got[$of.unmapped]}" "${did[unmapped_tces]}"
}
numbers_are_the_drivers() { # LAZY-UNMAPS
	local reason
	same 'TCE kills' "${got[total.kills.tce]}" "${did[stat_kills_tce]}" &&
		same 'PE kills' "${got[total.kills.pe]}" "${did[stat_kills_pe]}" &&
		same 'lazy unmaps' "${got[total.queue.came]}" "$1" &&
		same flushed "${got[total.queue.flushed]}" "$1" &&
		same waiting "${got[total.queue.now]}" 0 &&
		same lost "${got[total.lost]}" 0 || return 1
	for reason in full timeout explicit reuse; do
		same "flushes, $reason" "${got[total.flushes.$reason]}" "${did[stat_flushes_$reason]}" || return 1
	done
}

# The load holds its container until the tools have ended, because closing it kills, too.
watch_load() { # LOAD-OPTIONS... -- TOOLS...
	local load=()
	while [[ $1 != -- ]]; do load+=("$1"); shift; done
	shift
	load_start --hold "${load[@]}" && tools_start "$@" && load_work && tools_end && load_close
}

# Threads, so that all processors count. Four tools watch.
round_one() {
	watch_load --threads 3 "${WORK_OPTIONS[@]}" -- by_type_information --json \
		by_classic_tracepoints '--json --no-module-btf' text '' total --total
}
exact() { # WAY
	json_read "$1" "$SUMMARY" && numbers_are_the_loads total && numbers_are_the_loads added &&
		numbers_are_the_drivers $((did[lazy_updates] * 7 * 5))
}
text_of_the_total() {
	grep -q "^  calls  *${did[all]}, ${did[bad_maps]} of them failed: .*map $((did[maps] + did[bad_maps])) unmap ${did[unmaps]} " "$WORK/total.out" &&
		grep -q "^  TCEs  *${did[mapped_tces]} mapped, ${did[unmapped_tces]} unmapped$" "$WORK/total.out" &&
		grep -q "^  kill stores  *${did[stat_kills_tce]} of a TCE, ${did[stat_kills_pe]} of a PE$" "$WORK/total.out" &&
		grep -q '^  lost  *0 events$' "$WORK/total.out" && ! grep -q '^TIME' "$WORK/total.out" && return 0
	sed 's/^/# /' "$WORK/total.out"
	return 1
}
text_is_narrow() {
	same 'longer than 80' "$(awk '/^total/ { exit } length > 80' "$WORK/text.out" | wc -l)" 0 &&
		same 'calls of all lines' "$(awk '/^total/ { exit } /^[0-9]/ { n += $2 } END { print n }' "$WORK/text.out")" "${did[all]}" &&
		same 'columns' "$(awk '/^TIME/ { n = NF } /^[0-9]/ && NF != n { print "uneven" }' "$WORK/text.out")" ''
}

# Seven lazy updates of 7 TCEs, flushed by nobody as long as the timeout is an hour.
long_timeout() {
	local before rc=0
	before=$(<"$TIMEOUT_MS")
	echo 3600000 >"$TIMEOUT_MS"
	watch_load --lazy-updates 7 --ops 7 -- by_type_information --json by_classic_tracepoints '--json --no-module-btf' || rc=1
	echo "$before" >"$TIMEOUT_MS"
	return "$rc"
}
depth_is_shown() { # WAY
	json_read "$1" "$SUMMARY" && same waiting "${got[total.queue.now]}" 49 && same came "${got[total.queue.came]}" 49 &&
		same flushed "${got[total.queue.flushed]}" 0 && same 'at the driver' "${did[stat_lazy_pending]}" 49
}

# A PE kill is one store however much it is for; without a whole PE every entry is one.
scopes() { # THRESHOLD TCE-STORES PE-STORES
	local parameter=/sys/module/$MODULE/parameters/kill_threshold before rc=0
	before=$(<"$parameter")
	echo "$1" >"$parameter"
	watch_load --maps 7 --unmaps 5 --pages 11 -- scope --total || rc=1
	echo "$before" >"$parameter"
	((rc == 0)) && same 'stores of a TCE, by the driver' "${did[stat_kills_tce]}" "$2" &&
		same 'stores of a PE, by the driver' "${did[stat_kills_pe]}" "$3" &&
		grep -q "^  kill stores  *$2 of a TCE, $3 of a PE$" "$WORK/scope.out"
}
so_many_lines() {
	timeout 30 "$TOOL" 1 2 >"$WORK/out" 2>"$WORK/err" || return 1
	same lines "$(grep -c '^[0-9][0-9]:' "$WORK/out")" 2 && same totals "$(grep -c '^total' "$WORK/out")" 1
}
full_disk() { refuses 1 'cannot write the output' sh -c "'$TOOL' 1 1 >/dev/full"; }

echo 'TAP version 13'
check four_tools_watch_one_load round_one
for way in "${!WAY[@]}"; do check "every_number_is_exact_$way" exact "$way"; done
check text_says_the_same text_of_the_total
check text_fits_into_80_columns text_is_narrow
check a_queue_fills long_timeout
for way in "${!WAY[@]}"; do check "the_queue_is_as_deep_as_it_is_$way" depth_is_shown "$way"; done
check a_kill_of_a_pe_is_one_store scopes 0 0 12
check a_kill_of_entries_is_one_store_each scopes 4294967295 132 0
check it_ends_after_so_many_lines so_many_lines
check a_full_disk_is_an_error full_disk
common_mistakes
check a_bad_interval_is_refused refuses 2 'whole number' "$TOOL" 0
check a_bad_count_is_refused refuses 2 'whole number' "$TOOL" 1 many
check a_third_argument_is_refused refuses 2 'Usage' "$TOOL" 1 2 3
watch_done
