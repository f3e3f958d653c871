#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mtcesnoop shows every call, exactly those that its filters want, and says what it lost.
# Functions are called by name, through check.
# shellcheck disable=SC2317
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=SCRIPTDIR/lib/watch.sh
. "$HERE/lib/watch.sh"
watch_needs mtcesnoop

WORK_OPTIONS=(--maps 101 --unmaps 89 --bad-maps 13 --updates 23 --ops 7 --lists 17 --pages 5 --lazy-updates 11 --flushes 3)

calls() { jq -s "[.[] | select(.event == \"call\") | $1] | length" "$WORK/out"; }
total() { jq -s "[.[] | select(.event == \"call\") | .$1] | add // 0" "$WORK/out"; }
end() { jq "select(.event == \"end\") | .$1" "$WORK/out"; }

# Between the load's set-up and its end.
snoop() { # LOAD-OPTIONS... -- OPTIONS...
	local load=()
	while [[ $1 != -- ]]; do load+=("$1"); shift; done
	shift
	load_start "${load[@]}" && tool_start "$@" && load_go && tool_end
}

every_call() { # WAY
	local option
	option=$(way_option "$1")
	snoop "${WORK_OPTIONS[@]}" -- --json ${option:+"$option"} || return 1
	same calls "$(calls .)" "${did[all]}" &&
		same maps "$(calls 'select(.call == "map")')" $((did[maps] + did[bad_maps])) &&
		same unmaps "$(calls 'select(.call == "unmap")')" "${did[unmaps]}" &&
		same updates "$(calls 'select(.call == "update")')" $((did[updates] + did[lazy_updates])) &&
		same lists "$(calls 'select(.call == "put_list")')" "${did[lists]}" &&
		same flushes "$(calls 'select(.call == "flush")')" "${did[flushes]}" &&
		same others "$(calls 'select(.call == "other")')" "${did[after_others]}" &&
		same failed "$(calls 'select(.result < 0)')" "${did[bad_maps]}" &&
		same mapped "$(total mapped)" "${did[mapped_tces]}" &&
		same unmapped "$(total unmapped)" "${did[unmapped_tces]}" &&
		same operations "$(jq -s '[.[] | select(.call == "update") | .done] | add' "$WORK/out")" "${did[operations]}" &&
		same names "$(calls 'select(.comm == "load")')" "${did[all]}" &&
		same containers "$(jq -s '[.[] | .container // empty] | unique | length' "$WORK/out")" 1 &&
		same shown "$(end shown)" "${did[all]}" && same filtered "$(end filtered)" 0 && same lost "$(end lost)" 0
}
# The parts of a call take no longer than the call, and take some of it.
stages_fit() {
	same 'too long' "$(calls 'select(.copy_ns + .lock_ns + .pin_ns + .write_ns + .kill_ns > .total_ns)')" 0 &&
		same 'maps without a time' "$(calls 'select(.call == "map" and .result == 0 and .write_ns == 0)')" 0
}
way_is_as_asked() { # WAY
	case $1 in
	by_type_information) grep -q 'by its type information' "$WORK/err" ;;
	*) grep -q 'by classic tracepoints' "$WORK/err" ;;
	esac
}

filter_shows() { # LOAD-COUNT OPTIONS...: so many of all calls, and counts the others
	local name=$1
	shift
	snoop "${WORK_OPTIONS[@]}" -- --json "$@" || return 1
	same shown "$(calls .)" "${did[$name]}" && same filtered "$(end filtered)" $((did[all] - did[$name]))
}
nothing() { # OPTIONS...
	did[none]=0
	snoop "${WORK_OPTIONS[@]}" -- --json "$@" || return 1
	same shown "$(calls .)" 0 && same filtered "$(end filtered)" "${did[all]}"
}
only_this_process() {
	load_start "${WORK_OPTIONS[@]}" && tool_start --json --pid "$LOAD_PID" && load_go && tool_end &&
		same shown "$(calls .)" "${did[all]}"
}
# Its number is seen in the calls of the load's set-up.
only_this_container() { # short|long
	local container
	tool_start --json && load_start "${WORK_OPTIONS[@]}" && tool_end || return 1
	container=$(jq -rs '[.[] | .container // empty][0]' "$WORK/out")
	[[ $container == 0x* ]] || return 1
	[[ $1 == long ]] || container=$(printf %03x $((container >> 8 & 0xfff)))
	tool_start --json --container "$container" && load_go && tool_end &&
		same shown "$(calls .)" "${did[all]}"
}
some_are_slower() {
	local us
	snoop --maps 101 --unmaps 89 -- --json || return 1
	us=$(($(jq -s '[.[] | .total_ns // empty] | sort | .[length / 2 | floor]' "$WORK/out") / 1000))
	snoop --maps 101 --unmaps 89 -- --json --min-us "$us" || return 1
	same 'shown and filtered' $(($(end shown) + $(end filtered))) "${did[all]}" &&
		same 'too fast' "$(calls "select(.total_ns < $us * 1000)")" 0
}

text_is_narrow() {
	snoop "${WORK_OPTIONS[@]}" -- || return 1
	same lines "$(wc -l <"$WORK/out")" $((did[all] + 1)) &&
		same 'longer than 80' "$(awk 'length > 80' "$WORK/out" | wc -l)" 0 &&
		same 'failed in words' "$(grep -c ' ENXIO$' "$WORK/out")" "${did[bad_maps]}" &&
		grep -q "${did[all]} calls shown, 0 filtered out, 0 lost" "$WORK/err"
}
stages_are_shown() {
	snoop "${WORK_OPTIONS[@]}" -- --stages || return 1
	same lines "$(wc -l <"$WORK/out")" $((did[all] + 1)) &&
		same 'whole updates' "$(grep -c ' 7/   7 ' "$WORK/out")" $((did[updates] + did[lazy_updates]))
}
ends_by_itself() {
	load_start "${WORK_OPTIONS[@]}" && tool_start -n 7 && load_go || return 1
	tool_wait
	same status "$TOOL_RC" 0 && same lines "$(wc -l <"$WORK/out")" 8
}
# Stopped while more comes than its buffer holds: all are accounted for.
loss_is_counted() { # WAY
	local option
	option=$(way_option "$1")
	load_start --maps 1009 --unmaps 997 && tool_start --json --buffer 64 ${option:+"$option"} || return 1
	kill -STOP "$TOOL_PID"
	load_go || return 1
	kill -CONT "$TOOL_PID"
	tool_end || return 1
	echo "# $(tail -n 1 "$WORK/err")"
	same 'shown lines' "$(calls .)" "$(end shown)" &&
		same 'shown and lost' $(($(end shown) + $(end lost))) "${did[all]}" && (($(end lost) > 0))
}
full_disk() {
	local rc=0
	load_start --maps 11 && tool_start -n 11 || return 1
	tool_end || return 1
	"$TOOL" -n 11 >/dev/full 2>"$WORK/err" &
	TOOL_PID=$!
	wait_for "$WORK/err" watching && load_go || return 1
	wait "$TOOL_PID" || rc=$?
	TOOL_PID=
	same status "$rc" 1 && grep -q 'cannot write the output' "$WORK/err"
}

echo 'TAP version 13'
for way in "${WAYS[@]}"; do
	check "every_call_is_shown_$way" every_call "$way"
	check "the_way_is_as_asked_$way" way_is_as_asked "$way"
	check "stages_fit_into_their_call_$way" stages_fit
	check "lost_calls_are_counted_$way" loss_is_counted "$way"
done
check failed_calls_only filter_shows bad_maps --failed
check one_errno_only filter_shows bad_maps --result ENXIO
check another_errno_shows_nothing nothing --result ENOENT
check one_kind_only filter_shows lists --call put_list
check filters_together filter_shows bad_maps --failed --call map
check failed_calls_of_another_kind nothing --failed --call update
check one_process_only only_this_process
check another_process_shows_nothing nothing --pid 1
check one_container_only only_this_container long
check one_container_by_its_short_number only_this_container short
check another_container_shows_nothing nothing --container dead00000000
check slow_calls_only some_are_slower
check text_fits_into_80_columns text_is_narrow
check stages_are_shown_in_text stages_are_shown
check it_ends_after_so_many_lines ends_by_itself
check a_full_disk_is_an_error full_disk
common_mistakes
check an_unknown_call_is_refused refuses 2 "no call 'mop'" "$TOOL" --call mop
check an_unknown_errno_is_refused refuses 2 'ENOSUCH' "$TOOL" --result ENOSUCH
check a_bad_number_is_refused refuses 2 'whole number' "$TOOL" --pid -3
check an_odd_buffer_is_refused refuses 2 'power of two' "$TOOL" --buffer 100
check an_argument_is_refused refuses 2 'Too many arguments' "$TOOL" 1
watch_done
