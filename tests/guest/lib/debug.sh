# SPDX-License-Identifier: GPL-2.0
# What a kernel built for debugging knows at the end of a run and no single test does: which memory nobody
# holds any more, and whether it was watching all the time.
# shellcheck shell=bash

KMEMLEAK=/sys/kernel/debug/kmemleak
LOCKDEP=/proc/lockdep_stats
MODULE=vfio_iommu_mtce

# Such a kernel takes several times as long for the same test; the lab's are named so.
debug_kernel() { [[ -e $KMEMLEAK || -e $LOCKDEP || $(uname -r) == *-mtce-* ]]; }

# Objects are young for 5 seconds, and the first scan only notes what an object contains: reported is what two
# scans found in nobody's hands. A kmemleak that ran out of memory refuses the order.
kmemleak_scan() {
	sleep 6
	echo scan >"$KMEMLEAK" && echo scan >"$KMEMLEAK"
}

# Objects that our module took, in standard input: it is in the backtrace, or an address is there without a
# name, because the module was unloaded since, with what it forgot.
kmemleak_ours() {
	awk -v ours="[$MODULE]" '
		/^unreferenced object/ { if (bad) printf "%s", object; object = ""; bad = 0 }
		{ object = object $0 "\n" }
		index($0, ours) || /^ +(\[<[^>]*>\] )?0x[0-9a-f]+$/ { bad = 1 }
		END { if (bad) printf "%s", object }'
}

# It switches itself off at its first complaint; what comes later is not checked.
lockdep_is_off() { [[ -e $LOCKDEP ]] && ! grep -q 'debug_locks: *1$' "$LOCKDEP"; }

# A kernel with KASAN in it may run without, if the machine's MMU is not the one for which it is made.
kasan_test() {
	[[ $(uname -r) == *-mtce-kasan ]] || return 0
	# Not through a pipe: grep ends at the first line, and what dmesg still has to say then counts as a failure.
	if grep -q 'KASAN init done' <<<"$(dmesg)"; then
		tap ok 'kasan: is switched on'
	else
		tap 'not ok' 'kasan: is switched on'
	fi
}

# Nothing is reported if nothing is looked at.
kcsan_test() {
	local looked
	[[ $(uname -r) == *-mtce-kcsan ]] || return 0
	looked=$(sed -n 's/^setup_watchpoints: *//p' /sys/kernel/debug/kcsan || true)
	echo "# KCSAN watched ${looked:-no} accesses"
	if ((${looked:-0} > 1000)); then
		tap ok 'kcsan: has watched'
	else
		tap 'not ok' 'kcsan: has watched'
	fi
}

# Tests for the runner's tap(), on kernels that can tell.
debug_tests() {
	local leaks
	kasan_test
	kcsan_test
	if [[ -e $KMEMLEAK ]]; then
		klog_mark kmemleak
		if ! kmemleak_scan; then
			tap 'not ok' 'kmemleak: watched to the end'
		elif leaks=$(kmemleak_ours <"$KMEMLEAK") && [[ ! $leaks ]]; then
			tap ok 'kmemleak: nothing of ours is lost'
		else
			head -n 60 <<<"$leaks" | sed 's/^/# /'
			tap 'not ok' 'kmemleak: nothing of ours is lost'
		fi
	fi
	[[ -e $LOCKDEP ]] || return 0
	if lockdep_is_off; then
		tap 'not ok' 'lockdep: watched to the end'
	else
		tap ok 'lockdep: watched to the end'
	fi
}
