# SPDX-License-Identifier: GPL-2.0
# The kernel modules a run needs, and their removal.
# shellcheck shell=bash

# What make has built here, else what is installed, by DKMS for example.
MTCE_KO=$TOP/driver/vfio_iommu_mtce.ko
[[ -e $MTCE_KO ]] || MTCE_KO=$(modinfo -n vfio_iommu_mtce 2>/dev/null) || MTCE_KO=$TOP/driver/vfio_iommu_mtce.ko
TAKEOVER=/sys/module/vfio_iommu_mtce/parameters/takeover
# In an order in which they can be removed.
MODULE_FAMILY=(mtce_audit mtce_oracle mtce_refuse mtce_slow kvm_hv kvm vfio_iommu_mtce vfio_pci vfio_pci_core vfio_iommu_spapr_tce vfio_spapr_eeh vfio irqbypass)

module_loaded() { [[ -d $SYS/module/$1 ]]; }

modules_check() {
	local magic
	[[ ! $UPSTREAM_ONLY ]] || return 0
	[[ -e $MTCE_KO ]] || die "$MTCE_KO is missing; run: make build (or give --upstream-only, and measure upstream alone)"
	magic=$(modinfo -F vermagic "$MTCE_KO")
	[[ ${magic%% *} == "$(uname -r)" ]] ||
		die "$MTCE_KO was built for kernel ${magic%% *} and this is $(uname -r); run: make clean build (or give --upstream-only, and measure upstream alone)"
	module_loaded vfio_iommu_mtce || return 0
	# Kernels without srcversion show none on either side; then the user must know.
	[[ $(cat /sys/module/vfio_iommu_mtce/srcversion 2>/dev/null) == "$(modinfo -F srcversion "$MTCE_KO")" ]] ||
		die "another build of vfio_iommu_mtce is loaded; remove it first: rmmod vfio_iommu_mtce"
	if upstream_comes_first || upstream_would_come_last; then
		die "takeover=1 has no effect, because vfio_iommu_spapr_tce is to be loaded before vfio_iommu_mtce and is not; remove ours first: rmmod vfio_iommu_mtce"
	fi
}

# Ours is loaded, upstream's is not, and is not built in: this run would load it.
upstream_would_come_last() {
	! grep -q '^vfio_iommu_spapr_tce ' "$PROC/modules" && modprobe --show-depends vfio_iommu_spapr_tce 2>/dev/null | grep -q '^insmod .*spapr_tce'
}

# Ours last: of two that offer a type, the last one loaded is asked first. It takes over only when a
# program switches it on.
modules_load() {
	local m
	for m in vfio vfio_iommu_spapr_tce vfio-pci; do
		modprobe "$m" || die "this kernel has no module $m; it needs VFIO for sPAPR TCE (CONFIG_VFIO_IOMMU_SPAPR_TCE)"
	done
	# Some tests and scenarios are about KVM guests; where there is no KVM they say so.
	[[ $VERB == sweep ]] || modprobe -q kvm-hv || true
	[[ ! $UPSTREAM_ONLY ]] || return 0
	module_loaded vfio_iommu_mtce || insmod "$MTCE_KO" ||
		die "$MTCE_KO could not be loaded; dmesg says why (with lockdown it must be signed, see docs/operators.md; --upstream-only does without it)"
	echo 0 >"$TAKEOVER"
}

# modules_unload FILE: removes what is loaded now and is not named in FILE.
modules_unload() {
	local m rc=0
	for m in "${MODULE_FAMILY[@]}"; do
		# Only what is a module (not built in), and was not there before.
		if ! grep -q "^$m " /proc/modules || grep -qx "$m" "$1"; then continue; fi
		rmmod "$m" || {
			say "module $m is still in use"
			rc=1
		}
	done
	return "$rc"
}

modules_status() {
	local m
	for m in vfio vfio_iommu_spapr_tce vfio_pci vfio_iommu_mtce; do
		printf 'module   %-22s %s\n' "$m" "$(module_loaded "$m" && echo loaded || echo not loaded)"
	done
	printf 'build    %s\n' "$([[ -e $MTCE_KO ]] && echo "$MTCE_KO for $(modinfo -F vermagic "$MTCE_KO")" || echo 'no module built; run: make build')"
}
