#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A call that is traced takes another way through the driver. With every tracepoint on, calls give the same answers,
# errno by errno, and each kind of call is seen.
# Functions are called by name, through check.
# shellcheck disable=SC2317
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=SCRIPTDIR/lib/watch.sh
. "$HERE/lib/watch.sh"
# Buffers of our own: whoever else traces is not disturbed.
TRACE=/sys/kernel/tracing/instances/mtce_contract
PROGRAMS=(contract_v1 contract_v2 contract_new lazy length)
CALLS=(other map unmap update put_list flush register unregister create remove)

[[ $BACKEND == mtce ]] || skip_all 'once, on the native back end, is enough'
[[ -d /sys/kernel/tracing/events/mtce ]] || skip_all 'the driver was built without tracepoints'
LOG=$(mktemp) SEEN=$(mktemp)
finish() {
	echo 0 >"$TRACE/events/mtce/enable"
	rmdir "$TRACE"
	rm -f "$LOG" "$SEEN"
}
mkdir "$TRACE"
trap finish EXIT
echo 8192 >"$TRACE/buffer_size_kb"
echo 1 >"$TRACE/events/mtce/enable"

answers() { # PROGRAM
	local rc=0
	"$HERE/$1" >"$LOG" 2>&1 </dev/null || rc=$?
	sed -n 's/.* mtce_call_end: .* call=\([a-z_]*\) .*/call \1/p; s/.* mtce_lock_wait: .* lock=\([a-z]*\) .*/lock \1/p' "$TRACE/trace" |
		sort -u >>"$SEEN"
	echo >"$TRACE/trace"
	case $rc in 0 | 4) return 0 ;; esac
	grep -v '^ok ' "$LOG" | sed 's/^#* */# /'
	return 1
}
seen() { # KIND NAME...
	local kind=$1 name rc=0
	shift
	for name; do
		grep -qx "$kind $name" "$SEEN" || { echo "# no $kind was traced: $name"; rc=1; }
	done
	return "$rc"
}
# Two CPUs at overlapping ranges: one waits for the other.
waiting() { MTCE_TEST=overlapping_ranges answers races_container && seen lock stripe; }

echo 'TAP version 13'
for program in "${PROGRAMS[@]}"; do check "$program" answers "$program"; done
check every_call_is_seen seen call "${CALLS[@]}"
check waits_for_a_lock_are_seen waiting
watch_done
