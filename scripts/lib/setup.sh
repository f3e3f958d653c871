# SPDX-License-Identifier: GPL-2.0
# lab setup: this machine's packages, then every part of the cache. Quick when all is there.
# shellcheck shell=bash

setup() { # KERNEL: 64k, 4k or all
	local kernel=$1 k
	[[ $(uname -m) == x86_64 ]] || have powerpc64le-linux-gnu-gcc ||
		die "the lab cross-builds on amd64 (Debian 12 or 13); this is $(uname -m). On POWER8 itself use make, without the lab"
	host_install
	cache_lock
	rm -rf "$MTCE_CACHE"/.tmp-* # what an interrupted setup left; the lock says nobody uses it
	for k in 64k 4k; do
		[[ $kernel != "$k" && $kernel != all ]] ||
			part "kernel-$k" 900 "make_kernel $(kernel_flavour "$k")" kernel_unpack kernel_pack initramfs_base make_ext4
	done
	part guest 1800 make_guest_root guest_root_pack guest_root_configure make_ext4 unpack_debs
	part sysroot 200 make_sysroot
	part checkpatch 400 make_checkpatch checkpatch_unpack
	exec {CACHE_LOCK_FD}>&-
}

# need_parts KERNEL: what boot and build start from.
need_parts() {
	local p
	for p in "kernel-$1" guest sysroot; do
		[[ -f $MTCE_CACHE/$p/.stamp ]] || die "the cache has no $p yet; run: scripts/lab setup --kernel $1"
	done
}
