# SPDX-License-Identifier: GPL-2.0
# Counting every instruction from outside: a plugin in QEMU (bench/plugin), and memory that it shares with
# the guest, which is a PCI device there.
# shellcheck shell=bash disable=SC2034 # qemu.sh reads what is to be appended

COUNTER_ADDRESS=0.7 # on the bus of the lab's own devices
COUNTER_BYTES=$((8 << 20))
# Where stacks and memory lie decides how many instructions a copy takes.
COUNTER_APPEND='randomize_kstack_offset=off norandmaps'

counter_args() { # WORK: adds to QEMU
	local plugin=$TOP/build/host/bench/plugin/count.so page=$1/counter
	[[ -e $plugin ]] || die "$plugin is not there; run: scripts/lab build --kernel $KERNEL"
	truncate -s "$COUNTER_BYTES" "$page"
	QEMU+=(
		-object "memory-backend-file,id=counter,share=on,size=$COUNTER_BYTES,mem-path=$(qpath "$page")"
		-device "ivshmem-plain,bus=pcie.1,addr=$COUNTER_ADDRESS,memdev=counter"
		-plugin "$(qpath "$plugin"),page=$(qpath "$page")"
	)
}
