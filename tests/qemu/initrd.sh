# SPDX-License-Identifier: GPL-2.0
# A KVM guest's initrd: busybox, coreutils' dd, and the modules of the kernel that is the guest's, too.
# shellcheck shell=bash

guest_initrd() { # FOLDER INIT INITRD
	local tree=$1 file
	mkdir -p "$tree"/{bin,dev,proc,sys,modules,lab,lib64,lib/powerpc64le-linux-gnu}
	cp "$(command -v busybox)" "$tree/bin/busybox"
	cp "$(command -v dd)" "$tree/lab/dd"
	cp -L /lib64/ld64.so.2 "$tree/lib64/"
	cp -L /lib/powerpc64le-linux-gnu/libc.so.6 "$tree/lib/powerpc64le-linux-gnu/"
	cp "$2" "$tree/init"
	while read -r _ file; do
		case $file in
		*.xz) xz -dc "$file" >"$tree/modules/$(basename "$file" .xz)" ;;
		*) cp "$file" "$tree/modules" ;;
		esac
		basename "$file" .xz >>"$tree/modules/order"
	done < <(modprobe --show-depends nvme | grep '^insmod')
	(cd "$tree" && find . | cpio --quiet -o -H newc) >"$3"
}
