# SPDX-License-Identifier: GPL-2.0
# What the kernel log says after a mark.
# shellcheck shell=bash

# Whatever the back end, these lines fail a test. The lab judges the whole boot by the same list.
KLOG_BAD='WARNING:|BUG:|kernel BUG at|Oops|Call Trace:|Unable to handle|Kernel panic|Machine check|EEH: .*[Ff]rozen'
KLOG_BAD+='|rcu.*stall|soft lockup|hard LOCKUP|blocked for more than|scheduling while atomic|sleeping function called'
# Locks. A lockdep that has given up says so, and what comes after it is not checked.
KLOG_BAD+='|possible (circular|recursive) locking|inconsistent lock state|suspicious RCU|trying to register non-static key'
KLOG_BAD+='|turning off the locking correctness validator|lockdep is turned off'
# Memory. SLUB has "BUG kmalloc-64 (Tainted: ...): Poison overwritten", without a colon behind the BUG.
KLOG_BAD+='|refcount_t:|list_(add|del) corruption|BUG [^ ]+ \(|pagealloc: |ODEBUG:|UBSAN:|KASAN:|KFENCE:'
KLOG_BAD+='|kmemleak: ([0-9]+ new|.*disabled)|page allocation failure|vmalloc error'
# Whatever a back end says because of what a user did.
KLOG_OURS='mtce|iommu_tce|tce_vfio|tce_iommu|vfio_iommu'
# Where allocations are made to fail (attack_failures), the kernel's own say so, with a stack.
KLOG_PROVOKED='vmalloc error|Call Trace:|Comm: attack_failures|REGS:|\] \[c0[0-9a-f]+\] \['
# Loading a module is not a user's doing.
KLOG_LOADING='loading out-of-tree module|module verification failed|klog-mark'

# Where firmware is made to refuse (window_refused), the driver says so.
KLOG_REFUSED='firmware keeps a DMA window'

klog_mark() { printf 'klog-mark %s\n' "$1" >/dev/kmsg; }

# klog_complaints MARK BACKEND: the lines behind the latest mark that fail a test.
klog_complaints() {
	local bad=$KLOG_BAD loading=$KLOG_LOADING
	# Upstream does print on users' mistakes.
	[[ $2 == upstream ]] || bad+="|$KLOG_OURS"
	[[ $1 != */attack_failures ]] || loading+="|$KLOG_PROVOKED"
	[[ $1 != */window_refused ]] || loading+="|$KLOG_REFUSED"
	dmesg | awk -v mark="klog-mark $1" '
		substr($0, length($0) - length(mark) + 1) == mark { n = 0; seen = 1; next }
		{ line[n++] = $0 }
		END { if (!seen) print "WARNING: the mark is gone, the log overflowed"
		      for (i = 0; i < n; i++) print line[i] }' |
		grep -vE "$loading" | grep -E "$bad" || true
}
