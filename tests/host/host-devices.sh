#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2153,SC2317 # variables and functions are used by scripts/host
# Which devices scripts/mtce-host takes, and which never, on machines made of files.
set -uo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
# shellcheck source=SCRIPTDIR/lib/machine.sh
. "$TOP/tests/host/lib/machine.sh"

# The choice as mtce-host makes it, in a shell of its own: "groups 1 2: 0001:..." or the words of the refusal.
choice() { # VERB [DEVICE...]
	(
		set -euo pipefail
		PROG=mtce-host VERB=$1
		shift
		NAMED=$*
		say() { printf '%s\n' "$*"; }
		die() { say "$*"; exit 1; }
		for part in pci use devices; do
			# shellcheck source=/dev/null
			. "$TOP/scripts/host/$part.sh"
		done
		devices_choose
		echo "groups ${GROUP_NUMBERS[*]}: ${DEVICES[*]}"
	) 2>&1
}
DEVICE=0001:01:00.0
refused() { case_is "$1" "$(choice bench "$DEVICE")" "$DEVICE cannot be used (IOMMU group 1): $2"; } # NAME WHY
taken() { case_is "$1" "$(choice bench "$DEVICE")" "groups 1: $DEVICE"; }                             # NAME

# A disk with a driver: nothing uses it yet.
new_disk() {
	machine_new
	pci $DEVICE 1 010700 mpt3sas
	disk $DEVICE host0/target0:0:0/0:0:0:0/block/sda 8:0
	disk $DEVICE host0/target0:0:0/0:0:0:0/block/sda/sda1 8:1
}
new_disk
taken 'a disk that nobody uses, named'
case_is 'a disk that nobody uses, not named' "$(choice bench)" 'no device is free: *'
mounted 8:0 /data /dev/sda
refused 'a mounted disk' "$DEVICE: its disk sda backs /data"
new_disk; mounted 8:1 / /dev/sda1
refused 'a mounted partition' "$DEVICE: its disk sda1 backs /"
new_disk; mounted 0:45 /srv /dev/sda1
refused 'a mounted btrfs, which has a number of its own' "$DEVICE: its disk sda1 backs /srv"
new_disk; mounted 8:1 /var/lib/container /dev/sda1 4711
refused "a container's mount" "$DEVICE: its disk sda1 backs /var/lib/container"
new_disk; echo '/dev/sda1 partition 1000 0 -2' >>"$PROC/swaps"
refused swap "$DEVICE: its disk sda1 is swapped on"
new_disk; echo '/dev/sda11 partition 1000 0 -2' >>"$PROC/swaps"
taken "another disk's swap"
new_disk; mkdir "$SYS/class/block/sda1/holders/dm-0"
refused 'LVM, dm-crypt, multipath, md: a holder' "$DEVICE: its disk sda1 is part of dm-0"
new_disk; mkdir "$SYS/class/block/sda/holders/dm-3"
refused 'a holder of the whole disk' "$DEVICE: its disk sda is part of dm-3"
for type in zfs_member LVM2_member linux_raid_member isw_raid_member btrfs mpath_member ceph_bluestore; do
	new_disk; echo $type >"$MACHINE/blkid.sda1"
	refused "a member of a pool, $type" "$DEVICE: its disk sda1 may be part of a pool ($type)"
done
new_disk; echo ext4 >"$MACHINE/blkid.sda1"
taken 'a file system that is not mounted'
new_disk; open_in 99 postgres /dev/sda1
refused 'a disk that a program uses raw' "$DEVICE: its disk sda1 is open in postgres (99)"

new_nvme() {
	machine_new
	pci $DEVICE 1 010802 nvme
	disk $DEVICE nvme/nvme0/nvme0n1 259:0
}
new_nvme
taken 'an NVMe that nobody uses'
mounted 259:0 / /dev/nvme0n1
refused 'a mounted NVMe' "$DEVICE: its disk nvme0n1 backs /"
# Native multipath: the disk is the subsystem's, which links to its controllers.
machine_new
pci $DEVICE 1 010802 nvme
beneath block $DEVICE nvme/nvme0/nvme0c0n1
head=$SYS/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1
mkdir -p "$head/holders"
ln -s "$(readlink -f "$SYS/bus/pci/devices/$DEVICE")/nvme/nvme0" "${head%/*}/nvme0"
ln -s "$head" "$SYS/class/block/nvme0n1"
echo 259:1 >"$head/dev"
taken 'an NVMe with paths that nobody uses'
mounted 259:1 /home /dev/nvme0n1
refused 'a mounted NVMe with paths' "$DEVICE: its disk nvme0n1 backs /home"

new_nic() {
	machine_new
	pci $DEVICE 1 020000 e1000e
	nic $DEVICE eth0 0x1002
}
new_nic
taken 'an interface that is down'
echo 0x1003 >"$SYS/class/net/eth0/flags"
refused 'an interface that is up' "$DEVICE: its network interface eth0 is up"
new_nic; default_route eth0
refused 'a default route' "$DEVICE: its network interface eth0 carries the default route"
new_nic; default_route6 eth0
refused 'an IPv6 default route' "$DEVICE: its network interface eth0 carries the default route"
new_nic; default_route eth1; default_route6 eth1
taken "another interface's default route"
new_nic; printf 'eth0\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n' >>"$PROC/net/route"
taken 'a route that is not the default'
new_nic; upper bond0 eth0
refused 'a slave of a bond' "$DEVICE: its network interface eth0 is part of bond0"
default_route bond0
refused 'a slave of a bond with the default route' "$DEVICE: its network interface eth0 below bond0, which carries the default route"
new_nic; upper bond0 eth0; upper br0 bond0; default_route br0
refused 'a bond in a bridge with the default route' "$DEVICE: its network interface eth0 below br0, which carries the default route"
new_nic; upper eth0.7 eth0; default_route6 eth0.7
refused 'a VLAN with the default route' "$DEVICE: its network interface eth0 below eth0.7, which carries the default route"
machine_new; pci $DEVICE 1 020000 e1000e
refused "a container's interface" "$DEVICE: driver e1000e has it, but no network interface is here; a container may have it"
machine_new; pci $DEVICE 1 020000 uio_pci_generic
taken 'a network device that user space drives'
machine_new; pci $DEVICE 1 020000
taken 'a network device without a driver'

new_tty() {
	machine_new
	pci $DEVICE 1 070002 serial
	beneath tty $DEVICE tty/ttyS4
}
new_tty
taken 'a serial port that nobody uses'
echo 'tty0 ttyS4' >"$SYS/class/tty/console/active"
refused 'the console' "$DEVICE: its port ttyS4 carries the console"
echo 'tty0 ttyS44' >"$SYS/class/tty/console/active"
taken 'another console'
open_in 88 agetty /dev/ttyS4
refused 'a log-in on a serial port' "$DEVICE: its port ttyS4 is open in agetty (88)"
machine_new; pci $DEVICE 1 030000
refused 'a display' "$DEVICE: it is a display"
machine_new; pci $DEVICE 1 020000 mlx5_core; nic $DEVICE eth0 0x1002
echo 4 >"$SYS/bus/pci/devices/$DEVICE/sriov_numvfs"
refused 'virtual functions' "$DEVICE: it has virtual functions, which would go"

# Groups are taken whole, bridges stay.
new_disk; mounted 8:1 / /dev/sda1
pci 0001:01:00.1 1 ff0000
case_is 'a free device beside a mounted disk' "$(choice bench 0001:01:00.1)" "0001:01:00.1 cannot be used (IOMMU group 1): $DEVICE: its disk sda1 backs /"
case_is 'the same, not named' "$(choice bench)" 'no device is free: *'
machine_new; pci $DEVICE 1 ff0000; pci 0001:01:00.1 1 010700 mpt3sas
disk 0001:01:00.1 host0/target0:0:0/0:0:0:0/block/sda 8:0; mounted 8:0 /data /dev/sda
refused 'a free device before a mounted disk' "0001:01:00.1: its disk sda backs /data"
new_disk
pci 0001:01:00.1 1 ff0000
case_is 'a free device beside one with a driver, not named' "$(choice bench)" 'no device is free: *'
machine_new
pci 0001:00:00.0 1 060400 pcieport
pci $DEVICE 1 ff0000
taken 'a device below a bridge'
case_is 'the bridge itself' "$(choice bench 0001:00:00.0)" '0001:00:00.0 is a bridge; *'
case_is 'a device that is not there' "$(choice bench 0009:01:00.0)" 'there is no PCI device 0009:01:00.0 *'
rm "$(readlink -f "$SYS/bus/pci/devices/$DEVICE")/iommu_group"
case_is 'a device without a group' "$(choice bench $DEVICE)" "$DEVICE is in no IOMMU group, *"
machine_new; pci $DEVICE 1 ff0000; MTCE_MARKER=$SYS/bus/pci/devices/$DEVICE/resource0
export MTCE_MARKER
refused "the lab's own device" "$DEVICE: it is the lab's own"

# How many: two for the verbs that can use them, one is enough; by number, not by name.
machine_new
pci 0001:01:00.0 2 ff0000
pci 0002:01:00.0 10 ff0000 vfio-pci
pci 0003:01:00.0 9 ff0000 somebody
pci 0004:01:00.0 11 ff0000
case_is 'bench takes two groups' "$(choice bench)" 'groups 2 10: 0001:01:00.0 0002:01:00.0'
case_is 'test takes two groups' "$(choice test)" 'groups 2 10: 0001:01:00.0 0002:01:00.0'
case_is 'sweep takes one' "$(choice sweep)" 'groups 2: 0001:01:00.0'
case_is 'two are named' "$(choice sweep 0003:01:00.0 0004:01:00.0)" 'groups 9 11: 0003:01:00.0 0004:01:00.0'
machine_new; pci $DEVICE 1 ff0000
case_is 'bench takes one where there is one' "$(choice bench)" "groups 1: $DEVICE"
# A VFIO group can be opened once; a folder in its place cannot be opened like that either.
machine_new; pci $DEVICE 1 ff0000 vfio-pci; mkdir "$MTCE_DEV/vfio/1"
refused "another program's VFIO group" 'another program has /dev/vfio/1 open'
case_is "another program's VFIO group, not named" "$(choice bench)" 'no device is free: *'
machine_new; pci $DEVICE 1 ff0000 vfio-pci; : >"$MTCE_DEV/vfio/1"
taken 'a VFIO group that nobody has open'

# The same in what status shows, for everybody.
new_disk; mounted 8:1 / /dev/sda1
pci 0002:01:00.0 2 ff0000
pci 0003:01:00.0 3 ff0000 somebody
status=$("$TOP/scripts/mtce-host" status 2>&1)
case_is 'status: never' "$(grep '^group 1 ' <<<"$status")" '*never used: *its disk sda1 backs /'
case_is 'status: free' "$(grep '^group 2 ' <<<"$status")" '*free to use'
case_is 'status: named only' "$(grep '^group 3 ' <<<"$status")" '*not used unless named: *driver somebody'
case_is 'status: host' "$(grep '^host' <<<"$status")" '*POWER8*PowerNV*'

echo "$CASES cases, $FAILED failed"
((CASES >= 63 && FAILED == 0))
