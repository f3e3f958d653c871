# SPDX-License-Identifier: GPL-2.0
# A root disk of Debian 13 as an operator has it: dpkg, apt, DKMS, a compiler, QEMU, and an archive on the disk from which apt takes the
# kernel's headers. Packages are unpacked, not configured, but dpkg knows them. What the mirror's pool lacks of Debian 13 for ppc64el is
# taken from sid; if that does not do, all of it is Debian 12. /etc/operator-root says so. After package-root.sh.
# shellcheck shell=bash

operator_root_packages() {
	echo base-files base-passwd bash dash coreutils util-linux mount mawk grep sed findutils diffutils gzip tar xz-utils perl-base debianutils \
		procps kmod cpio iproute2 libc-bin dpkg apt dkms gcc libc6-dev make patch pahole linux-base jq python3 zstd \
		libbpf1 libelf1 libjansson4 libssl3 busybox-static qemu-system-ppc seabios qemu-utils powerpc-ibm-utils
}
# The compiler that the kernel's headers ask for.
operator_root_compiler() { sed -nE 's/^CC = .*(gcc-[0-9]+)$/\1/p' "$MTCE_CACHE/kernel-$1/headers/.kernelvariables"; } # KERNEL

# A view of Debian 13 that knows sid, too. A pool that is behind its index lacks new versions of a few packages, for this architecture.
operator_root_sid() {
	local mirror suite
	mirror=$(apt_mirror)
	for suite in trixie sid; do apt_source "$mirror" "$suite"; done >"$APT_ROOT/trixie-sid.list"
	apt_in trixie sid apt-get -q -o APT::Get::List-Cleanup=false update
}
operator_root_fetch() { # DIR NAME...
	local dir=$1 lacks
	shift
	mkdir -p "$dir"
	if apt_fetch_closure "$dir" trixie release "$@" >"$dir.said" 2>&1; then
		echo 'Debian 13' >"$dir.origin"
		return
	fi
	mapfile -t lacks < <(awk '/^Err:/ { print $5 }' "$dir.said" | sort -u)
	if ((${#lacks[@]})) && operator_root_sid && apt_fetch_closure "$dir" trixie sid "$@" "${lacks[@]/%//sid}"; then
		echo "Debian 13, and of sid what the mirror lacks of it: ${lacks[*]}" >"$dir.origin"
		aloud "the mirror lacks of Debian 13 for ppc64el: ${lacks[*]}; took these from sid"
		return
	fi
	rm -rf "$dir"
	apt_closure "$dir" bookworm "$@"
	echo 'Debian 12, because the mirror has not all of Debian 13 for ppc64el' >"$dir.origin"
}

make_operator_root() { # KERNEL DIR
	local kernel=$1 dir=$2 release v packages
	release=$(<"$MTCE_CACHE/kernel-$kernel/release")
	v=${release%%-powerpc64le*}
	read -ra packages < <(operator_root_packages)
	step "fetching packages of a host with apt, QEMU and a compiler" operator_root_fetch "$dir/debs" \
		"${packages[@]}" "$(operator_root_compiler "$kernel")"
	step "fetching its kernel headers" apt_download "$dir/archive" "$(kernel_suite)" \
		"linux-headers-$release:ppc64el" "linux-headers-$v-common:all" "linux-kbuild-$v:ppc64el"
	step "making that host's root disk" operator_root_pack "$dir" "$kernel" "$release"
	(cd "$dir" && ls debs archive) >"$dir/.versions"
	rm -rf "$dir/debs" "$dir"/debs.* "$dir/archive"
	echo root.img >"$dir/.key-files"
}

operator_root_pack() { # DIR KERNEL RELEASE
	local dir=$1 root=$1/root d
	mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
	for d in bin sbin lib lib64; do ln -s "usr/$d" "$root/$d"; done
	unpack_debs "$root" "$dir"/debs/*.deb
	guest_root_configure "$root"
	echo mtce-operator >"$root/etc/hostname"
	cp "$dir/debs.origin" "$root/etc/operator-root"
	mkdir -p "$root"/boot "$root"/var/{cache/apt/archives/partial,lib/apt/lists/partial,log/apt}
	cp "$MTCE_CACHE/kernel-$2/vmlinux" "$root/boot/vmlinux"
	package_root_status "$root" "$dir"/debs/*.deb
	operator_root_kernel "$dir" "$3" >>"$root/var/lib/dpkg/status"
	operator_root_archive "$root" "$dir"/archive/*.deb
	make_ext4 "$dir/root.img" "$root" 1024
	rm -rf "$root"
}
# The kernel that runs is the lab's own. To dpkg it is the package of which the headers are.
operator_root_kernel() { # DIR RELEASE
	local headers
	headers=$(echo "$1"/archive/linux-headers-"$2"_*.deb)
	printf 'Package: linux-image-%s\nStatus: install ok installed\nMaintainer: nobody\nArchitecture: ppc64el\nVersion: %s\nDescription: the kernel of the lab\n\n' \
		"$2" "$(dpkg-deb -f "$headers" Version)"
}
operator_root_archive() { # ROOT DEB...
	local root=$1 deb archive=$1/srv/archive
	shift
	mkdir -p "$archive"
	cp "$@" "$archive"
	for deb in "$archive"/*.deb; do
		dpkg-deb -f "$deb"
		printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "${deb##*/}" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d' ' -f1)"
	done >"$archive/Packages"
	rm -rf "$root"/etc/apt/sources.list.d
	echo 'deb [trusted=yes] file:/srv/archive ./' >"$root/etc/apt/sources.list"
}
