# SPDX-License-Identifier: GPL-2.0
# What must be installed on this machine: on Debian 12 and 13 it is installed, elsewhere it is named.
# shellcheck shell=bash

# package:file-or-command that proves it is there
HOST_NEEDS=(
	qemu-system-ppc:qemu-system-ppc64
	gcc:gcc
	libc6-dev:/usr/include/stdio.h
	make:make
	gcc-powerpc64le-linux-gnu:powerpc64le-linux-gnu-gcc
	libc6-dev-ppc64el-cross:/usr/powerpc64le-linux-gnu/include/stdio.h
	libjansson-dev:/usr/include/jansson.h
	dwarves:pahole
	g++:g++
	sparse:sparse
	shellcheck:shellcheck
	jq:jq
	python3-matplotlib:/usr/lib/python3/dist-packages/matplotlib/__init__.py
	bc:bc
	perl:perl
	cpio:cpio
	kmod:depmod
	e2fsprogs:mke2fs
	xz-utils:xz
	util-linux:setpriv
	debian-archive-keyring:/usr/share/keyrings/debian-archive-keyring.gpg
)
# Only for the BPF tools.
HOST_NEEDS_BPF=(
	clang:clang
	llvm:llvm-strip
	bpftool:bpftool
	libbpf-dev:/usr/include/bpf/bpf_helpers.h
)
# Only to build a kernel.
HOST_NEEDS_KERNEL=(
	flex:flex
	bison:bison
	libelf-dev:/usr/include/gelf.h
	git:git
	patch:patch
)

# Not needed, but nice to have: without it a sweep has no picture and a run no report. Tables are there all the same.
# shellcheck disable=SC2034 # read by scripts/bench and scripts/sweep
HOST_WANTS_PICTURE=(python3-matplotlib:/usr/lib/python3/dist-packages/matplotlib/__init__.py)

host_needs() { # KERNEL
	printf '%s\n' "${HOST_NEEDS[@]}"
	[[ $1 != all ]] && ! kernel_is_built "$1" || printf '%s\n' "${HOST_NEEDS_KERNEL[@]}"
	[[ ! -e $TOP/bpf/Makefile ]] || printf '%s\n' "${HOST_NEEDS_BPF[@]}"
}

host_lacks() { # NEED...: packages that are missing
	local need proof
	for need; do
		proof=${need#*:}
		if [[ $proof == /* ]]; then [[ -e $proof ]]; else have "$proof"; fi || echo "${need%%:*}"
	done
}

host_missing() { # KERNEL
	local needs
	mapfile -t needs < <(host_needs "$1")
	host_lacks "${needs[@]}"
}

# Debian's code name (bookworm, trixie), or nothing elsewhere.
host_codename() {
	# shellcheck disable=SC1091
	(. /etc/os-release 2>/dev/null && [[ ${ID-} == debian ]] && echo "${VERSION_CODENAME-}") || true
}

host_install() { # KERNEL
	local sudo=() missing codename
	mapfile -t missing < <(host_missing "$1")
	((${#missing[@]})) || return 0
	codename=$(host_codename)
	case $codename in
	bookworm | trixie) ;;
	*) die "this is not Debian 12 or 13, so install these yourself (Debian's names): ${missing[*]}" ;;
	esac
	if ((EUID)); then
		have sudo || die "missing packages; as root: apt-get install --no-install-recommends ${missing[*]}"
		sudo=(sudo)
	fi
	say "installing from Debian $codename${sudo[*]:+ through sudo}: ${missing[*]}"
	host_apt "${missing[@]}" || die "apt-get could not install ${missing[*]}: ${HOST_APT_SAID#E: }"
	mapfile -t missing < <(host_missing "$1")
	((${#missing[@]} == 0)) || die "still missing after the installation: ${missing[*]}"
}

# host_apt PACKAGE...: through the caller's sudo=(). An index that is too old, or none at all, ends in a 404 or in names
# that nobody knows; then, and only then, refresh it. Leaves in HOST_APT_SAID why it failed.
host_apt() {
	local install=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends)
	"${install[@]}" "$@" >/dev/null 2>&1 && return
	say "refreshing this machine's package index ..."
	HOST_APT_SAID=$({ "${sudo[@]}" apt-get update -qq && "${install[@]}" "$@"; } 2>&1 >/dev/null) && return
	HOST_APT_SAID=$(grep '^E: ' <<<"$HOST_APT_SAID" | head -n 1)
	return 1
}

# Installs what is wanted if that is easy: this is Debian, and nobody has to be asked for a password.
host_want() { # NEED...
	local missing sudo=()
	mapfile -t missing < <(host_lacks "$@")
	((${#missing[@]})) || return 0
	[[ $(host_codename) ]] || return 0
	if ((EUID)); then
		sudo=(sudo -n)
		"${sudo[@]}" true 2>/dev/null || return 0
	fi
	say "installing ${missing[*]}"
	host_apt "${missing[@]}" || say "apt-get could not install ${missing[*]}; going on without"
}
