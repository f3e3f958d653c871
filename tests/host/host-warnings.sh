#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2030,SC2031,SC2317 # subshells on purpose; functions are called by scripts/host
# What scripts/mtce-host says before it measures, on machines made of files; and that it asks before it changes anything.
set -uo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
# shellcheck source=SCRIPTDIR/lib/machine.sh
. "$TOP/tests/host/lib/machine.sh"
warnings() {
	(
		set -euo pipefail
		for part in pci use warn; do
			# shellcheck source=/dev/null
			. "$TOP/scripts/host/$part.sh"
		done
		# Not of the machine that runs this test.
		ulimit() { [[ $* != '-l unlimited' || ! ${LIMITED-} ]] && echo 64; }
		warnings
	) 2>&1
}
# One warning and no other: one sentence, with these words in it.
warns() { # NAME WORDS
	local said
	said=$(warnings | grep -v '^64$')
	case_is "$1" "$said" "$2"
	case_is "$1, a line" "$(wc -l <<<"$said")" 1
}
quiet() { case_is "$1" "$(warnings | grep -v '^64$')" ''; } # NAME

# As it should be: one thread a core, all of them fast, nobody else there.
new_host() {
	local i
	machine_new
	for i in 0 8; do
		mkdir -p "$SYS/devices/system/cpu/cpu$i"/{topology,cpufreq}
		echo $i >"$SYS/devices/system/cpu/cpu$i/topology/thread_siblings_list"
		echo performance >"$SYS/devices/system/cpu/cpu$i/cpufreq/scaling_governor"
	done
	mkdir -p "$SYS/kernel/mm/hugepages/hugepages-16384kB"
	echo 0 >"$SYS/kernel/mm/hugepages/hugepages-16384kB/free_hugepages"
	echo 3 >"$PROC/sys/kernel/perf_event_paranoid"
}
new_host
quiet 'a host that is as it should be'
echo 8-15 >"$SYS/devices/system/cpu/cpu8/topology/thread_siblings_list"
warns SMT8 'SMT is on, 8 threads share a core*ppc64_cpu --smt=off*'
new_host; echo 0,4 >"$SYS/devices/system/cpu/cpu0/topology/thread_siblings_list"
warns SMT2 'SMT is on, 2 threads share a core*'
new_host; echo ondemand >"$SYS/devices/system/cpu/cpu8/cpufreq/scaling_governor"
warns 'a governor' 'the frequency governor is ondemand*cpupower frequency-set -g performance'
new_host; rm -r "$SYS"/devices/system/cpu/*/cpufreq
quiet 'no governor at all'
new_host; echo '1.00 0.20 0.30 1/100 4321' >"$PROC/loadavg"
warns 'a load of one' 'the load average is 1.00: *'
new_host; echo '0.99 5.20 5.30 1/100 4321' >"$PROC/loadavg"
quiet 'a load that is over'
new_host; rm -r "$SYS/kernel/mm/hugepages"
warns 'no huge pages' 'this kernel has no 16 MiB huge pages*'
# Half of what is free may become huge pages: 64 of them are 1 GiB.
new_host; echo 'MemFree: 2097152 kB' >"$PROC/meminfo"
quiet 'just enough memory for huge pages'
echo 'MemFree: 2097151 kB' >"$PROC/meminfo"
warns 'too little memory for huge pages' '63 huge pages of 16 MiB can be had*hugepages=64'
echo 1 >"$SYS/kernel/mm/hugepages/hugepages-16384kB/free_hugepages"
quiet 'a huge page that is there already'
new_host; LIMITED=1
warns 'locked memory' 'locked memory is limited to 64 KiB*memlock*'
LIMITED=''
new_host; echo 'CapEff: 00000000a80425fb' >"$PROC/self/status"
warns "a container's root" 'kernel.perf_event_paranoid is 3 *'
echo -1 >"$PROC/sys/kernel/perf_event_paranoid"
quiet "a container's root where all may count"
new_host; echo 'CapEff: 0000004000000000' >"$PROC/self/status"
quiet 'CAP_PERFMON'
new_host; open_in 4321 qemu-system-ppc /dev/vfio/7
warns 'a guest with a device' 'qemu-system-ppc (4321) has /dev/vfio/7 open*stop it*'
new_host; open_in 4321 qemu-system-ppc /dev/vfio/vfio
quiet 'a container without a group'

new_host; printf '%s 65536 0 - Live 0x0\n' vfio_iommu_mtce vfio_iommu_spapr_tce vfio >"$PROC/modules"
quiet 'our module is the newest'
printf '%s 65536 0 - Live 0x0\n' vfio_pci vfio_iommu_spapr_tce vfio_iommu_mtce vfio >"$PROC/modules"
warns "upstream's module is newer" 'vfio_iommu_spapr_tce was loaded after vfio_iommu_mtce*takeover=1 has no effect*rmmod vfio_iommu_mtce*'
printf '%s 65536 0 - Live 0x0\n' vfio_iommu_mtce vfio >"$PROC/modules"
quiet "upstream's module is built in"
printf '%s 65536 0 - Live 0x0\n' vfio_iommu_spapr_tce vfio >"$PROC/modules"
quiet "upstream's module alone"

# order NAME WORDS DEPENDS: with modules as they are; DEPENDS is what modprobe says of upstream's.
order() {
	local said
	said=$(
		set -euo pipefail
		for part in pci modules; do
			# shellcheck source=/dev/null
			. "$TOP/scripts/host/$part.sh"
		done
		# shellcheck disable=SC2034 # for modules.sh
		UPSTREAM_ONLY='' MTCE_KO=/dev/null
		die() { echo "$*"; exit 1; }
		module_loaded() { return 0; }
		cat() { echo same; }
		modinfo() { [[ $2 == vermagic ]] && uname -r || echo same; }
		eval "modprobe() { echo '$3'; }"
		modules_check
		echo going on
	)
	case_is "$1" "$said" "$2"
}
FILE='insmod /lib/modules/kernel/vfio_iommu_spapr_tce.ko'
printf '%s 65536 0 - Live 0x0\n' vfio_iommu_mtce vfio_iommu_spapr_tce vfio >"$PROC/modules"
order 'a run, ours newest' 'going on' "$FILE"
printf '%s 65536 0 - Live 0x0\n' vfio_iommu_spapr_tce vfio_iommu_mtce vfio >"$PROC/modules"
order "a run, upstream's newest" 'takeover=1 has no effect*rmmod vfio_iommu_mtce' "$FILE"
printf '%s 65536 0 - Live 0x0\n' vfio_iommu_mtce vfio >"$PROC/modules"
order "a run that would load upstream's last" 'takeover=1 has no effect*rmmod vfio_iommu_mtce' "$FILE"
order "a run, upstream's built in" 'going on' 'builtin vfio_iommu_spapr_tce'

# What it says first, and that it asks: nobody to be asked, no, yes, --yes.
ask() { # WAY ANSWER: of VERB, bench if there is none
	cat >"$WORK/ask" <<-ASK
		set -euo pipefail
		TOP=$TOP PROG=mtce-host VERB=${VERB:-bench} PROGRAM=bench/mtce-bench OUT=/out NAMED='' YES=$1 UPSTREAM_ONLY=${ALONE-}
		for part in pci use state modules devices warn confirm; do . "$TOP/scripts/host/\$part.sh"; done
		MTCE_KO=driver/vfio_iommu_mtce.ko
		say() { printf '%s\n' "\$*"; }
		die() { say "\$*"; exit 1; }
		devices_choose
		confirm
		echo going on
	ASK
	if [[ ${2-} ]]; then
		script -qec "bash $WORK/ask" /dev/null <<<"$2" 2>&1 | tr -d '\r'
	else
		bash "$WORK/ask" </dev/null 2>&1
	fi
}
new_host; pci 0001:01:00.0 1 ff0000; pci 0002:01:00.0 2 ff0000 vfio-pci
case_is 'it names every device' "$(ask 1)" '*give 0001:01:00.0 (1234:5678) to vfio-pci (now: no driver)*give 0002:01:00.0 * (now: vfio-pci)*'
case_is '--yes' "$(ask 1)" '*going on'
case_is 'nobody to be asked' "$(ask '')" '*give --yes'
# Each thing that a run changes, before the question; nothing that it does not. What a run is seen to change: tests/guest/host_restores.sh.
names() { # NAME WORDS...
	local name=$1 said word
	shift
	said=$(ask 1)
	for word; do case_is "$name names $word" "$said" "*$word*going on"; done
}
lacks() { # NAME WORDS...
	local name=$1 said word
	shift
	said=$(ask 1)
	for word; do case_is "$name does not name $word" "${said//*"$word"*/it does}" "$said"; done
}
modules() { rm -rf "$SYS/module"; for m; do mkdir -p "$SYS/module/$m"; done; } # those that are loaded
ALL=(taint takeover kill_threshold lazy_timeout_ms lazy_hcalls huge 'kprobe on pnv_pci_ioda2_tce_invalidate' 'KVM guests' 'resets it' 'pins memory' /run/mtce-host)
modules
names 'a run' 'load vfio, vfio_iommu_spapr_tce, vfio-pci, kvm-hv*driver/vfio_iommu_mtce.ko' "${ALL[@]}" 'but for the taint'
modules vfio vfio_pci kvm_hv
names 'with some modules there' 'load vfio_iommu_spapr_tce and driver/vfio_iommu_mtce.ko'
lacks 'with some modules there' 'vfio,' 'vfio-pci and' kvm-hv
modules vfio vfio_pci kvm_hv vfio_iommu_spapr_tce vfio_iommu_mtce
names 'with all modules there' "${ALL[@]:1}"
lacks 'with all modules there' taint '  load '
modules
ALONE=1
names 'upstream alone' 'load vfio, vfio_iommu_spapr_tce, vfio-pci' huge kprobe 'resets it'
lacks 'upstream alone' taint takeover kill_threshold vfio_iommu_mtce
ALONE=''
VERB=sweep names 'the sweep' takeover lazy_entries
VERB=sweep lacks 'the sweep' huge kprobe KVM kvm-hv
VERB=replay names 'the replay' 'KVM guests' lazy_timeout_ms kvm-hv
VERB='test' names 'the tests' "${ALL[@]}" mtce_audit mtce_oracle mtce_refuse mtce_slow direct min_free_kbytes failslab debugfs
if command -v script >/dev/null; then
	case_is 'the answer no' "$(ask '' n)" '*nothing was changed'
	case_is 'no answer' "$(ask '' ' ')" '*nothing was changed'
	case_is 'the answer yes' "$(ask '' y)" '*going on'
fi

echo "$CASES cases, $FAILED failed"
((CASES >= 25 && FAILED == 0))
