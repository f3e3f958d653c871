#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The benchmarks themselves: a workload from the command line does what it says, an interrupted run keeps what it has, programs end as
# they should (CONTRIBUTING.md, "Exit status").
# Functions are called by name, through check.
# shellcheck disable=SC2317
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)
BENCH=$TOP/bench/mtce-bench
BACKEND=${MTCE_BACKEND:-mtce}
GROUP=${MTCE_GROUPS%% *}

skip_all() { echo 'TAP version 13'; echo "1..0 # SKIP $*"; exit 4; }
[[ $BACKEND != mtce-takeover ]] || skip_all 'the benchmark makes the same calls as on upstream'
[[ -x $BENCH ]] || skip_all "there is no $BENCH"
command -v jq >/dev/null || skip_all 'jq is not installed'
WORK=$(mktemp -d)
BENCH_PID=
finish() {
	[[ ! $BENCH_PID ]] || kill -KILL "$BENCH_PID" 2>/dev/null || true
	rm -rf "$WORK"
}
trap finish EXIT

number=0 failed=0
check() { # NAME COMMAND...
	local name=$1 word=ok
	shift
	"$@" || { word='not ok'; failed=1; }
	number=$((number + 1))
	echo "$word $number $name"
}
bench() { "$BENCH" --group "$GROUP" --backend "$BACKEND" --output "$WORK/run.json" "$@" 2>"$WORK/err"; }
has() { # FILTER: of run.json
	jq -e "$1" "$WORK/run.json" >"$WORK/said" || { echo "# not so: $1"; return 1; }
}

# 64 pages by lists of 8: so many ioctls, and maps as many as unmaps; timed for a second.
own_workload() {
	local ioctls=8 start=$EPOCHSECONDS
	[[ $BACKEND != mtce ]] || ioctls=1
	bench --call list --pages 64 --batch 8 --order scattered --time 2 || { sed 's/^/# /' "$WORK/err"; return 1; }
	((EPOCHSECONDS - start >= 2)) || { echo '# it took less than two seconds'; return 1; }
	has '.workload == "own workload: 64 4k pages, scattered, 8 in a call"' &&
		has '.scenarios | length == 1' &&
		has '.scenarios[0] | .name == "4k-own-list-8-scattered" and .tces_per_call == 8 and (has("failed") or has("skipped") | not)' &&
		has ".scenarios[0].map.ioctls_per_call == $ioctls" &&
		has '.scenarios[0] | .map.calls == .unmap.calls and .map.calls % 8 == 0' &&
		has '.scenarios[0].map.latency_ns.count > 100' &&
		has 'has("partial") | not'
}

# It ends soon, with what is there.
interrupted() {
	local rc=0 i
	bench &
	BENCH_PID=$!
	# The shell's children do not hear INT in the background; mtce-host sends TERM as well.
	for ((i = 0; i < 600; i++)); do
		sleep 0.1
		! grep -q '[1-9] %' "$WORK/err" 2>/dev/null || break
	done
	kill -TERM "$(pgrep -P "$BENCH_PID" || echo "$BENCH_PID")"
	wait "$BENCH_PID" || rc=$?
	BENCH_PID=
	((rc == 130)) || { echo "# status $rc"; sed 's/^/# /' "$WORK/err"; return 1; }
	grep -q 'marked as partial' "$WORK/err" || { echo '# it does not say so'; return 1; }
	has '.partial | .reason == "interrupted" and .turns_done > 0 and .turns_done < .turns' &&
		has '[.scenarios[] | select(.skipped // "" | test("interrupted"))] | length > 0' &&
		has '[.scenarios[] | objects | .[] | objects | select(.calls > 0)] | length > 0' &&
		has '[.scenarios[] | select(.failed)] | length == 0'
}

# Upstream alone, as a host with an older kernel has it: nothing of ours is asked for, and what that kernel lacks is done without.
# SETUP is done in a mount namespace of its own. MTCE_MARKER and MTCE_COUNTER are the lab's.
# All of it with the system calls of Linux 4.18 only (ENOSYS for newer ones).
OLDER=$HERE/older/older
alone() { # SETUP [COMMAND...]: run by it
	local setup=$1
	shift
	unshare -m bash -euc "$setup"$'\nexec "$@"' old "$@" env -u MTCE_MARKER -u MTCE_COUNTER "$OLDER" \
		"$BENCH" --group "$GROUP" --backend upstream --rounds 1 --scenario 4k-one-page --scenario 4k-range-8 --output "$WORK/run.json" 2>"$WORK/err" ||
		{ sed 's/^/# /' "$WORK/err"; return 1; }
	has '[.scenarios[] | select(.failed or .skipped)] | length == 0' && has '.scenarios[0].map.latency_ns.count > 100'
}
counts_and_probes() {
	has '.instructions_counted_by == "pmu"' && has '.scenarios[0].map.instructions_per_call > 1000' &&
		has '.scenarios[0].map | .kill_stores_per_tce == 1 and (.kill_source | test("kprobe"))'
}
as_it_is() { alone : && counts_and_probes; }
# Kernels that have tracefs in debugfs only.
old_tracefs() { alone 'umount -l /sys/kernel/tracing' && counts_and_probes; }
no_tracefs() {
	alone 'umount -l /sys/kernel/tracing; umount -l /sys/kernel/debug' &&
		has '.scenarios[0].map | .kill_stores == null and (.kill_reason | test("tracefs"))'
}
# Built in, a module need not be in /sys/module.
built_in() {
	# shellcheck disable=SC2016 # for the inner shell
	alone 'mkdir -p /run/modules; mount --bind /sys/module /run/modules; mount -t tmpfs none /sys/module
		for m in /run/modules/*; do case $m in *_spapr_tce | *_mtce) ;; *) ln -s "$m" /sys/module ;; esac; done
		[[ ! -e /sys/module/vfio_iommu_spapr_tce ]]' && counts_and_probes
}
no_counter() {
	alone : "$OLDER" --no-perf &&
		has '.instructions_counted_by == "none"' &&
		has '.scenarios[0].map | .instructions_per_call == null and (.instructions_reason | test("perf_event"))'
}
no_right_to_count() {
	alone : setpriv --bounding-set=-sys_admin,-perfmon -- &&
		has '.instructions_counted_by == "none"' &&
		has '.scenarios[0].map | .instructions_per_call == null and (.instructions_reason | test("perf_event"))'
}

exit_status() {
	local tool
	# shellcheck source=SCRIPTDIR/../lib/exit-status.sh
	. "$TOP/tests/lib/exit-status.sh"
	VERSION=$("$TOP/bench/mtce-compare" --version)
	VERSION=${VERSION#* }
	for tool in bench/mtce-{bench,compare,replay,sweep} examples/nvme-direct/nvme-direct bpf/mtce{lat,snoop,stat}; do
		[[ ! -x $TOP/$tool ]] || conforms "$VERSION" "$TOP/$tool"
	done
	refuses "$BENCH" --call nothing
	refuses "$BENCH" --batch 64 --pages 100
	refuses "$BENCH" --batch 64 --scenario '4k-*'
	ends 1 "$BENCH" --backend none
	ends 0 "$BENCH" --list
	[[ ! $BAD ]]
}

echo 'TAP version 13'
check an_own_workload_does_what_it_says own_workload
check an_interrupted_run_keeps_what_it_has interrupted
if [[ $BACKEND == upstream ]]; then
	check upstream_alone_on_a_host as_it_is
	check with_tracefs_in_debugfs old_tracefs
	check without_tracefs no_tracefs
	check built_into_the_kernel built_in
	check where_perf_is_refused no_counter
	check where_root_may_not_count no_right_to_count
fi
check programs_end_as_they_should exit_status
echo "1..$number"
exit "$failed"
