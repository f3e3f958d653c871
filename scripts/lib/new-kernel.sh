# SPDX-License-Identifier: GPL-2.0
# The guest's kernel, newer ones than 6.12: those releases of driver/kernels that are tested, as Debian's backports, sid and
# experimental have them (7.2-64k). After kernel.sh.
# shellcheck shell=bash

NEW_KERNEL_SUITES=(trixie-backports sid experimental)
mapfile -t -O "${#KERNELS[@]}" KERNELS < <("$TOP/driver/kernels.sh" series |
	awk '$2 == "tested" && $1 != "6.12" { print $1 "-64k"; print $1 "-4k" }')

kernel_is_new() { [[ $1 == *.*-*k ]]; } # KERNEL

# From this release on, compiler and libc are those that these kernels' headers want.
new_kernel_tools() { [[ $(host_codename) != bookworm ]] || echo trixie; }

new_kernel_index() {
	local suite mirror
	mirror=$(apt_mirror)
	for suite in "${NEW_KERNEL_SUITES[@]}"; do apt_source "$mirror" "$suite"; done >"$APT_ROOT/new-release.list"
	# A suite that cannot be read is done without, and the others' indexes stay.
	apt_in new release apt-get -q -o APT::Get::List-Cleanup=false update || true
}

# The newest version of which everything is there.
new_kernel_fetch() { # DIR SERIES FLAVOUR
	local dir=$1 series=$2 flavour=$3 v
	while read -r v; do
		if apt_fetch "$dir" new release "linux-binary-$v-$flavour:ppc64el" "linux-modules-$v-$flavour:ppc64el" \
			"linux-base-$v-$flavour:ppc64el" "linux-headers-$v-$flavour:ppc64el" "linux-headers-$v-common:all" "linux-kbuild-$v:amd64"; then
			echo "$v" >"$dir/version"
			return 0
		fi
		rm -f "$dir"/linux-*
	done < <(apt_in new release apt-cache pkgnames "linux-binary-$series" |
		sed -nE "s/^linux-binary-($series(\.[^-]*)?)-$flavour(:ppc64el)?$/\1/p" | sort -rVu)
	aloud "the mirror's ${NEW_KERNEL_SUITES[*]} have no kernel $series for ppc64el with its headers; set MTCE_MIRROR to another"
	return "$STEP_SAID"
}

make_new_kernel() { # KERNEL DIR
	local kernel=$1 dir=$2 flavour v release
	flavour=$(kernel_flavour "${kernel##*-}")
	mkdir -p "$dir/debs"
	step "reading the index of ${NEW_KERNEL_SUITES[*]}" new_kernel_index
	step "fetching kernel ${kernel%-*} ($flavour) and its headers" new_kernel_fetch "$dir/debs" "${kernel%-*}" "$flavour"
	v=$(<"$dir/debs/version")
	rm "$dir/debs/version"
	release=$v-$flavour
	step "fetching busybox for the initramfs" apt_download "$dir/debs" "$GUEST_SUITE" busybox-static:ppc64el
	step "unpacking kernel $release" new_kernel_unpack "$dir" "$v" "$release"
	step "packing its modules and initramfs" kernel_pack "$dir" "$release"
	(cd "$dir/debs" && ls) >"$dir/.versions"
	rm -rf "$dir/debs"
	printf '%s\n' vmlinux release modules.img initramfs.cpio headers/Makefile headers/Module.symvers >"$dir/.key-files"
}

# The kernel lies among its modules, and the headers know where they are by absolute paths and want the compiler it was built with.
new_kernel_unpack() { # DIR VERSION RELEASE
	local dir=$1 v=$2 release=$3
	mkdir -p "$dir/k"
	unpack_debs "$dir/k" "$dir"/debs/linux-*.deb
	echo "$release" >"$dir/release"
	mv "$dir/k/usr/lib/modules/$release/vmlinuz" "$dir/vmlinux"
	ln -s "k/usr/src/linux-headers-$release" "$dir/headers"
	# shellcheck disable=SC2016 # for make
	printf 'KBUILD_OUTPUT := $(realpath $(dir $(lastword $(MAKEFILE_LIST))))\ninclude $(KBUILD_OUTPUT)/../linux-headers-%s-common/Makefile\n' \
		"$v" >"$dir/headers/Makefile"
	sed -i -E 's/gcc-[0-9]+/gcc/' "$dir/headers/.kernelvariables"
}
