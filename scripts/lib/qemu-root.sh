# SPDX-License-Identifier: GPL-2.0
# A root disk of a host that runs KVM guests: Debian's QEMU, a kernel for the guest (the host's own), and a busybox of which
# tests/qemu makes the guest's first program.
# shellcheck shell=bash

# A function, so that it belongs to the recipe.
qemu_root_packages() {
	echo base-files base-passwd bash coreutils util-linux mount mawk grep sed findutils diffutils gzip xz-utils \
		procps kmod cpio iproute2 libc-bin busybox-static qemu-system-ppc
}

make_qemu_root() { # KERNEL DIR
	local dir=$2 packages
	read -ra packages < <(qemu_root_packages)
	step "fetching QEMU for the guest" apt_closure "$dir/debs" "$GUEST_SUITE" "${packages[@]}"
	step "making the root disk of a host with QEMU" qemu_root_pack "$dir" "$MTCE_CACHE/kernel-$1/vmlinux"
	(cd "$dir/debs" && ls) >"$dir/.versions"
	rm -rf "$dir/debs"
	echo root.img >"$dir/.key-files"
}

qemu_root_pack() { # DIR VMLINUX
	local root=$1/root d
	mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
	for d in bin sbin lib lib64; do ln -s "usr/$d" "$root/$d"; done
	unpack_debs "$root" "$1"/debs/*.deb
	guest_root_configure "$root"
	echo mtce-qemu >"$root/etc/hostname"
	mkdir -p "$root/boot"
	cp "$2" "$root/boot/vmlinux"
	make_ext4 "$1/root.img" "$root" 256
	rm -rf "$root"
}
