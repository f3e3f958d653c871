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

# Of all lines: how many calls of each kind, and what else is compared.
# shellcheck disable=SC2016 # jq's variables
SUMMARY='
	[.[] | select(.event == "call")] as $c | ($c | length) as $n |
	(["map", "unmap", "update", "put_list", "flush", "other"][] as $k | "\($k) \([$c[] | select(.call == $k)] | length)"),
	"calls \($n)",
	"failed \([$c[] | select(.result < 0)] | length)",
	"mapped \([$c[].mapped] | add // 0)", "unmapped \([$c[].unmapped] | add // 0)",
	"operations \([$c[] | select(.call == "update") | .done] | add // 0)",
	"by_load \([$c[] | select(.comm == "load")] | length)",
	"containers \([$c[].container] | unique | length)", "container \($c[0].container)",
	"median_us \([$c[].total_ns] | sort | .[$n / 2 | floor] // 0 | . / 1000 | floor)",
	"min_ns \([$c[].total_ns] | min // 0)",
	"too_long \([$c[] | select(.copy_ns + .lock_ns + .pin_ns + .write_ns + .kill_ns > .total_ns)] | length)",
	"never_written \([$c[] | select(.call == "map" and .result == 0 and .write_ns == 0)] | length)",
	(.[] | select(.event == "end") | "shown \(.shown)", "filtered \(.filtered)", "lost \(.lost)")'

# What a tool with --json says in its last line, without jq.
at_end() { sed -n '$s/.*"'"$2"'":\([0-9]*\).*/\1/p' "$WORK/$1.out"; } # NAME shown|filtered|lost

every_call() { # WAY
	json_read "$1" "$SUMMARY" || return 1
	same calls "${got[calls]}" "${did[all]}" &&
		same maps "${got[map]}" $((did[maps] + did[bad_maps])) &&
		same unmaps "${got[unmap]}" "${did[unmaps]}" &&
		same updates "${got[update]}" $((did[updates] + did[lazy_updates])) &&
		same lists "${got[put_list]}" "${did[lists]}" &&
		same flushes "${got[flush]}" "${did[flushes]}" &&
		same others "${got[other]}" "${did[after_others]}" &&
		same failed "${got[failed]}" "${did[bad_maps]}" &&
		same mapped "${got[mapped]}" "${did[mapped_tces]}" &&
		same unmapped "${got[unmapped]}" "${did[unmapped_tces]}" &&
		same operations "${got[operations]}" "${did[operations]}" &&
		same names "${got[by_load]}" "${did[all]}" &&
		same containers "${got[containers]}" 1 &&
		same shown "${got[shown]}" "${did[all]}" && same filtered "${got[filtered]}" 0 && same lost "${got[lost]}" 0
}
# The parts of a call take no longer than the call, and take some of it.
stages_fit() {
	same 'calls' "${got[calls]}" "${did[all]}" && same 'too long' "${got[too_long]}" 0 &&
		same 'maps without a time' "${got[never_written]}" 0
}
way_is_as_asked() { # WAY
	case $1 in
	by_type_information) grep -q 'by its type information' "$WORK/$1.err" ;;
	*) grep -q 'by classic tracepoints' "$WORK/$1.err" ;;
	esac
}
shows() { # NAME COUNT: so many of all calls, and counts the others
	same lines "$(grep -c '"event":"call"' "$WORK/$1.out")" "$2" &&
		same shown "$(at_end "$1" shown)" "$2" &&
		same filtered "$(at_end "$1" filtered)" $((did[all] - $2)) && same lost "$(at_end "$1" lost)" 0
}
slow_ones() { # MICROSECONDS
	json_read slow "$SUMMARY" || return 1
	same 'shown and filtered' $((got[shown] + got[filtered])) "${did[all]}" &&
		{ ((got[shown] == 0 || got[min_ns] >= $1 * 1000)) || { echo "# ${got[min_ns]} ns is less than $1 us"; return 1; }; }
}
text_is_narrow() {
	same lines "$(wc -l <"$WORK/text.out")" $((did[all] + 1)) &&
		same 'longer than 80' "$(awk 'length > 80' "$WORK/text.out" | wc -l)" 0 &&
		same 'failed in words' "$(grep -c ' ENXIO$' "$WORK/text.out")" "${did[bad_maps]}" &&
		grep -q "${did[all]} calls shown, 0 filtered out, 0 lost" "$WORK/text.err"
}
stages_are_shown() {
	same lines "$(wc -l <"$WORK/stages.out")" $((did[all] + 1)) &&
		same 'whole updates' "$(grep -c ' 7/   7 ' "$WORK/stages.out")" $((did[updates] + did[lazy_updates]))
}

# Everything on one load, but a container's number is not known before its first call.
round_one() {
	tools_start first --json || return 1
	load_start "${WORK_OPTIONS[@]}" && tools_end && json_read first "$SUMMARY" || return 1
	container=${got[container]}
	[[ $container == 0x* ]] || return 1
	tools_start by_type_information --json by_classic_tracepoints '--json --no-module-btf' \
		container "--json --container $container" \
		short_container "--json --container $(printf %03x $((container >> 8 & 0xfff)))" \
		another_container '--json --container dead00000000' \
		process "--json --pid $LOAD_PID" another_process '--json --pid 1' \
		text '' stages --stages &&
		load_go && tools_end
}
round_two() { # MICROSECONDS that some calls of round one took
	load_start "${WORK_OPTIONS[@]}" && tools_start failed '--json --failed' \
		errno '--json --result ENXIO' another_errno '--json --result ENOENT' fine '--json --result 0' \
		kind '--json --call put_list' two_kinds '--json --call map --call unmap' \
		failed_kind '--json --failed --call map' failed_other '--json --failed --call update' \
		slow "--json --min-us $1" some '-n 7' &&
		load_go && tools_wait_one some && tools_end
}
tools_wait_one() { # NAME: it ends by itself
	local rc=0
	wait "${TOOL_PID[$1]}" || rc=$?
	unset "TOOL_PID[$1]"
	same "status of $1" "$rc" 0
}

# Stopped while more comes than its buffer holds: all are accounted for.
loss_is_counted() {
	local way
	load_start --maps 1009 --unmaps 997 &&
		tools_start by_type_information '--json --buffer 64' by_classic_tracepoints '--json --buffer 64 --no-module-btf' || return 1
	kill -STOP "${TOOL_PID[@]}"
	load_go || return 1
	kill -CONT "${TOOL_PID[@]}"
	tools_end || return 1
	for way in "${!WAY[@]}"; do
		echo "# $way: $(tail -n 1 "$WORK/$way.err")"
		same 'shown lines' "$(grep -c '"event":"call"' "$WORK/$way.out")" "$(at_end "$way" shown)" &&
			same 'shown and lost' $(($(at_end "$way" shown) + $(at_end "$way" lost))) "${did[all]}" &&
			(($(at_end "$way" lost) > 0)) || return 1
	done
}
full_disk() {
	local rc=0
	load_start --maps 11 || return 1
	"$TOOL" -n 11 >/dev/full 2>"$WORK/full.err" &
	TOOL_PID=([full]=$!)
	tools_attached && load_go || return 1
	wait "${TOOL_PID[full]}" || rc=$?
	TOOL_PID=()
	same status "$rc" 1 && grep -q 'cannot write the output' "$WORK/full.err"
}

echo 'TAP version 13'
container=
check many_tools_watch_one_load round_one
for way in "${!WAY[@]}"; do
	check "every_call_is_shown_$way" every_call "$way"
	check "the_way_is_as_asked_$way" way_is_as_asked "$way"
	check "stages_fit_into_their_call_$way" stages_fit
done
check one_container_only shows container "${did[all]}"
check one_container_by_its_short_number shows short_container "${did[all]}"
check another_container_shows_nothing shows another_container 0
check one_process_only shows process "${did[all]}"
check another_process_shows_nothing shows another_process 0
check text_fits_into_80_columns text_is_narrow
check stages_are_shown_in_text stages_are_shown
median=${got[median_us]}
check many_filters_on_one_load round_two "$median"
check failed_calls_only shows failed "${did[bad_maps]}"
check one_errno_only shows errno "${did[bad_maps]}"
check another_errno_shows_nothing shows another_errno 0
check calls_that_did_not_fail shows fine $((did[all] - did[bad_maps]))
check one_kind_only shows kind "${did[lists]}"
check two_kinds_only shows two_kinds $((did[maps] + did[bad_maps] + did[unmaps]))
check failed_calls_of_a_kind shows failed_kind "${did[bad_maps]}"
check failed_calls_of_another_kind shows failed_other 0
check slow_calls_only slow_ones "$median"
check it_ends_after_so_many_lines same lines "$(wc -l <"$WORK/some.out")" 8
check lost_calls_are_counted loss_is_counted
check a_full_disk_is_an_error full_disk
common_mistakes
check an_unknown_call_is_refused refuses 2 "no call 'mop'" "$TOOL" --call mop
check an_unknown_errno_is_refused refuses 2 'ENOSUCH' "$TOOL" --result ENOSUCH
check a_bad_number_is_refused refuses 2 'whole number' "$TOOL" --pid -3
check an_odd_buffer_is_refused refuses 2 'power of two' "$TOOL" --buffer 100
check an_argument_is_refused refuses 2 'Too many arguments' "$TOOL" 1
watch_done
