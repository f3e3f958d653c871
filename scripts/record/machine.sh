# SPDX-License-Identifier: GPL-2.0
# The recorded machine: a pseries guest, whose hypervisor is QEMU. Uses qemu_start and qemu_stop of lib/qemu.sh.
# shellcheck shell=bash disable=SC2034,SC2054 # commas belong to QEMU's options; lib/qemu.sh reads QEMU

# Only what is to be recorded goes through TCEs: the root disk, the modules and the channels are virtio devices
# that see guest memory as it is. The network is QEMU's own, shut off from this machine's but for two programs.
machine_args() { # WORK
	local work=$1 k=$MTCE_CACHE/kernel-$KERNEL append="console=hvc0 panic=-1 rdinit=/init"
	local memory=2G traced=iommu_platform=on,disable-legacy=on
	# TCG has no such mitigations, and says so at length.
	local machine=pseries,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off
	# Linux makes a direct window only for memory that may grow.
	if [[ $WORKLOAD == ddw ]]; then memory+=,slots=1,maxmem=4G; else append+=" disable_ddw"; fi
	QEMU=(
		qemu-system-ppc64 -M "$machine" -accel tcg -smp 2 -m "$memory" -nodefaults -display none -monitor none -no-reboot
		# Pages of 4K and 64K, as where the guest's memory is not of huge pages.
		-global spapr-pci-host-bridge.pgsz=0x11000
		-kernel "$k/vmlinux" -initrd "$work/initrd" -append "$append"
		-chardev "file,id=console,path=$(qpath "$work/console.log")" -device spapr-vty,chardev=console

		-drive "if=none,id=root,format=raw,snapshot=on,file=$(qpath "$MTCE_CACHE/record/root.img")"
		-device virtio-blk-pci,drive=root,serial=root
		-drive "if=none,id=modules,format=raw,readonly=on,file=$(qpath "$k/modules.img")"
		-device virtio-blk-pci,drive=modules,serial=modules
		-device virtio-serial-pci
		-chardev "pipe,id=status,path=$(qpath "$work/status")"
		-device virtserialport,chardev=status,name=record.status
		-chardev "file,id=output,path=$(qpath "$work/output.log")"
		-device virtserialport,chardev=output,name=record.output
		-device pci-testdev

		-drive "if=none,id=nvme,format=raw,cache=unsafe,file=$(qpath "$work/nvme.img")"
		-device nvme,drive=nvme,serial=nvme
		-drive "if=none,id=scratch,format=raw,cache=unsafe,file=$(qpath "$work/scratch.img")"
		-device "virtio-blk-pci,drive=scratch,serial=scratch,$traced"
		-netdev "$(machine_network eth0 10.0.2)" -device e1000,netdev=eth0,romfile=
		-netdev "$(machine_network eth1 10.0.3)" -device "virtio-net-pci,netdev=eth1,romfile=,$traced"

		# The trace, each line with its time; marks of the guest are pci_cfg_write.
		-trace 'spapr_iommu*' -trace pci_cfg_write -msg timestamp=on -D "$work/trace"
	)
}

machine_network() { # ID NET
	local n=$RECORD_TCP_BYTES
	printf 'user,id=%s,net=%s.0/24,restrict=on,ipv6=off,guestfwd=%s,guestfwd=%s' "$1" "$2" \
		"tcp:$2.100:7001-cmd:sh -c 'head -c $n | wc -c'" "tcp:$2.100:7002-cmd:head -c $n /dev/zero"
}

machine_initrd() { # WORK
	local tree=$1/tree
	mkdir -p "$tree/lab"
	cp "$TOP/scripts/record/guest/init" "$tree/init"
	cp "$TOP"/scripts/record/guest/{session,marks,phase,workloads} "$tree/lab"
	printf '%s=%q\n' RECORD_WORKLOADS "$GUEST_WORKLOADS" RECORD_SHARE "$RECORD_SHARE" \
		RECORD_TCP_BYTES "$RECORD_TCP_BYTES" >"$tree/lab/conf"
	(cd "$tree" && find . | cpio --quiet -o -H newc -R 0:0) >"$1/initrd"
	cat "$MTCE_CACHE/kernel-$KERNEL/initramfs.cpio" >>"$1/initrd"
}

machine_prepare() { # WORK
	mkfifo "$1"/status.{in,out}
	truncate -s 512M "$1"/{nvme,scratch}.img
	machine_initrd "$1"
	machine_args "$1"
}
