# SPDX-License-Identifier: GPL-2.0
# Complaints of the guest's kernel.
# shellcheck shell=bash

KLOG_BAD='WARNING:|BUG:|kernel BUG at|Oops|Call Trace:|Kernel panic|rcu.*(detected|self-detected).*stall|soft lockup|hard LOCKUP|blocked for more than|possible (circular|recursive) locking|inconsistent lock state|suspicious RCU usage|Unable to handle kernel|Machine check|UBSAN:|KASAN:|KFENCE:|kmemleak: [0-9]+ new|refcount_t:|list_(add|del) corruption|scheduling while atomic|sleeping function called from invalid context|EEH: .*(frozen|Frozen)'

# klog_bad FILE: the lines that are complaints. The test runner marks what it starts, and judges by itself
# what upstream's back end does to the kernel.
klog_bad() { awk '/klog-mark / { upstream = /klog-mark upstream/ } !upstream' "$1" | grep -aE "$KLOG_BAD"; }

# klog_report OUT: shows them; status 1 when there are any. kernel.log is the guest's own full log;
# a guest that died has only its console.
klog_report() {
	local log=$1/kernel.log bad
	[[ -s $log ]] || log=$1/console.log
	bad=$(klog_bad "$log") || return 0
	say "the kernel log has $(wc -l <<<"$bad") line(s) of complaint, in $log:"
	head -n 12 <<<"$bad" >&2
	return 1
}
