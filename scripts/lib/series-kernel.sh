# SPDX-License-Identifier: GPL-2.0
# The series for mainline as a kernel: Debian's source of the release that it is for, with every patch of scripts/export-series in it.
# Its back end is the one of the tree. After built-kernel.sh and new-kernel.sh.
# shellcheck shell=bash

SERIES_LINUX=7.3

kernel_is_series() { [[ $1 == series ]]; } # KERNEL

# What the patches are made of.
series_sources() {
	find "$TOP/scripts/export-series" "$TOP/packaging/series" "$TOP/driver" "$TOP/uapi" -type f \
		\( -name '*.[ch]' -o -name '*.patch' -o -name Kbuild -o -name Kconfig -o -name Makefile -o -name export-series \) | sort
}

make_series_kernel() { # DIR
	local dir=$1 release told
	mkdir -p "$dir/debs" "$dir/source"
	step "reading the index of ${NEW_KERNEL_SUITES[*]}" new_kernel_index
	step "fetching the source of Linux $SERIES_LINUX (150 MB)" apt_fetch "$dir/debs" new release "linux-source-$SERIES_LINUX:all"
	step "fetching busybox for the initramfs" apt_download "$dir/debs" "$GUEST_SUITE" busybox-static:ppc64el
	step "unpacking the source" linux_source "$dir/debs" -C "$dir/source"
	step "making the series" "$TOP/scripts/export-series" --linux "$dir/source" --out "$dir/series"
	step "applying its patches" series_apply "$dir"
	step "configuring the kernel" series_configure "$dir"
	exec {told}>&2
	step "building the kernel (5 to 20 minutes)" built_kernel_compile "$dir/source" "$told"
	exec {told}>&-
	step "building its selftest" series_selftest "$dir"
	release=$(<"$dir/source/include/config/kernel.release")
	step "taking what the lab needs of it" built_kernel_keep "$dir" "$release"
	step "packing its modules and initramfs" kernel_pack "$dir" "$release"
	(cd "$dir/debs" && ls) >"$dir/.versions"
	rm -rf "$dir"/{debs,k,series,wanted.config}
	printf '%s\n' vmlinux release modules.img initramfs.cpio headers/Makefile headers/Module.symvers vfio_mtce_test >"$dir/.key-files"
}

series_apply() { # DIR
	local patch
	for patch in "$1"/series/0*.patch; do
		[[ $patch == */0000-* ]] || patch -s -p1 -d "$1/source" <"$patch" || return 1
	done
}

# As built_kernel_configure, but for a name that this Linux no longer has: what it meant is always there.
series_configure() { # DIR
	local wanted=$1/wanted.config configs
	mapfile -t configs < <(built_kernel_configs series)
	{
		echo 'CONFIG_LOCALVERSION="-mtce-series"'
		sed '/^CONFIG_PROC_SYSCTL=y$/d' "${configs[@]}"
	} >"$wanted"
	built_kernel_make "$1/source" allnoconfig KCONFIG_ALLCONFIG=../wanted.config
	! grep -E '^(# )?CONFIG_' "$wanted" | grep -vxFf "$1/source/.config" ||
		die "these lines of the kernel's configuration (scripts/lib/kernels) did not come through"
}

# By its own Makefile, as somebody who tries the series does.
series_selftest() { # DIR
	built_kernel_make "$1/source" headers
	built_kernel_make "$1/source/tools/testing/selftests" TARGETS=vfio_mtce USERLDFLAGS=-static
	cp "$1/source/tools/testing/selftests/vfio_mtce/vfio_mtce_test" "$1"
}
