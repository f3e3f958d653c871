# SPDX-License-Identifier: GPL-2.0
# PCI devices and their IOMMU groups, as the kernel shows them.
# shellcheck shell=bash disable=SC2034 # the other parts read these

# Tests put trees of their own in the place of these.
SYS=${MTCE_SYS:-/sys}
PROC=${MTCE_PROC:-/proc}
DEV=${MTCE_DEV:-/dev}
PCI=$SYS/bus/pci
IOMMU_GROUPS=$SYS/kernel/iommu_groups

# The kernel lists its modules newest first, and VFIO asks the newest back end first: is that upstream's?
upstream_comes_first() {
	[[ -r $PROC/modules ]] && awk '
		$1 == "vfio_iommu_spapr_tce" { upstream = NR }
		$1 == "vfio_iommu_mtce" { ours = NR }
		END { exit !(upstream && ours && upstream < ours) }' "$PROC/modules"
}

device_driver() { # BDF: the driver's name; fails without one
	link_name "$PCI/devices/$1/driver"
}
device_group() { link_name "$PCI/devices/$1/iommu_group"; }
link_name() {
	local to
	[[ -e $1 ]] && to=$(readlink "$1") && echo "${to##*/}"
}
device_title() {
	local d=$PCI/devices/$1 vendor device
	read -r vendor <"$d/vendor"
	read -r device <"$d/device"
	printf '%s (%s:%s)' "$1" "${vendor#0x}" "${device#0x}"
}
device_has_class() { # BDF PREFIX
	local class
	read -r class <"$PCI/devices/$1/class" && [[ $class == "$2"* ]]
}
# Bridges stay with the kernel.
device_is_bridge() { device_has_class "$1" 0x06; }

groups_all() { find "$IOMMU_GROUPS" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -n; }
group_devices() {
	local d
	for d in "$IOMMU_GROUPS/$1"/devices/*; do
		[[ ! -e $d ]] || device_is_bridge "${d##*/}" || echo "${d##*/}"
	done
}
