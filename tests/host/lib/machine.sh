# SPDX-License-Identifier: GPL-2.0
# A machine made of files, for the choice of devices: the parts of /sys, /proc and /dev that scripts/host reads.
# The test sets WORK and TOP; every machine begins with: machine_new.
# shellcheck shell=bash disable=SC2034 # variables are for scripts/host

CASES=0 FAILED=0
case_is() { # NAME IS SHOULD
	CASES=$((CASES + 1))
	# shellcheck disable=SC2053 # a pattern
	[[ $2 == $3 ]] && return
	FAILED=$((FAILED + 1))
	printf '%s: "%s", not "%s"\n' "$1" "$2" "$3"
}

machine_new() {
	local dir
	dir=$(mktemp -d "$WORK/machine.XXXXXX")
	export MTCE_SYS=$dir/sys MTCE_PROC=$dir/proc MTCE_DEV=$dir/dev
	unset MTCE_MARKER
	SYS=$MTCE_SYS PROC=$MTCE_PROC
	mkdir -p "$SYS"/{bus/pci/devices,bus/pci/drivers,kernel/iommu_groups,class/{block,net,tty/console},devices} \
		"$PROC"/{1/fd,net,self,sys/kernel} "$MTCE_DEV/vfio" "$dir/bin"
	echo tty0 hvc0 >"$SYS/class/tty/console/active"
	: >"$PROC/1/mountinfo"
	echo 'Filename Type Size Used Priority' >"$PROC/swaps"
	echo 'Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT' >"$PROC/net/route"
	# What the kernel always has there.
	echo '00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo' \
		>"$PROC/net/ipv6_route"
	printf 'platform\t: PowerNV\ncpu\t\t: POWER8 (raw)\n' >"$PROC/cpuinfo"
	echo '0.10 0.20 0.30 1/100 4321' >"$PROC/loadavg"
	echo 'MemFree: 67108864 kB' >"$PROC/meminfo"
	echo 'CapEff: 000001ffffffffff' >"$PROC/self/status"
	# What blkid says of a disk is what the test wrote down for it.
	# shellcheck disable=SC2016
	printf '#!/bin/sh\nfor last; do :; done\ncat "%s/blkid.${last##*/}" 2>/dev/null\n' "$dir" >"$dir/bin/blkid"
	chmod +x "$dir/bin/blkid"
	PATH=$dir/bin:$MACHINE_PATH
	MACHINE=$dir
}
MACHINE_PATH=$PATH

pci() { # BDF GROUP CLASS [DRIVER]
	local d=$SYS/devices/pci${1%%:*}:00/$1
	mkdir -p "$d" "$SYS/kernel/iommu_groups/$2/devices"
	echo "0x$3" >"$d/class"
	echo 0x1234 >"$d/vendor"
	echo 0x5678 >"$d/device"
	echo '(null)' >"$d/driver_override"
	ln -s "$d" "$SYS/bus/pci/devices/$1"
	ln -s "$d" "$SYS/kernel/iommu_groups/$2/devices/$1"
	ln -s "$SYS/kernel/iommu_groups/$2" "$d/iommu_group"
	[[ ${4-} ]] || return 0
	mkdir -p "$SYS/bus/pci/drivers/$4"
	ln -s "$SYS/bus/pci/drivers/$4" "$d/driver"
}
beneath() { # CLASS BDF PATH: something of a class, below a device
	local d
	d=$(readlink -f "$SYS/bus/pci/devices/$2")/$3
	mkdir -p "$d"
	ln -s "$d" "$SYS/class/$1/${3##*/}"
}
disk() { # BDF PATH NUMBER
	beneath block "$1" "$2"
	mkdir -p "$SYS/class/block/${2##*/}/holders"
	echo "$3" >"$SYS/class/block/${2##*/}/dev"
}
nic() { # BDF NAME FLAGS
	beneath net "$1" "net/$2"
	echo "$3" >"$SYS/class/net/$2/flags"
}
# What is made of interfaces: bond, bridge, VLAN.
upper() { # NAME LOWER...
	local name=$1 d=$SYS/devices/virtual/net/$1
	shift
	mkdir -p "$d"
	echo 0x1003 >"$d/flags"
	ln -s "$d" "$SYS/class/net/$name"
	for lower; do ln -s "$d" "$SYS/class/net/$lower/upper_$name"; done
}
mounted() { # NUMBER WHERE SOURCE [PID]
	mkdir -p "$PROC/${4:-1}"
	echo "30 1 $1 / $2 rw,relatime shared:1 master:2 - ext4 $3 rw" >>"$PROC/${4:-1}/mountinfo"
}
open_in() { # PID NAME FILE
	mkdir -p "$PROC/$1/fd"
	echo "$2" >"$PROC/$1/comm"
	ln -s "$3" "$PROC/$1/fd/7"
}
default_route() { printf '%s\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n' "$1" >>"$PROC/net/route"; } # NAME
default_route6() { # NAME
	printf '%032d 00 %032d 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003 %8s\n' 0 0 "$1" >>"$PROC/net/ipv6_route"
}
