# SPDX-License-Identifier: GPL-2.0
# What makes figures worse than they need be: a sentence each, with what to do. None of it stops a run. After use.sh.
# shellcheck shell=bash

CPUS=$SYS/devices/system/cpu
HUGE=$SYS/kernel/mm/hugepages/hugepages-16384kB
HUGE_WANTED=64 # of bench/memory.c

# What cannot be found out is no reason to stop.
warnings() {
	local about
	for about in smt governor load huge_pages memlock counters vfio_users module_order; do "warn_$about" || true; done
}

warnings_say() {
	local line
	while IFS= read -r line; do say "warning: $line"; done < <(warnings)
}

warn_smt() {
	local n
	n=$(cat "$CPUS"/cpu[0-9]*/topology/thread_siblings_list 2>/dev/null | cpus_in_a_list | sort -rn | head -n 1)
	((${n:-1} == 1)) ||
		echo "SMT is on, $n threads share a core, so what one of them does changes the others' times; ppc64_cpu --smt=off (or: echo off >/sys/devices/system/cpu/smt/control)"
}

cpus_in_a_list() { # lines like 0-3,8
	awk -F, '{ n = 0; for (i = 1; i <= NF; i++) n += split($i, ends, "-") == 2 ? ends[2] - ends[1] + 1 : 1; print n }'
}

warn_governor() {
	local names
	names=$(cat "$CPUS"/cpu[0-9]*/cpufreq/scaling_governor 2>/dev/null | sort -u | sed '/^performance$/d' | paste -sd' ')
	[[ ! $names ]] || echo "the frequency governor is $names, so times depend on what ran before; cpupower frequency-set -g performance"
}

warn_load() {
	local load
	read -r load _ <"$PROC/loadavg"
	[[ $load == 0.* ]] || echo "the load average is $load: what runs beside it takes processors and caches; stop it, or if it has ended (a compiler) wait until this is below 1"
}

warn_huge_pages() {
	local have free
	if [[ ! -d $HUGE ]]; then
		echo "this kernel has no 16 MiB huge pages, so scenarios of 16 MiB TCEs are skipped; start it with the hash MMU (disable_radix)"
		return
	fi
	have=$(<"$HUGE/free_hugepages")
	free=$(awk '/^MemFree:/ { print int($2 / 16384 / 2) }' "$PROC/meminfo")
	((have + free >= HUGE_WANTED)) ||
		echo "$((have + free)) huge pages of 16 MiB can be had and the larger scenarios of 16 MiB TCEs want $HUGE_WANTED; free memory, or start the kernel with hugepagesz=16M hugepages=$HUGE_WANTED"
}

warn_memlock() {
	(ulimit -l unlimited) 2>/dev/null ||
		echo "locked memory is limited to $(ulimit -l) KiB and this process may not change that, so pages cannot be pinned; set memlock to unlimited in /etc/security/limits.conf"
}

# As root it does not matter, unless this is a container's root.
warn_counters() {
	local paranoid caps
	paranoid=$(cat "$PROC/sys/kernel/perf_event_paranoid" 2>/dev/null || echo -1)
	caps=$(awk '/^CapEff:/ { print $2 }' "$PROC/self/status")
	# CAP_SYS_ADMIN is bit 21, CAP_PERFMON bit 38.
	((paranoid < 0 || 0x$caps >> 21 & 1 || 0x$caps >> 38 & 1)) ||
		echo "kernel.perf_event_paranoid is $paranoid and this root may not count instructions; sysctl kernel.perf_event_paranoid=-1, or run it outside of the container"
}

warn_vfio_users() {
	local line file
	users_of_devices
	for line in "${OPEN[@]}"; do
		file=${line% *}
		[[ $file == /dev/vfio/* && $file != /dev/vfio/vfio ]] || continue
		echo "$(opened_by "$file") has $file open: a guest or driver at work beside this shares the bridges with it; stop it while you measure"
	done
}

warn_module_order() {
	! upstream_comes_first ||
		echo "vfio_iommu_spapr_tce was loaded after vfio_iommu_mtce, so VFIO asks it first and takeover=1 has no effect; load ours last: rmmod vfio_iommu_mtce, and load it again"
}
