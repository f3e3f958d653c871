#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The example for modprobe (packaging/modprobe.conf): whoever loads VFIO gets upstream's back end and then mtce's. modprobe itself, with
# a kernel's own VFIO modules out of the lab's cache; for mtce's module a copy of upstream's stands in, which depends on the same.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
PATH=$PATH:/usr/sbin:/sbin
for tool in modprobe depmod debugfs; do command -v "$tool" >/dev/null || { echo "$tool is not installed"; exit 77; }; done
KERNEL=$(dirname "$("$TOP/scripts/lab" path vmlinux)")
[[ -e $KERNEL/modules.img ]] || { echo 'no kernel; run: scripts/lab setup'; exit 77; }
RELEASE=$(<"$KERNEL/release")
MODULES=$WORK/lib/modules/$RELEASE

mkdir -p "$MODULES"/{kernel/drivers,updates/dkms} "$WORK/conf"
debugfs -R "rdump /$RELEASE/kernel/drivers/vfio $MODULES/kernel/drivers" "$KERNEL/modules.img" 2>/dev/null
debugfs -R "rdump /$RELEASE/kernel/virt $MODULES/kernel" "$KERNEL/modules.img" 2>/dev/null
upstream=$(find "$MODULES" -name 'vfio_iommu_spapr_tce.ko*')
cp "$upstream" "$MODULES/updates/dkms/vfio_iommu_mtce.ko${upstream##*.ko}"
touch "$MODULES"/modules.{order,builtin}
depmod -b "$WORK" "$RELEASE" 2>/dev/null

order() { # MODULE: of the two back ends, as modprobe loads them, with their parameters
	modprobe -d "$WORK" -S "$RELEASE" -C "$WORK/conf" --show-depends "$1" |
		sed -nE 's#.*/(vfio_iommu_(spapr_tce|mtce))\.ko[^ ]* *(.*)#\1 \3#p' | sed 's/ *$//' | awk '!seen[$0]++' | paste -sd,
}
is() { # MODULE ORDER
	local said
	said=$(order "$1")
	[[ $said == "$2" ]] || { echo "modprobe $1 loads: $said; not: $2"; exit 1; }
}
is vfio-pci vfio_iommu_spapr_tce
cp "$TOP/packaging/modprobe.conf" "$WORK/conf/mtce.conf"
for module in vfio vfio-pci vfio_iommu_spapr_tce vfio_iommu_mtce; do is "$module" vfio_iommu_spapr_tce,vfio_iommu_mtce; done
# The line that is there to be switched on.
sed -i 's/^#options/options/' "$WORK/conf/mtce.conf"
is vfio-pci 'vfio_iommu_spapr_tce,vfio_iommu_mtce takeover=1'
