# SPDX-License-Identifier: GPL-2.0
# A root of a Debian release: packages for ppc64el are built in it, and the module for kernels whose tools are newer than this
# machine's. Made by mmdebstrap, as root, and kept in the cache.
# shellcheck shell=bash

RELEASE_ROOT_PACKAGES=(
	build-essential debhelper dh-dkms lintian fakeroot gcc-powerpc64le-linux-gnu libc6-dev-ppc64el-cross pkgconf bpftool clang llvm
	dwarves bc kmod xz-utils
	libjansson-dev:ppc64el libzstd-dev:ppc64el libbpf-dev:ppc64el libelf-dev:ppc64el zlib1g-dev:ppc64el
)

release_root() { # SUITE
	local dir=$MTCE_CACHE/root-$1
	[[ ! -e $dir/.complete ]] || return 0
	((EUID == 0)) || die "must be root once: it makes a root of $1, whose tools are newer than this machine's"
	have mmdebstrap || die "mmdebstrap is not installed (Debian: mmdebstrap)"
	need_space "$MTCE_CACHE" 2500
	rm -rf --one-file-system "$dir"
	step "making a root of $1 (2 minutes)" release_root_make "$1" "$dir"
	touch "$dir/.complete"
}

release_root_make() { # SUITE DIR
	local mirror include
	mirror=$(apt_mirror)
	[[ $mirror ]] || { echo "apt on this machine names no Debian mirror; set MTCE_MIRROR to one"; return 1; }
	include=$(IFS=,; echo "${RELEASE_ROOT_PACKAGES[*]}")
	# The release alone: between its updates and this, versions of the two architectures may differ.
	mmdebstrap --mode=root --variant=apt --architectures=amd64,ppc64el --include="$include" \
		--aptopt='APT::Install-Recommends "false"' "$1" "$2" - <<<"$(apt_source "$mirror" "$1")"
}

# In the root of SUITE, in FOLDER, which is there under its own name, as are the checkout and the cache. Mounts go with the command.
release_root_run() { # SUITE FOLDER COMMAND...
	local root=$MTCE_CACHE/root-$1 folder=$2
	shift 2
	((EUID == 0)) || die "must be root: it works in another release's root"
	# shellcheck disable=SC2016 # for the inner shell
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C unshare --mount --pid --fork --kill-child --propagation private \
		bash -euc '
			root=$0 folder=$1
			mount -t proc proc "$root/proc"
			mount --bind /dev "$root/dev"
			for dir in "$folder" "$2" "$3"; do
				mkdir -p "$root$dir"
				mount --bind "$dir" "$root$dir"
			done
			shift 3
			exec chroot "$root" sh -c "cd \"$folder\" && exec \"\$@\"" sh "$@"
		' "$root" "$folder" "$TOP" "$MTCE_CACHE" "$@" </dev/null
}
