# SPDX-License-Identifier: GPL-2.0
# What a run will do, and whether it may.
# shellcheck shell=bash

confirm() {
	local dev
	say "this will:"
	printf '  load vfio, vfio-pci, vfio_iommu_spapr_tce%s\n' "$([[ $UPSTREAM_ONLY ]] || echo ", $MTCE_KO")" >&2
	for dev in $(group_devices_all); do
		printf '  give %s to vfio-pci (now: %s)\n' "$(device_title "$dev")" "$(device_driver "$dev" || echo no driver)" >&2
	done
	printf '  run %s as root, then put all of that back\n' "$PROGRAM" >&2
	[[ ! $YES ]] || return 0
	[[ -t 0 ]] || die "not started from a terminal, so nobody can be asked; give --yes"
	read -r -p 'Go on? [y/N] '
	[[ $REPLY == [yY]* ]] || die "nothing was changed"
}
