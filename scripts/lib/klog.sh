# SPDX-License-Identifier: GPL-2.0
# Complaints of the guest's kernel.
# shellcheck shell=bash

# KLOG_BAD: one list for the whole boot and for single tests.
# shellcheck source=SCRIPTDIR/../../tests/guest/lib/klog.sh
. "$TOP/tests/guest/lib/klog.sh"

# klog_bad FILE: the lines that are complaints, from the first process on: what a kernel says of its own start
# (the debug kernel finds a mistake in powernv's) is not about us; a panic is, whenever. The test runner marks
# what it starts, and judges by itself what upstream's back end does to the kernel.
klog_bad() {
	PROVOKED=$KLOG_PROVOKED awk '/Run \/init as init process/ { up = 1 }
		/klog-mark / { upstream = /klog-mark upstream/; failures = /\/attack_failures$/ }
		failures && $0 ~ ENVIRON["PROVOKED"] { next }
		(up || /Kernel panic/) && !upstream' "$1" | grep -aE "$KLOG_BAD"
}

# klog_report OUT: shows them, and what stands around the first; status 1 when there are any. kernel.log is the
# guest's own full log; a guest that died has only its console.
klog_report() {
	local log=$1/kernel.log bad
	[[ -s $log ]] || log=$1/console.log
	bad=$(klog_bad "$log") || return 0
	say "the kernel log has $(wc -l <<<"$bad") line(s) of complaint, in $log:"
	head -n 12 <<<"$bad" >&2
	say "around the first of them:"
	grep -aF -m1 -B 16 -A 24 -- "$(head -n 1 <<<"$bad")" "$log" >&2 || true
	return 1
}
