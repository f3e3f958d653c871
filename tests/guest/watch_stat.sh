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

total() { jq "select(.event == \"total\") | $1" "$WORK/out"; }
added_up() { jq -s "[.[] | select(.event == \"interval\") | $1] | add" "$WORK/out"; }

# The load says how many of each; the driver's own counters say what they cost. Nothing waits in the end: the load
# flushes last, and its container is gone.
numbers_are_the_loads() { # FUNCTION
	local of=$1
	same calls "$("$of" '.calls | add')" "${did[all]}" &&
		same maps "$("$of" .calls.map)" $((did[maps] + did[bad_maps])) &&
		same unmaps "$("$of" .calls.unmap)" "${did[unmaps]}" &&
		same updates "$("$of" .calls.update)" $((did[updates] + did[lazy_updates])) &&
		same lists "$("$of" .calls.put_list)" "${did[lists]}" &&
		same 'flush calls' "$("$of" .calls.flush)" "${did[flushes]}" &&
		same failed "$("$of" .failed)" "${did[bad_maps]}" &&
		same mapped "$("$of" .mapped)" "${did[mapped_tces]}" &&
		same unmapped "$("$of" .unmapped)" "${did[unmapped_tces]}"
}
numbers_are_the_drivers() {
	local reason
	same 'TCE kills' "$(total .kills.tce)" "$kills_tce" &&
		same 'PE kills' "$(total .kills.pe)" "$kills_pe" &&
		same 'lazy unmaps' "$(total .queue.came)" "$1" &&
		same flushed "$(total .queue.flushed)" "$1" &&
		same waiting "$(total .queue.now)" 0 &&
		same lost "$(total .lost)" 0 || return 1
	for reason in full timeout explicit reuse; do
		same "flushes, $reason" "$(total ".flushes.$reason")" "${did[stat_flushes_$reason]}" || return 1
	done
}

# The load holds its container until the tool has ended, because closing it kills, too.
stat_of() { # LOAD-OPTIONS... -- OPTIONS...
	local load=() name value
	while [[ $1 != -- ]]; do load+=("$1"); shift; done
	shift
	load_start --hold "${load[@]}" && tool_start "$@" || return 1
	echo go >&"${LOADER[1]}"
	did=()
	while read -r -t 60 name value; do
		did[$name]=$value
		[[ $name != stat_lazy_pending ]] || break
	done <&"${LOADER[0]}"
	did[all]=$((did[calls] + did[after_others]))
	tool_end || return 1
	kills_tce=${did[stat_kills_tce]} kills_pe=${did[stat_kills_pe]}
	eval "exec ${LOADER[1]}>&-"
	wait "$LOAD_PID" || return 1
	LOAD_PID=
}

exact() { # WAY
	local option
	option=$(way_option "$1")
	stat_of "${WORK_OPTIONS[@]}" -- --json ${option:+"$option"} || return 1
	numbers_are_the_loads total && numbers_are_the_loads added_up &&
		numbers_are_the_drivers $((did[lazy_updates] * 7 * 5))
}

# Seven lazy updates of 7 TCEs, flushed by nobody as long as the timeout is an hour.
depth_is_shown() { # WAY
	local option rc=0
	option=$(way_option "$1")
	timeout_ms=$(<"$TIMEOUT_MS")
	echo 3600000 >"$TIMEOUT_MS"
	stat_of --lazy-updates 7 --ops 7 -- --json ${option:+"$option"} || rc=1
	echo "$timeout_ms" >"$TIMEOUT_MS"
	((rc == 0)) && same waiting "$(total .queue.now)" 49 && same came "$(total .queue.came)" 49 &&
		same flushed "$(total .queue.flushed)" 0 && same 'at the driver' "${did[stat_lazy_pending]}" 49
}
# The same, with threads that get in each other's way: waits cannot be foretold, all else can.
threads_are_counted() { # WAY
	local option
	option=$(way_option "$1")
	stat_of --threads 7 --maps 1009 --unmaps 503 --lazy-updates 101 --flushes 11 --updates 211 --ops 3 -- --json ${option:+"$option"} || return 1
	echo "# lock waits: $(total -c .lock_waits 2>/dev/null || total .lock_waits | tr -d '\n')"
	numbers_are_the_loads total && numbers_are_the_drivers $((did[lazy_updates] * 3))
}

# A PE kill is one store however much it is for; without a whole PE every entry is one.
scopes() { # THRESHOLD
	local parameter=/sys/module/$MODULE/parameters/kill_threshold before rc=0
	before=$(<"$parameter")
	echo "$1" >"$parameter"
	stat_of --maps 7 --unmaps 5 --pages 11 -- --json || rc=1
	echo "$before" >"$parameter"
	((rc == 0)) || return 1
	case $1 in
	0) same 'PE kills' "$(total .kills.pe)" "$kills_pe" && same 'of calls' "$kills_pe" 12 && same 'TCE kills' "$(total .kills.tce)" 0 ;;
	*) same 'TCE kills' "$(total .kills.tce)" "$kills_tce" && same 'of entries' "$kills_tce" 132 && same 'PE kills' "$(total .kills.pe)" 0 ;;
	esac
}

text_of_the_total() {
	stat_of "${WORK_OPTIONS[@]}" -- --total || return 1
	grep -q "^  calls  *${did[all]}, ${did[bad_maps]} of them failed: .*map $((did[maps] + did[bad_maps])) unmap ${did[unmaps]} " "$WORK/out" &&
		grep -q "^  TCEs  *${did[mapped_tces]} mapped, ${did[unmapped_tces]} unmapped$" "$WORK/out" &&
		grep -q "^  kill stores  *$kills_tce of a TCE, $kills_pe of a PE$" "$WORK/out" &&
		grep -q '^  lost  *0 events$' "$WORK/out" && ! grep -q '^TIME' "$WORK/out" && return 0
	sed 's/^/# /' "$WORK/out"
	return 1
}
text_is_narrow() {
	stat_of "${WORK_OPTIONS[@]}" -- || return 1
	same 'longer than 80' "$(awk '/^total/ { exit } length > 80' "$WORK/out" | wc -l)" 0 &&
		same 'calls of all lines' "$(awk '/^total/ { exit } /^[0-9]/ { n += $2 } END { print n }' "$WORK/out")" "${did[all]}" &&
		same 'columns' "$(awk '/^TIME/ { n = NF } /^[0-9]/ && NF != n { print "uneven" }' "$WORK/out")" ''
}
so_many_lines() {
	timeout 30 "$TOOL" 1 2 >"$WORK/out" 2>"$WORK/err" || return 1
	same lines "$(grep -c '^[0-9][0-9]:' "$WORK/out")" 2 && same totals "$(grep -c '^total' "$WORK/out")" 1
}
full_disk() { refuses 1 'cannot write the output' sh -c "'$TOOL' 1 1 >/dev/full"; }

echo 'TAP version 13'
for way in "${WAYS[@]}"; do
	check "every_number_is_exact_$way" exact "$way"
	check "the_queue_is_as_deep_as_it_is_$way" depth_is_shown "$way"
	check "many_threads_lose_nothing_$way" threads_are_counted "$way"
done
check a_kill_of_a_pe_is_one_store scopes 0
check a_kill_of_entries_is_one_store_each scopes 4294967295
check text_says_the_same text_of_the_total
check text_fits_into_80_columns text_is_narrow
check it_ends_after_so_many_lines so_many_lines
check a_full_disk_is_an_error full_disk
common_mistakes
check a_bad_interval_is_refused refuses 2 'whole number' "$TOOL" 0
check a_bad_count_is_refused refuses 2 'whole number' "$TOOL" 1 many
check a_third_argument_is_refused refuses 2 'Usage' "$TOOL" 1 2 3
watch_done
