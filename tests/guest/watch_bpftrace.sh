#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The bpftrace scripts, beside calls whose number is known, count exactly these.
# bpftrace takes seconds to begin, so all scripts are one program, with the maps of each renamed; the long test runs
# each as it is.
# Functions are called by name, through check.
# shellcheck disable=SC2317
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=SCRIPTDIR/lib/watch.sh
. "$HERE/lib/watch.sh"
SCRIPTS=$(cd "$HERE/../../bpf/bt" && pwd)
OURS=vfio_iommu_mtce
KO=${MTCE_KO:-$HERE/../../driver/$OURS.ko}
PARAMETERS=/sys/module/$OURS/parameters
MODE=${MTCE_TEST_MODE:-normal}
NAMES=(mtce-latency mtce-batch mtce-kills mtce-flush mtce-lockwait mtce-stages vfio-dma-latency)
# Primes, so that no number is the sum of others by accident.
SMALL=(--maps 101 --unmaps 89 --bad-maps 3 --pages 5)
WORK=("${SMALL[@]}" --updates 13 --ops 7 --lists 17 --lazy-updates 11 --flushes 3 --threads 2)
# Hypercalls, where there is KVM.
if [[ -c /dev/kvm ]] && grep -q ' kvmppc_h_put_tce' /proc/kallsyms; then
	NAMES+=(hcall-latency)
	WORK+=(--hputs 19 --hlists 23 --hstuffs 5 --hlength 3)
	SMALL+=(--hputs 31 --hlists 2 --hstuffs 1 --hlength 3)
fi

[[ ${MTCE_BACKEND:-mtce} == mtce ]] || skip_all 'the scripts are tried on one back end'
[[ -d $PARAMETERS ]] || skip_all "$OURS is not loaded"
command -v bpftrace >/dev/null || skip_all 'bpftrace is not installed'
command -v perf >/dev/null || skip_all 'perf is not installed'
# Structures of the kernel that a script names are read from there.
[[ -r /sys/kernel/btf/vmlinux ]] || skip_all 'this kernel has no type information (BTF)'

DIR=$(mktemp -d)
timeout_ms=$(<"$PARAMETERS/lazy_timeout_ms")
PIDS=() PERF_PID=
finish() {
	# shellcheck disable=SC2046,SC2086 # several, or none
	kill -KILL $PERF_PID "${PIDS[@]}" $(jobs -p) 2>/dev/null || true
	if [[ -d $PARAMETERS ]]; then
		echo "$timeout_ms" >"$PARAMETERS/lazy_timeout_ms"
	elif [[ -e $KO ]]; then
		insmod "$KO" || true
	fi
	rm -rf "$DIR"
}
trap finish EXIT

wait_for() { # PATTERN FILE: a line of it
	local i
	for ((i = 0; i < 1000; i++)); do
		! grep -qE "$1" "$2" 2>/dev/null || return 0
		sleep 0.1
	done
	echo "# nothing like '$1' came:"
	sed 's/^/# /' "$2"
	return 1
}

# In one program no two scripts may use a map of the same name, and there is one BEGIN and one END.
prefix() { echo "${1//-/_}_"; }
one_program() {
	local name
	for name in "${NAMES[@]}"; do sed "1d; s/@\([a-z]\)/@$(prefix "$name")\1/g" "$SCRIPTS/$name.bt"; done |
		awk '/^(BEGIN|END)$/ { block = $1; next }
			block && /^[{}]$/ { if (/}/) block = ""; next }
			block { body[block] = body[block] $0 "\n"; next }
			{ print }
			END { for (block in body) print block "\n{\n" body[block] "}" }'
}
start_together() {
	one_program >"$DIR/all.bt"
	bpftrace -B none "$DIR/all.bt" >"$DIR/all.log" 2>&1 {LOAD_IN}>&- &
	PIDS+=("$!")
}
start_each() {
	local name
	for name in "${NAMES[@]}"; do
		bpftrace -B none "$SCRIPTS/$name.bt" >"$DIR/$name.log" 2>&1 {LOAD_IN}>&- &
		PIDS+=("$!")
	done
}
# What BEGIN prints comes out when all probes are attached.
all_are_attached() {
	local name
	if [[ $MODE != long ]]; then
		wait_for 'Ctrl-C ends' "$DIR/all.log"
	else
		for name in "${NAMES[@]}"; do wait_for 'Ctrl-C ends' "$DIR/$name.log" || return 1; done
	fi
}
# The maps of one script, by the names that it gave them, and what nobody's maps are.
split_log() { # SCRIPT
	awk -v prefix="@$(prefix "$1")" '
		/^@/ { mine = index($0, prefix) == 1; if (mine) print "@" substr($0, length(prefix) + 1); next }
		/^[[(]/ { if (mine) print; next }
		{ print }' "$DIR/all.log" >"$DIR/$1.log"
}
# bpftrace 0.17 misses a Ctrl-C that comes while it is not waiting for events: once more, then.
ends() { # PID
	local i
	for ((i = 0; i < 400; i++)); do
		if ((i % 100 == 0)); then kill -INT "$1" 2>/dev/null || break; fi
		kill -0 "$1" 2>/dev/null || break
		sleep 0.1
	done
	wait "$1"
}
they_end() {
	local pid name
	ends "$PERF_PID" || true # by the signal
	for pid in "${PIDS[@]}"; do ends "$pid" || return 1; done
	PIDS=()
	[[ $MODE == long ]] || for name in "${NAMES[@]}"; do split_log "$name"; done
}

# perf counts waits too: their number nobody knows beforehand.
perf_counts() { # perf says when it has begun
	mkfifo "$DIR/control" "$DIR/acked"
	exec {control}<>"$DIR/control" {acked}<>"$DIR/acked"
	perf stat -a -x, -D -1 -e mtce:mtce_lock_wait --control "fd:$control,$acked" -o "$DIR/perf" >/dev/null 2>&1 {LOAD_IN}>&- &
	PERF_PID=$!
	echo enable >&"$control"
	read -r -t 60 <&"$acked"
}
waits_by_perf() { awk -F, '/mtce_lock_wait/ { print $1 }' "$DIR/perf"; }

declare -A did
# Ready before the scripts are, so that they do not see how it gets there.
load_is_ready() {
	local word=
	coproc LOADER { exec "$LOAD" --backend mtce --wait --hold "${WORK[@]}" 2>&1; }
	# shellcheck disable=SC2153 # coproc sets it
	LOAD_PID=$LOADER_PID LOAD_IN=${LOADER[1]} LOAD_OUT=${LOADER[0]}
	read -r -t 60 -u "$LOAD_OUT" word && [[ $word == ready ]]
}
load_works() {
	local name value
	echo go >&"$LOAD_IN"
	while read -r -t 60 -u "$LOAD_OUT" name value; do
		did[$name]=$value
		[[ $name != stat_lazy_pending ]] || break
	done
	[[ ${did[errors]-} == 0 && ${did[stat_lazy_pending]-} ]]
}
# What it holds goes, which the scripts are not to see either.
load_goes() {
	exec {LOAD_IN}>&-
	wait "$LOAD_PID"
}
# Beside it, in a group of its own.
upstream_works() {
	MTCE_GROUPS=${groups[1]} MTCE_DEVICES=${devices[1]} "$LOAD" --backend upstream "${SMALL[@]}" >"$DIR/upstream"
}

value_of() { # SCRIPT MAP
	sed -n "s/^@$2: \([0-9]*\)$/\1/p" "$DIR/$1.log"
}
sum_of() { # SCRIPT MAP: of its histogram
	awk -v head="@$2: " 'index($0, "@") == 1 { mine = $0 == head || $0 " " == head; next }
		mine && /\|/ { sub(/\|.*/, ""); n += $NF } END { print n + 0 }' "$DIR/$1.log"
}
said() { # SCRIPT WORDS
	sed -n "s/^$2: \([0-9]*\)$/\1/p" "$DIR/$1.log"
}

latency() {
	local s=mtce-latency n=0 m rc=0
	same calls "$(value_of "$s" calls)" $((did[calls] + did[after_others])) || rc=1
	for m in map unmap update put_list flush other; do n=$((n + $(sum_of "$s" "${m}_ns"))); done
	same 'all histograms' "$n" "$(value_of "$s" calls)" || rc=1
	same maps "$(sum_of "$s" map_ns)" $((did[maps] + did[bad_maps])) || rc=1
	same unmaps "$(sum_of "$s" unmap_ns)" "${did[unmaps]}" || rc=1
	same updates "$(sum_of "$s" update_ns)" $((did[updates] + did[lazy_updates])) || rc=1
	same lists "$(sum_of "$s" put_list_ns)" "${did[lists]}" || rc=1
	same flushes "$(sum_of "$s" flush_ns)" "${did[flushes]}" || rc=1
	return "$rc"
}
mapping_calls() { echo $((did[calls] - did[flushes])); }
batch() {
	local s=mtce-batch n=0 m rc=0
	same calls "$(value_of "$s" calls)" "$(mapping_calls)" || rc=1
	for m in map unmap update put_list; do n=$((n + $(sum_of "$s" "pages_of_$m"))); done
	same 'histograms of pages' "$n" "$(mapping_calls)" || rc=1
	same updates "$(value_of "$s" updates)" $((did[updates] + did[lazy_updates])) || rc=1
	same 'histogram of operations' "$(sum_of "$s" ops_of_update)" "$(value_of "$s" updates)" || rc=1
	return "$rc"
}
# Of calls and hypercalls together.
kills() {
	local s=mtce-kills rc=0 tce=$((did[stat_kills_tce] + did[stat_hcall_kills_tce])) pe=$((did[stat_kills_pe] + did[stat_hcall_kills_pe]))
	same 'TCEs' "$(said "$s" 'TCEs written')" $((did[mapped_tces] + did[unmapped_tces] + did[hcall_mapped] + did[hcall_cleared])) || rc=1
	same stores "$(said "$s" 'kill stores')" $((tce + pe)) || rc=1
	same 'stores of TCE kills' "$(value_of "$s" stores_of_tce_kills)" "$tce" || rc=1
	same 'PE kills' "$(sum_of "$s" entries_of_pe_kill)" "$pe" || rc=1
	same 'histograms' $(($(sum_of "$s" entries_of_pe_kill) + $(sum_of "$s" entries_of_tce_kill))) "$(value_of "$s" kills)" || rc=1
	return "$rc"
}
flush() {
	local s=mtce-flush n=0 m rc=0
	same explicit "$(sum_of "$s" dwell_us_explicit)" "${did[stat_flushes_explicit]}" || rc=1
	for m in full timeout explicit reuse teardown; do n=$((n + $(sum_of "$s" "dwell_us_$m"))); done
	same 'histograms of dwell time' "$n" "$(value_of "$s" flushes)" || rc=1
	same 'histogram of entries' "$(sum_of "$s" tces_of_flush)" "$(value_of "$s" flushes)" || rc=1
	same 'TCEs queued' "$(value_of "$s" tces_queued)" $((11 * 7 * 5)) || rc=1
	same 'TCEs flushed' "$(value_of "$s" tces_flushed)" $((11 * 7 * 5 - did[stat_lazy_pending])) || rc=1
	return "$rc"
}
lockwait() {
	local s=mtce-lockwait n=0 m rc=0
	same waits "$(value_of "$s" waits)" "$(waits_by_perf)" || rc=1
	for m in stripe queue container stop; do n=$((n + $(sum_of "$s" "${m}_ns"))); done
	same 'all histograms' "$n" "$(value_of "$s" waits)" || rc=1
	echo "# $n waits"
	return "$rc"
}
stages() {
	local s=mtce-stages m rc=0
	same calls "$(value_of "$s" calls)" "$(mapping_calls)" || rc=1
	for m in copy lock pin write kill; do same "histogram of $m" "$(sum_of "$s" "${m}_ns")" "$(mapping_calls)" || rc=1; done
	return "$rc"
}
any_back_end() {
	local s=vfio-dma-latency name names=(vfio-iommu-mtce) n rc=0
	((${#groups[@]} < 2)) || names+=(iommu-vfio-powerpc)
	n=$((${#names[@]} * (101 + 3 + 89)))
	same begun "$(value_of "$s" begun)" "$n" || rc=1
	same calls "$(value_of "$s" calls)" "$n" || rc=1
	for name in "${names[@]}"; do
		same "maps of $name" "$(sum_of "$s" "map_ns[$name]")" $((101 + 3)) || rc=1
		same "unmaps of $name" "$(sum_of "$s" "unmap_ns[$name]")" 89 || rc=1
	done
	return "$rc"
}

# The load of each back end is a process of its own.
hypercalls() {
	local s=hcall-latency rc=0 puts=19 lists=23 stuffs=5
	same 'puts of ours' "$(sum_of "$s" "put_tce_ns[$LOAD_PID]")" 19 || rc=1
	same 'lists of ours' "$(sum_of "$s" "put_tce_indirect_ns[$LOAD_PID]")" 23 || rc=1
	same 'stuffs of ours' "$(sum_of "$s" "stuff_tce_ns[$LOAD_PID]")" 5 || rc=1
	((${#groups[@]} < 2)) || { puts=$((19 + 31)) lists=$((23 + 2)) stuffs=$((5 + 1)); }
	same 'hypercalls of both back ends' "$(value_of "$s" hcalls)" $((puts + lists + stuffs)) || rc=1
	same begun "$(value_of "$s" begun)" $((puts + lists + stuffs)) || rc=1
	return "$rc"
}

# bpftrace says which tracepoint there is not, and exits with an error.
says_what_is_missing() {
	local name rc names=(mtce-latency)
	[[ $MODE != long ]] || names=("${NAMES[@]:0:6}")
	for name in "${names[@]}"; do
		rc=0
		bpftrace "$SCRIPTS/$name.bt" >"$DIR/missing" 2>&1 || rc=$?
		if ((rc == 0)) || ! grep -q 'tracepoint not found: mtce:' "$DIR/missing"; then
			sed 's/^/# /' "$DIR/missing"
			return 1
		fi
	done
}
module_is_refused() { ! rmmod "$OURS" 2>/dev/null; }

read -ra groups <<<"${MTCE_GROUPS-}"
read -ra devices <<<"${MTCE_DEVICES-}"
echo 'TAP version 13'
echo 60000 >"$PARAMETERS/lazy_timeout_ms"
check load_is_ready load_is_ready
check perf_begins perf_counts
if [[ $MODE == long ]]; then start_each; else start_together; fi
check bpftrace_begins all_are_attached
check load_works load_works
if ((${#groups[@]} > 1)); then check upstream_works_too upstream_works; fi
check watched_module_stays module_is_refused
check scripts_end they_end
load_goes
check mtce_latency_counts_calls latency
check mtce_batch_counts_calls_and_operations batch
check mtce_kills_counts_stores_and_entries kills
check mtce_flush_counts_flushes flush
check mtce_lockwait_counts_waits lockwait
check mtce_stages_counts_calls stages
check vfio_dma_latency_tells_back_ends_apart any_back_end
[[ " ${NAMES[*]} " != *' hcall-latency '* ]] || check hcall_latency_counts_hypercalls hypercalls
[[ ! ${MTCE_OUT-} ]] || cp "$DIR"/*.log "$MTCE_OUT/" 2>/dev/null || true
if [[ -e $KO ]]; then
	rmmod "$OURS"
	check missing_module_is_said says_what_is_missing
	insmod "$KO"
fi
watch_done
