# SPDX-License-Identifier: GPL-2.0
# A root disk on which packages are installed, upgraded and purged: a host with dpkg, DKMS, a compiler and kernel headers. Its
# packages are unpacked, not configured, but dpkg knows them, and so which of a new package's dependencies are there.
# shellcheck shell=bash

PACKAGE_ROOT_PACKAGES=(
	base-files base-passwd bash dash coreutils util-linux mount mawk grep sed findutils diffutils gzip tar xz-utils perl-base
	procps kmod iproute2 libc-bin dpkg gcc libc6-dev make patch dwarves jq libbpf1 libelf1 libjansson4 libzstd1 zlib1g man-db groff-base
	python3
)

make_package_root() { # KERNEL DIR
	local release v dir=$2 suite
	suite=$(sysroot_suite)
	release=$(<"$MTCE_CACHE/kernel-$1/release")
	v=${release%%-powerpc64le*}
	step "fetching packages of a host with dpkg and a compiler" apt_closure "$dir/debs" "$suite" \
		"${PACKAGE_ROOT_PACKAGES[@]}" "linux-kbuild-$v"
	# By themselves: with what they depend on, a kernel and all of dpkg-dev would come.
	step "fetching its kernel headers" apt_download "$dir/debs" "$(kernel_suite)" \
		"linux-headers-$release:ppc64el" "linux-headers-$v-common:all"
	step "fetching DKMS" apt_download "$dir/debs" "$suite" dkms:all
	step "making that host's root disk" package_root_pack "$dir"
	(cd "$dir/debs" && ls) >"$dir/.versions"
	rm -rf "$dir/debs"
	echo root.img >"$dir/.key-files"
}

package_root_pack() { # DIR
	local root=$1/root d
	mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
	for d in bin sbin lib lib64; do ln -s "usr/$d" "$root/$d"; done
	unpack_debs "$root" "$1"/debs/*.deb
	guest_root_configure "$root"
	echo mtce-package >"$root/etc/hostname"
	package_root_status "$root" "$1"/debs/*.deb
	make_ext4 "$1/root.img" "$root" 1024
	rm -rf "$root"
}

# What dpkg would have written: each package as installed.
package_root_status() { # ROOT DEB...
	local root=$1 deb
	shift
	mkdir -p "$root"/var/lib/dpkg/{info,updates,triggers,alternatives} "$root/etc/alternatives"
	echo ppc64el >"$root/var/lib/dpkg/arch"
	for deb in "$@"; do
		dpkg-deb -f "$deb" | awk '{ print } /^Package:/ { print "Status: install ok installed" }'
		echo
		dpkg-deb --fsys-tarfile "$deb" | tar -t | sed 's#^\.##; s#/$##; s#^$#/.#' \
			>"$root/var/lib/dpkg/info/$(package_root_name "$deb").list"
	done >"$root/var/lib/dpkg/status"
	: >"$root/var/lib/dpkg/available"
}
package_root_name() { # DEB: as dpkg names its files
	local name arch
	name=$(dpkg-deb -f "$1" Package)
	[[ $(dpkg-deb -f "$1" Multi-Arch) != same ]] || arch=:$(dpkg-deb -f "$1" Architecture)
	echo "$name${arch-}"
}
