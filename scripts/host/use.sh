# SPDX-License-Identifier: GPL-2.0
# What uses a PCI device: disks, network interfaces, terminals, programs. After pci.sh.
# shellcheck shell=bash

# Looked up once, there are many: lines "CLASS PATH", where in the device tree every disk, network interface and
# terminal is; where disks are mounted, by number and by name; which files in /dev somebody has open, and who.
USERS=() OPEN=()
declare -A MOUNTED=()
users_of_devices() {
	local key where
	((!${#USERS[@]})) || return 0
	mapfile -t USERS < <(users_list)
	mapfile -t OPEN < <(open_list)
	while read -r key where; do MOUNTED[$key]=$where; done < <(mounts_list)
}

users_list() {
	find "$SYS"/class/{block,net,tty}/ -mindepth 1 -maxdepth 1 -type l -printf '%h %l\n'
	nvme_heads
}

# An NVMe namespace with several paths is under its subsystem, which only links to the controllers.
nvme_heads() {
	local disk subsystem controller
	for disk in "$SYS"/class/block/nvme*; do
		[[ -e $disk && $(readlink -f "$disk") =~ ^(.*/nvme-subsystem/[^/]*)/ ]] || continue
		subsystem=${BASH_REMATCH[1]}
		for controller in "$subsystem"/nvme*; do
			[[ ! -L $controller ]] || echo "block $(readlink -f "$controller")/${disk##*/}"
		done
	done
}

# Of every process, because a container's mounts are not ours. btrfs has numbers of its own and is found by name.
mounts_list() {
	cat "$PROC"/[0-9]*/mountinfo 2>/dev/null | awk '
		{ for (i = 7; i < NF && $i != "-"; i++); print $3, $5; if ($(i + 2) ~ /^\/dev\//) print $(i + 2), $5 }' | sort -u
}

open_list() { # lines "FILE PID"
	find "$PROC"/[0-9]*/fd -lname '/dev/*' -printf '%l %h\n' 2>/dev/null |
		sed -n "s#^\(/dev/[^ ]*\) $PROC/\([0-9]*\)/fd#\1 \2#p" | grep -vE '^/dev/((null|zero|tty|u?random) |pts/)' | sort -u
}

# opened_by FILE: the names of programs that have it open, for the user; fails when none has.
opened_by() {
	local line names=''
	for line in "${OPEN[@]}"; do
		[[ $line != "$1 "* ]] || names+="${names:+, }$(cat "$PROC/${line##* }/comm" 2>/dev/null || echo program) (${line##* })"
	done
	[[ $names ]] && echo "$names"
}

# device_use BDF: says what uses the device; fails when nothing does.
device_use() {
	local bdf=$1 line class path interfaces=0 functions=0 driver
	[[ ${MTCE_MARKER-} != */$bdf/* ]] || { echo "it is the lab's own"; return; }
	! device_has_class "$bdf" 0x03 || { echo "it is a display"; return; }
	[[ ! -e $PCI/devices/$bdf/sriov_numvfs ]] || read -r functions <"$PCI/devices/$bdf/sriov_numvfs"
	((functions == 0)) || { echo "it has virtual functions, which would go"; return; }
	users_of_devices
	for line in "${USERS[@]}"; do
		class=${line%% *}
		class=${class##*/}
		path=${line#* }
		[[ $path == */$bdf/* ]] || continue
		[[ $class != net ]] || interfaces=1
		"${class}_use" "${path##*/}" && return
	done
	# An interface that was given to a container is not seen from here.
	driver=$(device_driver "$bdf") || return 1
	device_has_class "$bdf" 0x02 && ((!interfaces)) &&
		[[ ! $driver =~ ^(vfio-pci|uio_pci_generic|igb_uio|pci-stub)$ ]] || return 1
	echo "driver $driver has it, but no network interface is here; a container may have it"
}

# Mounted, swapped on, open, or a member of something that may be: LVM, RAID, multipath, ZFS, btrfs over several disks.
block_use() { # NAME
	local dev=/dev/${1//!//} where who
	where=${MOUNTED[$(cat "$SYS/class/block/$1/dev" 2>/dev/null || echo none)]-${MOUNTED[$dev]-}}
	[[ ! $where ]] || { echo "its disk $1 backs $where"; return; }
	! grep -q "^${dev}[[:space:]]" "$PROC/swaps" || { echo "its disk $1 is swapped on"; return; }
	where=$(find "$SYS/class/block/$1/holders/" -mindepth 1 -printf '%f ' 2>/dev/null || true)
	[[ ! $where ]] || { echo "its disk $1 is part of ${where% }"; return; }
	who=$(opened_by "$dev") && echo "its disk $1 is open in $who" && return
	where=$(blkid -p -s TYPE -o value "$dev" 2>/dev/null || true)
	[[ $where =~ ^(btrfs|zfs_member|LVM2_member|.*_raid_member|mpath_member|bcache|ceph_bluestore|drbd|oracleasm)$ ]] &&
		echo "its disk $1 may be part of a pool ($where)"
}

net_use() { # NAME
	local upper
	if upper=$(default_route_over "$1"); then
		[[ $upper == "$1" ]] || upper="$1 below $upper, which"
		echo "its network interface $upper carries the default route"
	elif upper=$(uppers_of "$1") && [[ $upper ]]; then
		echo "its network interface $1 is part of ${upper//$'\n'/, }"
	elif (($(<"$SYS/class/net/$1/flags") & 1)); then
		echo "its network interface $1 is up"
	else
		return 1
	fi
}

# What a bond, bridge, team or VLAN has made of an interface.
uppers_of() {
	local link
	for link in "$SYS/class/net/$1"/upper_*; do
		[[ ! -L $link ]] || printf '%s\n' "${link##*/upper_}"
	done
}

# Of the interface itself and of all that is built on it, the first that has a default route.
default_route_over() { # NAME
	local upper
	if has_default_route "$1"; then
		echo "$1"
		return
	fi
	while read -r upper; do
		default_route_over "$upper" && return
	done < <(uppers_of "$1")
	return 1
}

# The kernel gives lo an IPv6 default route that refuses.
has_default_route() { # NAME
	awk -v i="$1" '$1 == i && $2 == "00000000" && $8 == "00000000" { found = 1 } END { exit !found }' "$PROC/net/route" 2>/dev/null ||
		awk -v i="$1" '$10 == i && $1 ~ /^0+$/ && $2 == "00" && i != "lo" { found = 1 } END { exit !found }' "$PROC/net/ipv6_route" 2>/dev/null
}

tty_use() { # NAME
	local who
	! grep -qsw "$1" "$SYS/class/tty/console/active" || { echo "its port $1 carries the console"; return; }
	who=$(opened_by "/dev/$1") && echo "its port $1 is open in $who"
}
