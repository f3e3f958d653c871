# SPDX-License-Identifier: GPL-2.0
# lab setup: this machine's packages, then every part of the cache. Quick when all is there.
# shellcheck shell=bash

setup() { # KERNEL: one of KERNELS, or all
	local kernel=$1 k
	[[ $(uname -m) == x86_64 ]] || have powerpc64le-linux-gnu-gcc ||
		die "the lab cross-builds on amd64 (Debian 12 or 13); this is $(uname -m). On POWER8 itself use make, without the lab"
	host_install "$kernel"
	cache_lock
	rm -rf "$MTCE_CACHE"/.tmp-* # what an interrupted setup left; the lock says nobody uses it
	for k in "${KERNELS[@]}"; do
		[[ $kernel != "$k" && $kernel != all ]] || setup_kernel "$k"
	done
	part guest 1800 make_guest_root guest_root_pack guest_root_configure make_ext4 unpack_debs
	[[ $ROOT != kit ]] || setup_kit_root "$kernel"
	[[ $ROOT != package ]] || setup_package_root "$kernel"
	[[ $ROOT != qemu ]] || setup_qemu_root "$kernel"
	[[ $ROOT != operator ]] || setup_operator_root "$kernel"
	part sysroot 200 make_sysroot
	part checkpatch 400 make_checkpatch linux_source
	exec {CACHE_LOCK_FD}>&-
}

setup_kernel() { # KERNEL
	local configs
	# Kbuild takes it from the environment: the kernel itself is not instrumented.
	[[ $1 != kcsan ]] || local -x KCSAN_SANITIZE=n
	if kernel_is_new "$1"; then
		[[ ! $(new_kernel_tools) ]] || { apt_update; release_root module "$(new_kernel_tools)"; }
		part "kernel-$1" 900 "make_new_kernel $1" new_kernel_unpack kernel_pack initramfs_base make_ext4
	elif kernel_is_series "$1"; then
		mapfile -t configs < <(built_kernel_configs "$1"; series_sources)
		part "kernel-$1" 3500 make_series_kernel linux_source built_kernel_make series_apply series_configure series_selftest \
			built_kernel_compile built_kernel_keep kernel_pack initramfs_base make_ext4 "${configs[@]}"
	elif kernel_is_built "$1"; then
		mapfile -t configs < <(built_kernel_configs "$1")
		part "kernel-$1" 3500 "make_built_kernel $1" linux_source built_kernel_make built_kernel_configure \
			built_kernel_compile built_kernel_keep kernel_pack initramfs_base make_ext4 "${configs[@]}"
	else
		part "kernel-$1" 900 "make_kernel $(kernel_flavour "$1")" kernel_unpack kernel_pack initramfs_base make_ext4
	fi
}

# Its headers are the kernel's, so it is made anew when that is.
setup_kit_root() { # KERNEL
	part "kit-root-$1" 2500 "make_kit_root $1" kit_root_pack guest_root_configure make_ext4 unpack_debs \
		"$MTCE_CACHE/kernel-$1/release"
}

setup_package_root() { # KERNEL
	part "package-root-$1" 3000 "make_package_root $1" package_root_pack package_root_status package_root_name guest_root_configure make_ext4 unpack_debs \
		"$MTCE_CACHE/kernel-$1/release"
}

# Its guests' kernel is the lab's.
setup_qemu_root() { # KERNEL
	part "qemu-root-$1" 2000 "make_qemu_root $1" qemu_root_packages qemu_root_pack guest_root_configure make_ext4 unpack_debs \
		"$MTCE_CACHE/kernel-$1/release"
}

setup_operator_root() { # KERNEL
	part "operator-root-$1" 4000 "make_operator_root $1" operator_root_packages operator_root_fetch operator_root_compiler operator_root_pack operator_root_kernel \
		operator_root_archive package_root_status package_root_name guest_root_configure make_ext4 unpack_debs "$MTCE_CACHE/kernel-$1/release"
}

# need_parts KERNEL: what boot and build start from.
need_parts() {
	local p
	for p in "kernel-$1" "$(root_part)" sysroot; do
		[[ -f $MTCE_CACHE/$p/.stamp ]] ||
			die "the cache has no $p yet; run: scripts/lab setup --kernel $1$([[ $ROOT == guest ]] || echo " --root $ROOT")"
	done
}
