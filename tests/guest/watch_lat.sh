#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mtcelat beside a load whose numbers are known: it shows exactly those, by whatever they are told apart, whichever
# way it gets at the driver; nothing is lost without a word.
# Functions are called by name, through check.
# shellcheck disable=SC2317
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=SCRIPTDIR/lib/watch.sh
. "$HERE/lib/watch.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'
watch_needs mtcelat
EVERYTHING=other,map,unmap,update,put_list,flush,register,unregister,create,remove

watch() { tool_start "$1" mtcelat "${@:2}"; } # NAME OPTION...
kill_one() { # NAME: without a chance to clean up
	forget "${TOOL_PID[$1]}"
	unset "TOOL_PID[$1]"
}
no_probe_is_left() {
	local list=/sys/kernel/debug/kprobes/list
	[[ -e $list ]] || mount -t debugfs none /sys/kernel/debug 2>/dev/null || true
	[[ -e $list ]] && ! grep -E 'mtce_ioctl|tce_iommu_ioctl' "$list"
}

# All JSON at once, and no process for a single number: a process takes its time in an emulated machine. Lines of
# "file what number": lost; histograms of the total; their calls and sum_ns, by each of the words that they have; what
# is unsound: bins that do not add up to their histogram's count or do not lie beside each other, a width that
# --linear does not have, intervals that do not add up to the total.
declare -A got=()
read_json() { # NAME...
	local file what n
	(cd "$WORK" && jq -rn '
		def sound: (.bins | map(.[2]) | add) == .count and .count > 0
			and all(.bins[]; .[1] == null or .[0] <= .[1])
			and ([.bins[:-1], .bins[1:]] | transpose | all(.[]; .[0][1] < .[1][0]));
		def sums: [.[] | .histograms[] | .call as $c | .latency_ns.bins[] | {key: [$c, .[0], .[1]], n: .[2]}]
			| group_by(.key) | map([.[0].key, (map(.n) | add)]);
		def words: "all", (to_entries[] | select(.key != "latency_ns") | "\(.key)=\(.value | tojson)"),
			if .window == null then empty elif .window < 0 then "no-window" else "some-window" end;
		[inputs | .name = (input_filename | rtrimstr(".out")) | select(.histograms)] | group_by(.name)[] | .[0].name as $name
		| (.[] | select(.event == "total") | ["lost", .lost], ["histograms", (.histograms | length)],
			(.histograms[] | .latency_ns as $l | (words as $word | [$word, $l.count]), (select(.call != "other") | ["sum_ns", $l.sum]))),
		  (.[].histograms[].latency_ns | select(sound | not) | ["unsound", 1]),
		  (select($name == "linear") | .[].histograms[].latency_ns.bins[]
			| select(.[0] % 700000 != 0 or .[1] != null and .[1] - .[0] != 699999) | ["unsound", 1]),
		  (select(any(.event == "interval")) | select((map(select(.event == "interval")) | sums) != (map(select(.event == "total")) | sums)) | ["unsound", 1])
		| "\($name) \(.[0] | gsub(" "; "")) \(.[1])"' "${@/%/.out}") >"$WORK/facts" || return 1
	while read -r file what n; do got[$file $what]=$((${got[$file $what]:-0} + n)); done <"$WORK/facts"
}

# seen FILE WHAT NUMBER
seen() { same "$2" "${got[$1 $2]:-0}" "$3"; }
json_is_sound() { # NAME...
	local name rc=0
	for name; do same "$name: mistakes" "${got[$name unsound]:-0}" 0 || rc=1; done
	return "$rc"
}
nothing_is_lost() { # NAME...
	local name rc=0
	for name; do same "$name: lost" "${got[$name lost]:-0}" 0 || rc=1; done
	return "$rc"
}

# What the load did, as the driver counts calls.
declare -i maps=0 updates=0
work() {
	load_go || return 1
	maps=$((did[maps] + did[bad_maps]))
	updates=$((did[updates] + did[lazy_updates]))
}

by_call_is() { # NAME
	local rc=0
	seen "$1" 'call="map"' "$maps" || rc=1
	seen "$1" 'call="unmap"' "${did[unmaps]}" || rc=1
	seen "$1" 'call="update"' "$updates" || rc=1
	seen "$1" 'call="put_list"' "${did[lists]}" || rc=1
	seen "$1" 'call="flush"' "${did[flushes]}" || rc=1
	return "$rc"
}
only_these_calls() { seen "$1" all "${did[calls]}"; }
others_too() { seen "$1" 'call="other"' "${did[after_others]}" && seen "$1" all "${did[all]}"; }

# 5 pages each are between 4 and 7; 7 operations of them between 32 and 63; a bad map comes to none.
by_batch_is() { # NAME
	local rc=0
	seen "$1" 'batch=[0,0]' $((did[flushes] + did[bad_maps])) || rc=1
	seen "$1" 'batch=[4,7]' $((did[maps] + did[unmaps] + did[lists])) || rc=1
	seen "$1" 'batch=[32,63]' "$updates" || rc=1
	seen "$1" histograms 3 || rc=1
	return "$rc"
}
# What came to no operation was in no window.
by_table_is() { # NAME
	local rc=0 none=$((did[flushes] + did[bad_maps]))
	seen "$1" some-window $((did[calls] - none)) || rc=1
	seen "$1" no-window "$none" || rc=1
	seen "$1" histograms 2 || rc=1
	return "$rc"
}
by_process_is() { # NAME
	seen "$1" "pid=$load_pid" "${did[calls]}" && seen "$1" 'comm="load"' "${did[calls]}" && seen "$1" histograms 1
}
# Each call has each stage, of 0 ns perhaps.
by_stage_is() { # NAME
	local stage rc=0
	for stage in copy lock pin write kill rest; do
		seen "$1" "stage=\"$stage\"" "${did[calls]}" || rc=1
	done
	seen "$1" histograms 6 || rc=1
	return "$rc"
}
stages_add_up() { # NAME OF_STAGES NAME OF_CALLS
	seen "$1" sum_ns "${got[$2 sum_ns]}"
}
# No room for a second histogram: everything but the first call's kind.
one_key_is() { # NAME
	local kept=${got[$1 all]} lost=${got[$1 lost]}
	seen "$1" histograms 1 && same 'kept and lost' $((kept + lost)) "${did[calls]}" && ((kept < did[calls]))
}
# A text's counts, added up, are what its titles say.
text_is() { # NAME
	same 'calls in titles' "$(awk '/ calls, mean/ { gsub(",", "", $1); n += $1 } END { print n + 0 }' "$WORK/$1.out")" "${did[calls]}" &&
		same 'calls in rows' "$(awk '/^ *[0-9]+ - [0-9]+ / { n += $4 } END { print n + 0 }' "$WORK/$1.out")" "${did[calls]}"
}
# Upstream's column and mtce's, "map" first.
compare_is() { # NAME MAPS_UPSTREAM MAPS_MTCE
	same 'maps side by side' "$(awk '$1 == "calls" { gsub(",", ""); print $2, $3; exit }' "$WORK/$1.out")" "$2 $3" &&
		same 'maps in rows' "$(awk '/^map / { on = 1; next } /^$/ { on = 0 }
			on && /^ *[0-9]+ - [0-9]+ / { split($0, part, "|"); split(part[1], l, " "); a += l[4]; b += part[3] }
			END { print a + 0, b + 0 }' "$WORK/$1.out")" "$2 $3" &&
		same 'lines wider than 80' "$(awk 'length($0) > 80' "$WORK/$1.out" | wc -l)" 0
}

upstreams_module_is_named() {
	# shellcheck disable=SC2016 # for the inner shell
	refuses 1 'vfio_iommu_spapr_tce is not loaded' unshare -m sh -c 'mount -t tmpfs none /sys/module && exec "$0" --upstream' "$TOOL"
}

echo 'TAP version 13'
common_mistakes
check upstreams_module_is_named upstreams_module_is_named
check a_probe_knows_no_batch refuses 2 'a probe knows' "$TOOL" --probe --by batch
check there_is_no_such_call refuses 2 "no call 'mup'" "$TOOL" --call map,mup

# All at once beside one load that is set up already, of more threads than CPUs. Both ways to the driver's events, for
# everything that they are told apart by; in a quick run by turns.
KINDS=(--maps 101 --unmaps 89 --bad-maps 3 --pages 5)
check a_load_is_ready load_start "${KINDS[@]}" --updates 13 --ops 7 --lists 17 --lazy-updates 11 --flushes 2 --threads 3
load_pid=$LOAD_PID
declare -A DIMENSIONS=([btf]='batch table process stage' [classic]='batch table process stage')
[[ ${MTCE_TEST_MODE-} != quick ]] || DIMENSIONS=([btf]='batch process' [classic]='table stage')
events=()
for way in btf classic; do
	more=()
	[[ $way == btf ]] || more=(--no-module-btf)
	watch "call-$way" --json --by call --call "$EVERYTHING" "${more[@]}"
	events+=("call-$way")
	for by in ${DIMENSIONS[$way]}; do
		watch "$by-$way" --json --by "$by" "${more[@]}"
		events+=("$by-$way")
	done
done
watch linear --json --us --linear 700
watch one-key --json --keys 1
watch text
watch probe --json --probe 1
watch upstream --json --upstream
watch compare --compare
watch victim --compare
check many_watch_at_once tools_attached
kill_one victim
check the_load_runs work
declare -A ours=()
for word in "${!did[@]}"; do ours[$word]=${did[$word]}; done
ours_maps=$maps ours_updates=$updates
check upstreams_load_is_ready load_start --backend upstream "${KINDS[@]}"
check upstreams_load_runs work
check all_end_when_told tools_end
check no_probe_is_left no_probe_is_left
check their_json_can_be_read read_json "${events[@]}" linear one-key probe upstream

# The tool was there when upstream's load was set up.
all_maps=$((maps + did[setup_maps]))
check upstreams_maps seen upstream 'call="map"' "$all_maps"
check upstreams_unmaps seen upstream 'call="unmap"' "${did[unmaps]}"
check upstreams_set_up seen upstream 'call="register"' "${did[setup_registers]}"
check upstream_beside_ours compare_is compare "$all_maps" "$ours_maps"

for word in "${!ours[@]}"; do did[$word]=${ours[$word]}; done
maps=$ours_maps updates=$ours_updates
for way in btf classic; do
	check "${way}_by_call" by_call_is "call-$way"
	check "${way}_counts_other_calls" others_too "call-$way"
	for by in ${DIMENSIONS[$way]}; do
		check "${way}_by_$by" "by_${by}_is" "$by-$way"
		[[ $by != stage ]] || check "${way}_stages_add_up" stages_add_up "stage-$way" "call-$way"
	done
done
check linear_by_call by_call_is linear
check a_full_map_is_counted one_key_is one-key
check text_has_the_same_numbers text_is text
check a_probe_sees_the_same by_call_is probe
check a_probe_sees_no_more only_these_calls probe
check nothing_else_is_lost nothing_is_lost "${events[@]}" linear probe upstream
check bins_and_intervals_add_up json_is_sound "${events[@]}" linear one-key probe upstream
watch_done
