#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What scripts/mtce-host does not do on a real machine: take a device that is in use, begin without a yes, run twice.
# (tests/host/host-devices.sh has every reason for a refusal, on machines made of files.)
# Functions are called by name, through check.
# shellcheck disable=SC2317
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=SCRIPTDIR/lib/host.sh
. "$HERE/lib/host.sh"

refused() { # WORDS ARGUMENT...: with status 1 and these words, and nothing has changed
	local words=$1 rc=0
	shift
	before
	{ host 1 "$@" && says "$words"; } || rc=1
	unchanged && return "$rc"
}
root_disk() {
	local disk dev
	disk=$(awk '$5 == "/" { print $3 }' /proc/self/mountinfo)
	dev=$(readlink -f "/sys/dev/block/$disk" | grep -oE '[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9]' | tail -n 1)
	[[ $dev ]] || { echo '# the root file system is on no PCI device'; return 1; }
	refused "$dev cannot be used .*its disk .* backs" bench --yes --device "$dev"
}
open_group() {
	local rc=0
	to_vfio
	{ refused "another program has /dev/vfio/$GROUP open" bench --yes --device "$DEVICE"; } 9<>"/dev/vfio/$GROUP" || rc=1
	return "$rc"
}
second_one() {
	local rc=0
	{ flock -n 9 && refused 'another mtce-host is running' bench --yes --device "$DEVICE"; } 9>"$MTCE_RUN/mtce-host.lock" || rc=1
	return "$rc"
}
found() { refused 'give --yes' bench && says "give $DEVICE .*now: no driver"; }

host_prepare
check the_disk_that_backs_the_root root_disk
check a_group_that_is_open open_group
check a_second_mtce_host second_one
nothing_prepared
check a_device_that_it_found_without_a_yes found
host_done
