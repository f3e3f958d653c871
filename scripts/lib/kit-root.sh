# SPDX-License-Identifier: GPL-2.0
# A root disk for the check of the kit: a PowerNV host with a compiler, make, kernel headers and DKMS, and nothing
# else that mtce could use. No git, no jansson, no network. Everything is from this machine's release, because the
# headers' own programs are.
# shellcheck shell=bash

KIT_ROOT_PACKAGES=(
	base-files base-passwd bash coreutils util-linux mount mawk grep sed findutils diffutils gzip tar xz-utils
	procps kmod iproute2 libc-bin gcc libc6-dev make patch
)

make_kit_root() { # KERNEL DIR
	local release v dir=$2 suite
	suite=$(sysroot_suite)
	release=$(<"$MTCE_CACHE/kernel-$1/release")
	v=${release%%-powerpc64le*}
	step "fetching packages of a host with a compiler" apt_closure "$dir/debs" "$suite" \
		"${KIT_ROOT_PACKAGES[@]}" "linux-kbuild-$v"
	# By themselves: with what they depend on, a kernel and all of dpkg-dev would come.
	step "fetching its kernel headers" apt_download "$dir/debs" "$(kernel_suite)" \
		"linux-headers-$release:ppc64el" "linux-headers-$v-common:all"
	step "fetching DKMS" apt_download "$dir/debs" "$suite" dkms:all
	step "making that host's root disk" kit_root_pack "$dir"
	(cd "$dir/debs" && ls) >"$dir/.versions"
	rm -rf "$dir/debs"
	echo root.img >"$dir/.key-files"
}

kit_root_pack() { # DIR
	local root=$1/root d
	mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
	for d in bin sbin lib lib64; do ln -s "usr/$d" "$root/$d"; done
	unpack_debs "$root" "$1"/debs/*.deb
	guest_root_configure "$root"
	echo mtce-kit >"$root/etc/hostname"
	# What is built there is written to memory, but for DKMS's own folder.
	make_ext4 "$1/root.img" "$root" 512
	rm -rf "$root"
}
