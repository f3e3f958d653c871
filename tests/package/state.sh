# SPDX-License-Identifier: GPL-2.0
# Of a host on which packages are tried: its state before and after, and checks as TAP.
# shellcheck shell=bash disable=SC2034 # failed is the status of who sources this

RELEASE=$(uname -r)
WORK=$(mktemp -d)

number=0 failed=0
check() { # NAME COMMAND...
	local name=$1 start=$SECONDS
	shift
	number=$((number + 1))
	if "$@" >"$WORK/log" 2>&1; then
		echo "ok $number ${NAMED:-package}: $name"
	else
		tail -n 40 "$WORK/log" | sed 's/^/# /'
		echo "not ok $number ${NAMED:-package}: $name"
		failed=1
	fi
	echo "# took $((SECONDS - start)) s"
}

# /lib/modules is a disk that cannot be written; a host's can.
modules_writable() {
	modprobe overlay
	mkdir -p /run/modules/{upper,work}
	mount -t overlay overlay -o lowerdir=/usr/lib/modules,upperdir=/run/modules/upper,workdir=/run/modules/work /usr/lib/modules
}

# Every file and folder of the host, but for what changes by itself: processes, dpkg's notes, caches of ld.so, man and Python.
everything() {
	find / \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /mtce -o -path /out -o -path /var/lib/dpkg \
		-o -path /var/lib/apt -o -path /var/log -o -path /var/cache -o -path /etc/ld.so.cache -o -path '/usr/lib/python3*' \) -prune -o -printf '%p %l\n' | sort
}
# Which driver a device has, and which it was told to have.
bindings() {
	local device driver
	for device in /sys/bus/pci/devices/*; do
		driver=$(readlink "$device/driver") || driver=none
		echo "${device##*/} ${driver##*/} $(<"$device/driver_override")"
	done
}
machine() {
	everything
	find /etc -type f ! -path /etc/ld.so.cache -exec sha256sum {} + | sort -k 2
	cut -d' ' -f1 /proc/modules | sort
	grep . /sys/module/vfio*/parameters/* 2>/dev/null || true
	bindings
	grep -s mtce /sys/kernel/tracing/kprobe_events || true
}
state_keep() { machine >"$WORK/before"; }
# depmod's files are made anew by dpkg and DKMS; only what they say of us counts.
same_as_before() {
	machine >"$WORK/now"
	diff <(grep -v "/modules/[^/]*/modules\." "$WORK/before") <(grep -v "/modules/[^/]*/modules\." "$WORK/now") || return 1
	! grep -rl mtce "/lib/modules/$RELEASE"/modules.* || return 1
	[[ ! $(find /var/lib/dpkg/info /var/lib/dkms /var/cache /etc -name '*mtce*') ]]
}

# One thing that is left, of each kind.
what_is_left_is_noticed() {
	local rc=0 device=/sys/bus/pci/devices/0002:01:00.0
	left() { ! same_as_before >/dev/null || { echo "not noticed: $1"; rc=1; }; }
	touch /usr/lib/left
	left 'a file'
	rm /usr/lib/left
	echo >>/etc/hosts
	left 'a line in a file of /etc'
	sed -i '$d' /etc/hosts
	echo vfio-pci >"$device/driver_override"
	left 'an override'
	echo >"$device/driver_override"
	modprobe dummy
	left 'a module'
	rmmod dummy
	same_as_before || { echo 'the check itself leaves something'; rc=1; }
	return "$rc"
}
