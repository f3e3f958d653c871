# SPDX-License-Identifier: GPL-2.0
# What the cross compiler and the host checks need beside Debian's cross packages.
# shellcheck shell=bash disable=SC2034 # APT_ONE_RELEASE is for apt.sh

SYSROOT_PACKAGES=(libjansson-dev libjansson4 libbpf-dev libelf-dev zlib1g-dev libzstd-dev)

make_sysroot() { # DIR
	local dir=$1 APT_ONE_RELEASE=
	# An older compiler cannot link a newer release's libraries.
	[[ $(sysroot_suite) != bookworm ]] || APT_ONE_RELEASE=1
	step "fetching libraries to link against" apt_download "$dir/debs" "$(sysroot_suite)" "${SYSROOT_PACKAGES[@]/%/:ppc64el}"
	step "unpacking them" unpack_debs "$dir" "$dir"/debs/*.deb
	(cd "$dir/debs" && ls) >"$dir/.versions"
	rm -rf "$dir/debs" "${dir:?}/usr/share"
	printf '%s\n' usr/include/jansson.h usr/lib/powerpc64le-linux-gnu/lib{jansson,bpf,elf,z}.a >"$dir/.key-files"
}

# checkpatch is in the kernel's source package only; three files of it are kept.
make_checkpatch() { # DIR
	local dir=$1
	step "fetching the kernel's source for its style checker (140 MB)" \
		apt_download "$dir/debs" "$(kernel_suite)" linux-source-6.12:all
	step "taking checkpatch out of it" linux_source "$dir/debs" -C "$dir" --wildcards \
		'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' '*/scripts/const_structs.checkpatch'
	(cd "$dir/debs" && ls) >"$dir/.versions"
	rm -rf "$dir/debs"
	printf '%s\n' scripts/{checkpatch.pl,spelling.txt,const_structs.checkpatch} >"$dir/.key-files"
}

# linux_source DEBS ARG...: unpacks the kernel's source package that is in DEBS, with ARGs for tar.
linux_source() {
	local debs=$1
	shift
	dpkg-deb --fsys-tarfile "$debs"/linux-source-*.deb |
		tar -xO --wildcards './usr/src/linux-source-*.tar.xz' | xz -dc -T0 | tar -x --strip-components=1 "$@"
}
