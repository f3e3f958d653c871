# SPDX-License-Identifier: GPL-2.0
# What a run will do to this host, all of it, and whether it may. After the other parts.
# shellcheck shell=bash

confirm() {
	say "this will:"
	changes | sed 's/^/  /' >&2
	[[ ! $YES ]] || return 0
	[[ -t 0 ]] || die "not started from a terminal, so nobody can be asked; give --yes"
	read -r -p 'Go on? [y/N] '
	[[ $REPLY == [yY]* ]] || die "nothing was changed"
}

# A line each. tests/guest/host_restores.sh compares it with what a run was seen to change.
changes() {
	change_modules
	change_devices
	[[ $UPSTREAM_ONLY ]] || change_parameters
	"change_$VERB"
	echo "run $PROGRAM as root, which pins memory, and writes into $OUT"
	echo "put all of that back$(! mtce_taints || echo ', but for the taint'); until then $STATE has what was there before"
}

# Of a module outside of the kernel's tree, once and for all.
mtce_taints() { [[ ! $UPSTREAM_ONLY ]] && ! module_loaded vfio_iommu_mtce; }

change_modules() {
	local m new=()
	for m in vfio vfio_iommu_spapr_tce vfio_pci; do module_loaded "$m" || new+=("${m/_pci/-pci}"); done
	[[ $VERB == sweep ]] || module_loaded kvm_hv || new+=('kvm-hv (if there is one)')
	! mtce_taints || new+=("$MTCE_KO")
	((${#new[@]} == 0)) || echo "load $(listed "${new[@]}"), with the modules that these need"
	! mtce_taints || echo "taint the kernel, until the host starts again: vfio_iommu_mtce is not in its tree"
}

change_devices() {
	local dev
	for dev in $(group_devices_all); do
		echo "give $(device_title "$dev") to vfio-pci (now: $(device_driver "$dev" || echo no driver)), which resets it"
	done
}

# What programs write there: bench/backend.c, mapping.c, hcall.c, replay-run.c, mtce-sweep.c; and most tests.
change_parameters() {
	local other=(kill_threshold lazy_timeout_ms lazy_hcalls) takeover='on at times and off at others'
	case $VERB in
	sweep) other=(kill_threshold lazy_entries lazy_timeout_ms) takeover=off ;;
	replay) other=(lazy_timeout_ms lazy_hcalls) ;;
	test) other=(direct kill_threshold lazy_entries lazy_timeout_ms lazy_hcalls) ;;
	esac
	echo "switch takeover $takeover, for the whole host: containers that other programs open meanwhile obey it, too"
	echo "set parameters of vfio_iommu_mtce, for all of its users: $(listed "${other[@]}")"
}

change_bench() {
	change_huge_pages
	change_probe
	change_guests
}
change_sweep() { :; }
change_replay() { change_guests; }
change_test() {
	change_huge_pages
	change_probe
	change_guests
	echo "remove vfio_iommu_mtce and vfio_iommu_spapr_tce, and load them again, many times; load mtce_audit, mtce_oracle, mtce_refuse and mtce_slow"
	echo "switch tracepoints on, set more probes, mount debugfs if it is not, set vm.min_free_kbytes"
	echo "make allocations of the tests fail, where the kernel can (failslab, fail_page_alloc, fail_usercopy)"
}
change_huge_pages() { echo "take up to $HUGE_WANTED huge pages of 16 MiB from free memory (nr_hugepages)"; }
change_probe() { echo "set a kprobe on pnv_pci_ioda2_tce_invalidate, to count upstream's kill stores"; }
change_guests() { echo "run small KVM guests, if there is KVM"; }

listed() { # a, b and c
	local last=${*: -1} most=("${@:1:$#-1}")
	if ((${#most[@]})); then
		printf '%s, ' "${most[@]}" | sed 's/, $//'
		echo " and $last"
	else
		echo "$last"
	fi
}
