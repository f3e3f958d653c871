# SPDX-License-Identifier: GPL-2.0
# The debug kernel: Debian's source of 6.12 with our configuration (debug-kernel.config), built here. It takes
# the place of a packaged kernel in the cache: vmlinux, headers, modules.img, initramfs.cpio.
# shellcheck shell=bash

DEBUG_KERNEL_CONFIG=$TOP/scripts/lib/debug-kernel.config

make_debug_kernel() { # DIR
	local dir=$1 release told
	step "fetching the source of the debug kernel (150 MB)" \
		apt_download "$dir/debs" "$(kernel_suite)" linux-source-6.12:all
	step "fetching busybox for the initramfs" apt_download "$dir/debs" "$GUEST_SUITE" busybox-static:ppc64el
	mkdir "$dir/source"
	step "unpacking the source" linux_source "$dir/debs" -C "$dir/source"
	step "configuring the debug kernel" debug_kernel_configure "$dir/source"
	exec {told}>&2
	step "building the debug kernel (5 to 10 minutes)" debug_kernel_compile "$dir/source" "$told"
	exec {told}>&-
	release=$(<"$dir/source/include/config/kernel.release")
	step "taking what the lab needs of it" debug_kernel_keep "$dir" "$release"
	step "packing its modules and initramfs" kernel_pack "$dir" "$release"
	(cd "$dir/debs" && ls) >"$dir/.versions"
	rm -rf "$dir"/{debs,k}
	printf '%s\n' vmlinux release modules.img initramfs.cpio headers/Makefile headers/Module.symvers >"$dir/.key-files"
}

debug_kernel_make() { # SOURCE ARG...
	local source=$1
	shift
	make -C "$source" ARCH=powerpc CROSS_COMPILE="$CROSS" KBUILD_BUILD_USER=mtce KBUILD_BUILD_HOST=lab \
		-j"$(nproc)" "$@"
}

# Kconfig drops without a word what it does not know or what depends on something else: a kernel that looks
# like a debug kernel and checks nothing.
debug_kernel_configure() { # SOURCE
	debug_kernel_make "$1" allnoconfig KCONFIG_ALLCONFIG="$DEBUG_KERNEL_CONFIG"
	! grep -E '^(# )?CONFIG_' "$DEBUG_KERNEL_CONFIG" | grep -vxFf "$1/.config" ||
		die "these lines of $DEBUG_KERNEL_CONFIG did not come through"
}

debug_kernel_compile() { # SOURCE FD: words to the user go to FD
	debug_kernel_make "$1" vmlinux modules 2>&1 | debug_kernel_progress "$2"
	debug_kernel_make "$1" modules_install INSTALL_MOD_PATH=../k
}

# Minutes of silence look like a hang.
debug_kernel_progress() { # FD
	local line files=0 next=$((SECONDS + 30))
	while IFS= read -r line; do
		printf '%s\n' "$line"
		[[ $line != '  '[CA]?' '* ]] || files=$((files + 1))
		((SECONDS >= next)) || continue
		say "  $files files compiled ..." 2>&"$1"
		next=$((SECONDS + 30))
	done
}

# Enough for modules of ours, as in a distribution's package of headers; the source itself goes.
debug_kernel_keep() { # DIR RELEASE
	local dir=$1 release=$2
	echo "$release" >"$dir/release"
	mkdir "$dir/headers"
	(cd "$dir/source" && cp -a --parents -t "$dir/headers" Makefile .config Module.symvers include scripts \
		arch/powerpc/{Makefile,include,tools} tools/objtool/objtool)
	mv "$dir/source/vmlinux" "$dir/vmlinux"
	rm -rf "$dir/source"
}
