# SPDX-License-Identifier: GPL-2.0
# Which PCI device to use: a whole IOMMU group goes to vfio-pci or none of it.
# shellcheck shell=bash

PCI=/sys/bus/pci

device_driver() { # BDF: the driver's name; fails without one
	[[ -e $PCI/devices/$1/driver ]] && basename "$(readlink "$PCI/devices/$1/driver")"
}
device_group() { [[ -e $PCI/devices/$1/iommu_group ]] && basename "$(readlink "$PCI/devices/$1/iommu_group")"; }
device_title() {
	local d=$PCI/devices/$1
	printf '%s (%s:%s)' "$1" "$(cut -c3- "$d/vendor")" "$(cut -c3- "$d/device")"
}
# Bridges stay with the kernel.
group_devices() {
	local d
	for d in /sys/kernel/iommu_groups/"$1"/devices/*; do
		[[ $(<"$d/class") == 0x06* ]] || basename "$d"
	done
}
group_devices_all() {
	local g
	for g in "${GROUP_NUMBERS[@]}"; do group_devices "$g"; done
}

# Where in the device tree every disk, network interface and terminal is; looked up once, there are many.
USERS=()
users_of_devices() {
	((${#USERS[@]})) || mapfile -t USERS < <(readlink -f /sys/class/block/* /sys/class/net/* /sys/class/tty/*)
}

# device_use BDF: says what uses the device; fails when nothing does.
device_use() {
	local bdf=$1 real
	[[ ${MTCE_MARKER-} != */$bdf/* ]] || { echo "it is the lab's own"; return; }
	[[ $(<"$PCI/devices/$bdf/class") != 0x03* ]] || { echo "it is a display"; return; }
	users_of_devices
	for real in "${USERS[@]}"; do
		[[ $real == */$bdf/* ]] || continue
		case $real in
		*/block/*) block_use "${real##*/}" && return ;;
		*/net/*) (($(<"$real/flags") & 1)) && echo "its network interface ${real##*/} is up" && return ;;
		*/tty/*) grep -qw "${real##*/}" /sys/class/tty/console/active && echo "it carries the console" && return ;;
		esac
	done
	return 1
}

# Mounted, swapped on, or a member of something that may be: LVM, RAID, ZFS, btrfs over several disks.
block_use() {
	local where
	# Each output is taken whole: under pipefail a reader that stops early would turn "used" into "free".
	where=$(lsblk -nro MOUNTPOINT "/dev/$1" 2>/dev/null | xargs)
	[[ ! $where ]] || { echo "its disk $1 backs $where"; return; }
	compgen -G "/sys/class/block/$1/holders/*" >/dev/null && echo "its disk $1 is part of another device" && return
	where=$(lsblk -nro FSTYPE "/dev/$1" 2>/dev/null | xargs)
	[[ $where =~ btrfs|zfs_member|LVM2_member|linux_raid_member ]] && echo "its disk $1 may be part of a pool"
}

# group_obstacle GROUP STRICT: why it must not be used; fails when it may. STRICT: any driver is one.
group_obstacle() {
	local dev use driver
	for dev in $(group_devices "$1"); do
		use=$(device_use "$dev") && echo "$dev: $use" && return
		driver=$(device_driver "$dev") || continue
		[[ ! $2 || $driver == vfio-pci ]] || { echo "$dev is used by driver $driver"; return; }
		[[ $driver != vfio-pci || ! -e /dev/vfio/$1 ]] || group_free "$1" || {
			echo "another program has /dev/vfio/$1 open"
			return
		}
	done
	return 1
}
group_free() { (exec <>"/dev/vfio/$1") 2>/dev/null; }

# Sets DEVICES (one per group, the main one first) and GROUP_NUMBERS.
devices_choose() {
	DEVICES=() GROUP_NUMBERS=()
	users_of_devices # here, not in a subshell that forgets it
	if [[ $NAMED ]]; then devices_named; else devices_found; fi
}

devices_named() {
	local dev group why
	for dev in $NAMED; do
		[[ -d $PCI/devices/$dev ]] || die "there is no PCI device $dev (the form is 0000:01:00.0; see: $PROG status)"
		group=$(device_group "$dev") || die "$dev is in no IOMMU group, so VFIO cannot use it"
		[[ $(<"$PCI/devices/$dev/class") != 0x06* ]] || die "$dev is a bridge; name a device behind it"
		if why=$(group_obstacle "$group" ''); then
			die "$dev cannot be used (IOMMU group $group): $why"
		fi
		DEVICES+=("$dev")
		[[ " ${GROUP_NUMBERS[*]} " == *" $group "* ]] || GROUP_NUMBERS+=("$group")
	done
}

devices_found() {
	local dev group want=1
	[[ $VERB != @(test|bench) ]] || want=2
	for group in $(printf '%s\n' /sys/kernel/iommu_groups/* | sed 's#.*/##' | sort -n); do
		((${#GROUP_NUMBERS[@]} < want)) || break
		dev=$(group_devices "$group")
		dev=${dev%%$'\n'*}
		if [[ ! $dev ]] || group_obstacle "$group" strict >/dev/null; then continue; fi
		DEVICES+=("$dev")
		GROUP_NUMBERS+=("$group")
	done
	((${#DEVICES[@]})) || die "no device is free: every IOMMU group has one that a driver uses; see: $PROG status, then name one with --device"
}

devices_bind() {
	local dev
	for dev in $(group_devices_all); do device_bind "$dev"; done
}

device_bind() { # BDF
	local d=$PCI/devices/$1 driver override
	driver=$(device_driver "$1") || driver=-
	override=$(<"$d/driver_override")
	[[ $override && $override != '(null)' ]] || override=-
	[[ $driver != vfio-pci ]] || return 0
	echo "$1 $driver $override" >>"$STATE/devices"
	echo vfio-pci >"$d/driver_override"
	[[ $driver == - ]] || echo "$1" >"$d/driver/unbind"
	echo "$1" >"$PCI/drivers_probe"
	[[ $(device_driver "$1") == vfio-pci ]] || die "$1 could not be given to vfio-pci; dmesg says why"
}

device_restore() { # BDF DRIVER OVERRIDE
	local d=$PCI/devices/$1 now
	now=$(device_driver "$1") || now=-
	if [[ $3 == - ]]; then echo; else echo "$3"; fi >"$d/driver_override"
	[[ $now != "$2" ]] || return 0
	[[ $now == - ]] || echo "$1" >"$d/driver/unbind"
	[[ $2 != - ]] || return 0
	echo "$1" >"$PCI/drivers/$2/bind" && return
	say "$1 could not be given back to $2"
	return 1
}

devices_status() {
	local group dev why
	users_of_devices
	for group in $(printf '%s\n' /sys/kernel/iommu_groups/* | sed 's#.*/##' | sort -n); do
		if why=$(group_obstacle "$group" ''); then
			why="never used: $why"
		elif why=$(group_obstacle "$group" strict); then
			why="not used unless named: $why"
		else
			why='free to use'
		fi
		for dev in $(group_devices "$group"); do
			printf 'group %-3s %s  %-10s %s\n' "$group" "$(device_title "$dev")" "$(device_driver "$dev" || echo -)" "$why"
		done
	done
}
