#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Other programs again, watched by a model of a TCE cache (tests/modules/oracle.h): nothing goes, and nothing is
# mapped anew, while a bridge could still reach what was there. To watch one more program, add it to PROGRAMS.
# Functions are called by name, through check.
# shellcheck disable=SC2317
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
KO=${MTCE_ORACLE_KO:-$HERE/../modules/mtce_oracle.ko}
PARAMETERS=/sys/module/vfio_iommu_mtce/parameters
RESULTS=/sys/kernel/debug/mtce_oracle
BACKEND=${MTCE_BACKEND:-mtce}
MODE=${MTCE_TEST_MODE:-normal}

# Programs that open no device take a second or two each; the others in one variant of one type only, unless there is time.
PROGRAMS=(kill_order attack_groups contract_v1 contract_v2 contract_new lazy)
# And those that somebody asks for, instead of the ones below: MTCE_ORACLE_PROGRAMS.
if [[ ${MTCE_ORACLE_PROGRAMS-} ]]; then read -ra MORE <<<"$MTCE_ORACLE_PROGRAMS"; PROGRAMS+=("${MORE[@]}"); MODE=asked; fi
if [[ $MODE == long || $MODE == normal && $BACKEND == mtce && ${MTCE_TEST_VARIANT-default} == default ]]; then PROGRAMS+=(teardown stress_model races_lazy races_kvm); fi
if [[ $MODE == long ]]; then PROGRAMS+=(races_container races_exit unregister dma dma_new dma_default_window isolation memory_limit multigroup owner kvm_contract kvm_teardown); fi
# Random runs have a longer turn of their own, and so have a guest's races.
[[ $MODE != long ]] || export MTCE_RACE_SECONDS=${MTCE_RACE_SECONDS:-6}
[[ $MODE == long || $MODE == asked ]] || export MTCE_RUNS=${MTCE_RUNS:-1}
export MTCE_STEPS=${MTCE_STEPS:-$([[ $MODE == long ]] && echo 40000 || echo 1500)}

skip_all() { echo 'TAP version 13'; echo "1..0 # SKIP $*"; exit 4; }
[[ -e $KO ]] || skip_all "there is no $KO"
[[ -d $PARAMETERS ]] || skip_all 'vfio_iommu_mtce is not loaded, and the oracle needs its tracepoints'
[[ -d /sys/kernel/debug/tracing || -d /sys/kernel/debug/block ]] || mount -t debugfs none /sys/kernel/debug ||
	skip_all 'there is no debugfs to read results from'

LOG=$(mktemp)
number=0 failed=0
finish() {
	! grep -q '^mtce_oracle ' /proc/modules || rmmod mtce_oracle
	rm -f "$LOG"
}
trap finish EXIT

report() { # ok|"not ok" NAME [DIRECTIVE]
	number=$((number + 1))
	echo "$1 $number $2${3:+ # $3}"
	[[ $1 == ok || ${3-} == TODO* ]] || failed=1
}
check() { # NAME COMMAND...
	local name=$1
	shift
	if "$@"; then report ok "$name"; else report 'not ok' "$name"; fi
}

# Counters are read once a program, as they stand when it has ended.
declare -A counter
read_counters() {
	local name value
	while read -r name value; do counter[$name]=$value; done <"$RESULTS/counters"
}
violations() { echo $((counter[unpinned_too_early] + counter[unregistered_too_early] + counter[remapped_without_kill])); }

is_zero() { # COUNTER...
	local c rc=0
	for c; do
		((counter[$c] == 0)) || { echo "# $c is ${counter[$c]}"; rc=1; }
	done
	return "$rc"
}
is_positive() { # COUNTER...
	local c rc=0
	for c; do
		((counter[$c] > 0)) || { echo "# nothing of this kind was seen: $c"; rc=1; }
	done
	return "$rc"
}

# What it says for itself is another test's business, but it must have come to an end.
run_program() {
	local rc=0
	"$HERE/$1" >"$LOG" 2>&1 </dev/null || rc=$?
	case $rc in 0 | 4) return 0 ;; esac
	grep -v '^ok ' "$LOG" | sed 's/^#* */# /'
	return 1
}

# Since the last program. Only the oracle's first violations are kept in words.
before=0
nothing_is_reached_too_late() {
	local now
	now=$(violations)
	((now != before)) || return 0
	echo "# $((now - before)) times; in all:"
	is_zero unpinned_too_early unregistered_too_early remapped_without_kill || true
	((before)) || head -n 4 "$RESULTS/violations" | sed 's/^/# /'
	before=$now
	return 1
}

# A PHB3, POWER8's bridge, can kill a whole PE. The others have no such thing.
has_pe_kill() { grep -qsa ibm,power8-pciex /proc/device-tree/pciex@*/compatible; }

# Kills of the kind that the module's parameters choose.
kinds_of_kill() {
	local threshold
	threshold=$(<"$PARAMETERS/kill_threshold")
	((threshold == 0)) && [[ $(<"$PARAMETERS/direct") == Y ]] && has_pe_kill || echo kill_tce
	((threshold > 1000)) || [[ $(<"$PARAMETERS/direct") != Y ]] || ! has_pe_kill || echo kill_pe
}

ours() {
	local program kills
	insmod "$KO"
	for program in "${PROGRAMS[@]}"; do
		check "$program runs" run_program "$program"
		read_counters
		check "$program: nothing is reached after it went" nothing_is_reached_too_late
		check "$program: nothing is cached in the end" is_zero live stale
	done
	mapfile -t kills < <(kinds_of_kill)
	check 'every kind of event was seen' \
		is_positive set clear "${kills[@]}" unset unpin register unregister 'done'
	check 'the oracle remembered everything' is_zero forgot unknown
	for program in "${!counter[@]}"; do echo "# $program ${counter[$program]}"; done | sort
}

# Upstream lets a page go and then kills: the model must see that. One test only: upstream looks at each of
# the 524,288 entries of a window when it closes a container, and each of these is a probe.
upstream() {
	insmod "$KO" upstream=1
	MTCE_TEST=memory_that_maps_pin check 'kill_order runs' run_program kill_order
	read_counters
	check 'every kind of event was seen' is_positive set clear kill_tce unpin
	check 'the oracle remembered everything' is_zero forgot unknown
	if (($(violations))); then
		head -n 4 "$RESULTS/violations" | sed 's/^/# /'
		report 'not ok' pages_stay_until_the_kill 'TODO upstream: unpins before it kills'
	else
		report ok pages_stay_until_the_kill 'TODO upstream: unpins before it kills'
	fi
}

echo 'TAP version 13'
if [[ $BACKEND == upstream ]]; then upstream; else ours; fi
echo "1..$number"
exit "$failed"
