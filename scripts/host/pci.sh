# SPDX-License-Identifier: GPL-2.0
# PCI devices and their IOMMU groups, as the kernel shows them.
# shellcheck shell=bash disable=SC2034 # the other parts read these

# Tests put trees of their own in the place of these.
SYS=${MTCE_SYS:-/sys}
PROC=${MTCE_PROC:-/proc}
DEV=${MTCE_DEV:-/dev}
PCI=$SYS/bus/pci
IOMMU_GROUPS=$SYS/kernel/iommu_groups

device_driver() { # BDF: the driver's name; fails without one
	[[ -e $PCI/devices/$1/driver ]] && basename "$(readlink "$PCI/devices/$1/driver")"
}
device_group() { [[ -e $PCI/devices/$1/iommu_group ]] && basename "$(readlink "$PCI/devices/$1/iommu_group")"; }
device_title() {
	local d=$PCI/devices/$1
	printf '%s (%s:%s)' "$1" "$(cut -c3- "$d/vendor")" "$(cut -c3- "$d/device")"
}
# Bridges stay with the kernel.
device_is_bridge() { [[ $(<"$PCI/devices/$1/class") == 0x06* ]]; }

groups_all() { find "$IOMMU_GROUPS" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -n; }
group_devices() {
	local d
	for d in "$IOMMU_GROUPS/$1"/devices/*; do
		[[ ! -e $d ]] || device_is_bridge "${d##*/}" || echo "${d##*/}"
	done
}
