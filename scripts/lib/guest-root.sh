# SPDX-License-Identifier: GPL-2.0
# The guest's root disk: Debian 12 packages, unpacked but not configured, in a sparse ext4 image.
# Made without root: nothing of the guest runs on this machine.
# shellcheck shell=bash

GUEST_PACKAGES=(
	base-files base-passwd bash coreutils util-linux mount mawk grep sed findutils diffutils gzip xz-utils tar
	procps psmisc kmod pciutils iproute2 jq bc less ncurses-base libc-bin
	linux-perf bpftrace bpftool trace-cmd strace
	libjansson4 libstdc++6
)

make_guest_root() { # DIR
	local dir=$1
	step "fetching the guest's packages" apt_closure "$dir/debs" "$GUEST_SUITE" "${GUEST_PACKAGES[@]}"
	step "making the guest's root disk" guest_root_pack "$dir"
	(cd "$dir/debs" && ls) >"$dir/.versions"
	rm -rf "$dir/debs"
	echo root.img >"$dir/.key-files"
}

guest_root_pack() { # DIR
	local root=$1/root d
	mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
	for d in bin sbin lib lib64; do ln -s "usr/$d" "$root/$d"; done
	unpack_debs "$root" "$1"/debs/*.deb
	guest_root_configure "$root"
	make_ext4 "$1/root.img" "$root" 256
	rm -rf "$root"
}

# What the packages' own scripts would have done, as far as the lab needs it.
guest_root_configure() {
	local root=$1
	rm -rf "$root"/usr/share/{doc,man,locale,info,i18n} "$root"/var/cache/*
	mkdir -p "$root"/{proc,sys,dev,run,tmp,mtce,out,etc,usr/lib/modules}
	ln -sf bash "$root/usr/bin/sh"
	ln -sf mawk "$root/usr/bin/awk"
	ln -sf less "$root/usr/bin/pager"
	[[ -e $root/usr/bin/which ]] || ln -sf which.debianutils "$root/usr/bin/which"
	ln -sf /proc/self/mounts "$root/etc/mtab"
	cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
	cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
	echo mtce-lab >"$root/etc/hostname"
	echo '127.0.0.1 localhost mtce-lab' >"$root/etc/hosts"
	printf 'PS1="mtce-lab:\\w# "\n' >"$root/etc/profile"
	# ldconfig cannot run here; the default paths need no cache.
	echo /usr/lib/powerpc64le-linux-gnu >"$root/etc/ld.so.conf"
}
