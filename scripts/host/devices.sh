# SPDX-License-Identifier: GPL-2.0
# Which PCI device to use: a whole IOMMU group goes to vfio-pci or none of it. After pci.sh and use.sh.
# shellcheck shell=bash

group_devices_all() {
	local g
	for g in "${GROUP_NUMBERS[@]}"; do group_devices "$g"; done
}

# group_obstacle GROUP STRICT: why it must not be used; fails when it may. STRICT: any driver is one.
group_obstacle() {
	local dev use driver
	for dev in $(group_devices "$1"); do
		use=$(device_use "$dev") && echo "$dev: $use" && return
		driver=$(device_driver "$dev") || continue
		[[ ! $2 || $driver == vfio-pci ]] || { echo "$dev is used by driver $driver"; return; }
		[[ $driver != vfio-pci || ! -e $DEV/vfio/$1 ]] || group_free "$1" || {
			echo "another program has /dev/vfio/$1 open"
			return
		}
	done
	return 1
}
group_free() { (exec <>"$DEV/vfio/$1") 2>/dev/null; }

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
		! device_is_bridge "$dev" || die "$dev is a bridge; name a device behind it"
		if why=$(group_obstacle "$group" ''); then
			die "$dev cannot be used (IOMMU group $group): $why"
		fi
		DEVICES+=("$dev")
		[[ " ${GROUP_NUMBERS[*]} " == *" $group "* ]] || GROUP_NUMBERS+=("$group")
	done
}

devices_found() {
	local dev group want=1
	# Where several groups share a container; one will do.
	[[ $VERB != test && $VERB != bench ]] || want=2
	for group in $(groups_all); do
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
	# Pulled out meanwhile: there is nothing left to put back.
	[[ -d $d ]] || { say "$1 is gone"; return 0; }
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
	for group in $(groups_all); do
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
