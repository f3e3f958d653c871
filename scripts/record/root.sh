# SPDX-License-Identifier: GPL-2.0
# The recorded guest's root disk: the lab's own way to make one, with fio and ping and without the lab's tools.
# shellcheck shell=bash

RECORD_PACKAGES=(
	base-files base-passwd bash coreutils util-linux mount mawk grep sed findutils tar kmod
	pciutils iproute2 iputils-ping e2fsprogs fio ncurses-base libc-bin
)

make_record_root() { # DIR
	local dir=$1
	step "fetching the recorded guest's packages" apt_closure "$dir/debs" "$GUEST_SUITE" "${RECORD_PACKAGES[@]}"
	step "making its root disk" guest_root_pack "$dir"
	(cd "$dir/debs" && ls) >"$dir/.versions"
	rm -rf "$dir/debs"
	echo root.img >"$dir/.key-files"
}

# Made at first use: who never records need not fetch it. The kernel is the lab's.
record_parts() {
	[[ -f $MTCE_CACHE/kernel-$KERNEL/.stamp ]] ||
		die "the cache has no kernel-$KERNEL yet; run: scripts/lab setup --kernel $KERNEL"
	cache_lock
	part record 1500 make_record_root guest_root_pack guest_root_configure make_ext4 unpack_debs \
		"$TOP/scripts/record/root.sh"
	exec {CACHE_LOCK_FD}>&-
}
