# SPDX-License-Identifier: GPL-2.0
# Kernels that look for mistakes: Debian's source of 6.12 with configurations of ours (kernels/*.config), built here.
# One takes the place of a packaged kernel in the cache: vmlinux, headers, modules.img, initramfs.cpio.
# shellcheck shell=bash

# Which files make its configuration.
declare -A BUILT_KERNELS=(
	[debug]='base locks memory ubsan faults'
	[kasan]='base kasan ubsan faults'
	[preempt]='base preempt faults gcov'
	[kcsan]='base kcsan'
	[series]='base preempt faults series' # series-kernel.sh
)

kernel_is_built() { [[ ${BUILT_KERNELS[$1]-} ]]; } # KERNEL

built_kernel_configs() { # KERNEL: absolute names, one a line
	local part
	for part in ${BUILT_KERNELS[$1]}; do echo "$TOP/scripts/lib/kernels/$part.config"; done
}

make_built_kernel() { # KERNEL DIR
	local kernel=$1 dir=$2 release told
	step "fetching the source of the $kernel kernel (150 MB)" \
		apt_download "$dir/debs" "$(kernel_suite)" linux-source-6.12:all
	step "fetching busybox for the initramfs" apt_download "$dir/debs" "$GUEST_SUITE" busybox-static:ppc64el
	mkdir "$dir/source"
	step "unpacking the source" linux_source "$dir/debs" -C "$dir/source"
	step "configuring the $kernel kernel" built_kernel_configure "$kernel" "$dir/source"
	exec {told}>&2
	step "building the $kernel kernel (5 to 15 minutes)" built_kernel_compile "$dir/source" "$told"
	exec {told}>&-
	release=$(<"$dir/source/include/config/kernel.release")
	step "taking what the lab needs of it" built_kernel_keep "$dir" "$release"
	step "packing its modules and initramfs" kernel_pack "$dir" "$release"
	(cd "$dir/debs" && ls) >"$dir/.versions"
	rm -rf "$dir"/{debs,k}
	printf '%s\n' vmlinux release modules.img initramfs.cpio headers/Makefile headers/Module.symvers >"$dir/.key-files"
}

# ccache, where it is installed, makes the second time short.
built_kernel_make() { # SOURCE ARG...
	local source=$1 cc=${CROSS}gcc
	shift
	! have ccache || cc="ccache $cc"
	make -C "$source" ARCH=powerpc CROSS_COMPILE="$CROSS" CC="$cc" KBUILD_BUILD_USER=mtce KBUILD_BUILD_HOST=lab \
		-j"$(nproc)" "$@"
}

# Kconfig drops without a word what it does not know or what depends on something else: a kernel that looks
# like a debug kernel and checks nothing.
built_kernel_configure() { # KERNEL SOURCE
	local wanted=$2/../wanted.config configs
	mapfile -t configs < <(built_kernel_configs "$1")
	{
		printf 'CONFIG_LOCALVERSION="-mtce-%s"\n' "$1"
		cat "${configs[@]}"
	} >"$wanted"
	built_kernel_make "$2" allnoconfig KCONFIG_ALLCONFIG=../wanted.config
	! grep -E '^(# )?CONFIG_' "$wanted" | grep -vxFf "$2/.config" ||
		die "these lines of the $1 kernel's configuration (scripts/lib/kernels) did not come through"
	rm "$wanted"
}

built_kernel_compile() { # SOURCE FD: words to the user go to FD
	built_kernel_make "$1" vmlinux modules 2>&1 | built_kernel_progress "$2"
	built_kernel_make "$1" modules_install INSTALL_MOD_PATH=../k
}

# Minutes of silence look like a hang.
built_kernel_progress() { # FD
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
built_kernel_keep() { # DIR RELEASE
	local dir=$1 release=$2
	echo "$release" >"$dir/release"
	mkdir "$dir/headers"
	(cd "$dir/source" && cp -a --parents -t "$dir/headers" Makefile .config Module.symvers include scripts \
		arch/powerpc/{Makefile,include,tools} tools/objtool/objtool)
	mv "$dir/source/vmlinux" "$dir/vmlinux"
	rm -rf "$dir/source"
}
