# SPDX-License-Identifier: GPL-2.0
# The emulated machine: its devices, and the life of its process.
# shellcheck shell=bash disable=SC2054 # commas belong to QEMU's options

# A comma ends an option in QEMU's syntax; two stand for one.
qpath() { printf '%s' "${1//,/,,}"; }

# Which part of the cache holds the guest's root disk.
root_part() { if [[ $ROOT == guest ]]; then echo guest; else echo "$ROOT-root-$KERNEL"; fi; }

# A POWER8 has the hash MMU only, and powerpc's KASAN is for radix.
machine_of() { if [[ $1 == kasan ]]; then echo powernv9; else echo powernv8; fi; } # KERNEL

# powernv8 has three root ports (powernv9 six), one IOMMU group each. pcie.0 and pcie.2 hold the devices under test.
# Everything the lab needs for itself shares pcie.1 as functions of one device, so that it costs one port.
# The edu devices reach 64-bit windows, which begin at 2^59. The NVMe disk shares a group with the second of them.
qemu_args() { # WORK OUT
	local work=$1 out=$2 share=$1/share k=$MTCE_CACHE/kernel-$KERNEL
	local edu=edu,dma_mask=0xffffffffffffffff
	QEMU=(
		qemu-system-ppc64 -M "$(machine_of "$KERNEL")" -smp "$CPUS" -m "${MEMORY}M" -nographic -nic none -no-reboot -monitor none
		-kernel "$k/vmlinux" -initrd "$work/initrd"
		-append "console=hvc0 panic=-1 oops=panic rdinit=/init log_buf_len=4M ${COUNT_ALL:+$COUNTER_APPEND }${APPEND}"
		-serial "file:$(qpath "$out/console.log")"

		-device "$edu,bus=pcie.0"
		-device "$edu,bus=pcie.2,addr=0.0,multifunction=on"
		-drive "if=none,id=nvme,format=raw,readonly=on,file=$(qpath "$work/nvme.img")"
		-device nvme,bus=pcie.2,addr=0.1,serial=mtce-lab,drive=nvme

		-drive "if=none,id=root,format=raw,snapshot=on,file=$(qpath "$MTCE_CACHE/$(root_part)/root.img")"
		-device virtio-blk-pci,bus=pcie.1,addr=0.0,multifunction=on,drive=root,serial=root
		-drive "if=none,id=modules,format=raw,readonly=on,file=$(qpath "$k/modules.img")"
		-device virtio-blk-pci,bus=pcie.1,addr=0.1,drive=modules,serial=modules
		-device virtio-serial-pci,bus=pcie.1,addr=0.2
		-chardev "pipe,id=status,path=$(qpath "$work/status")"
		-device virtserialport,chardev=status,name=mtce.status
		-fsdev "local,id=mtce,readonly=on,security_model=none,multidevs=remap,path=$(qpath "$share")"
		-device virtio-9p-pci,bus=pcie.1,addr=0.3,fsdev=mtce,mount_tag=mtce
		-fsdev "local,id=out,security_model=none,multidevs=remap,path=$(qpath "$out")"
		-device virtio-9p-pci,bus=pcie.1,addr=0.4,fsdev=out,mount_tag=out
		-device edu,bus=pcie.1,addr=0.5
		# QEMU's own threads, so that the guest can see how long its CPUs waited for a real one.
		-name mtce-lab,debug-threads=on
		-fsdev local,id=threads,readonly=on,security_model=none,multidevs=remap,path=/proc/self/task
		-device virtio-9p-pci,bus=pcie.1,addr=0.6,fsdev=threads,mount_tag=threads
	)
	if [[ $VERB == shell ]]; then
		QEMU+=(-chardev stdio,id=tty,signal=off -device virtconsole,chardev=tty)
	else
		QEMU+=(-chardev "pipe,id=output,path=$(qpath "$work/output")" -device virtserialport,chardev=output,name=mtce.output)
	fi
	[[ ! $COUNT_ALL ]] || counter_args "$work"
	[[ ! $COUNT_KILLS ]] || QEMU+=(-trace memory_region_ops_write -D "$work/trace")
	QEMU+=("${QEMU_EXTRA[@]}")
}

# What this boot runs, as a small archive in front of the cached initramfs.
qemu_initrd() { # WORK
	local tree=$1/tree
	mkdir -p "$tree/lab"
	cp "$TOP/scripts/guest/init" "$tree/init"
	cp "$TOP/scripts/guest/session" "$tree/lab/session"
	{
		printf 'LAB_TIME=%s\n' "$(date +%s)"
		printf 'LAB_COMMAND=('
		printf '%q ' "${COMMAND[@]}"
		printf ')\n'
		[[ ! $COUNT_ALL ]] || printf 'LAB_COUNTER=%s\n' "$COUNTER_ADDRESS"
		[[ $VERB != shell ]] || printf 'LAB_SHELL=1 LAB_ROWS=%s LAB_COLS=%s TERM=%q\n' "$(tput lines)" "$(tput cols)" "$TERM"
	} >"$tree/lab/conf"
	(cd "$tree" && find . | cpio --quiet -o -H newc -R 0:0) >"$1/initrd"
	cat "$MTCE_CACHE/kernel-$KERNEL/initramfs.cpio" >>"$1/initrd"
}

# 16 MiB of which no two lines of 64 bytes are the same: line n is the number n. examples/nvme-direct knows that.
qemu_disk() { seq -f '%-63.0f' 0 262143 >"$1/nvme.img"; } # WORK

# The guest gets a copy: a build that goes on meanwhile must not change what a run has begun with.
qemu_share() { # WORK
	local lock
	mkdir -p "$TOP/build/$KERNEL"
	exec {lock}>"$TOP/build/.lock"
	flock -s "$lock"
	cp -a "$TOP/build/$KERNEL" "$1/share"
	exec {lock}>&-
}

QEMU_PID=
# The machine dies with this shell, however this shell dies.
qemu_start() { # WORK
	if [[ $VERB == shell ]]; then
		setpriv --pdeathsig KILL "${QEMU[@]}" </dev/tty >/dev/tty 2>"$1/qemu.err" {RUN_LOCK_FD}>&- &
	else
		# In a session of its own: Ctrl-C is for us, who then end it.
		setsid setpriv --pdeathsig KILL "${QEMU[@]}" </dev/null >"$1/qemu.err" 2>&1 {RUN_LOCK_FD}>&- &
	fi
	QEMU_PID=$!
}

qemu_alive() { [[ $QEMU_PID ]] && kill -0 "$QEMU_PID" 2>/dev/null; }

# Asked first, so that it writes out what it traces.
qemu_stop() {
	local i
	[[ $QEMU_PID ]] || return 0
	kill "$QEMU_PID" 2>/dev/null || true
	for ((i = 0; i < 50; i++)); do
		qemu_alive || break
		sleep 0.1
	done
	kill -KILL "$QEMU_PID" 2>/dev/null || true
	wait "$QEMU_PID" 2>/dev/null || true
	QEMU_PID=
}
