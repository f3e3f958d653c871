# SPDX-License-Identifier: GPL-2.0
# Roots of Debian releases. In one of a kind "module" the module is built for kernels that want newer tools than this machine's,
# in one of a kind "package" packages for ppc64el are. Made by mmdebstrap, as root, and kept in the cache.
# shellcheck shell=bash

release_root_packages() { # KIND: by commas. A mirror may lack the newest libraries for ppc64el, which a module does not need.
	local need="make gcc-powerpc64le-linux-gnu libc6-dev-ppc64el-cross"
	case $1 in
	module) need+=" dwarves bc kmod xz-utils" ;; # and with pahole libelf, for resolve_btfids
	package)
		need+=" build-essential debhelper dh-dkms lintian fakeroot pkgconf bpftool clang llvm"
		need+=" libjansson-dev:ppc64el libzstd-dev:ppc64el libbpf-dev:ppc64el libelf-dev:ppc64el zlib1g-dev:ppc64el"
		;;
	esac
	echo "${need// /,}"
}

release_root() { # KIND SUITE
	local dir=$MTCE_CACHE/root-$1-$2
	[[ ! -e $dir/.complete ]] || return 0
	((EUID == 0)) || die "must be root once: it makes a root of $2 to build in"
	have mmdebstrap || die "mmdebstrap is not installed (Debian: mmdebstrap)"
	need_space "$MTCE_CACHE" 2500
	rm -rf --one-file-system "$dir"
	step "making a root of $2 to build in (2 minutes)" release_root_make "$1" "$2" "$dir"
	touch "$dir/.complete"
}

release_root_make() { # KIND SUITE DIR
	local mirror
	mirror=$(apt_mirror)
	[[ $mirror ]] || { echo "apt on this machine names no Debian mirror; set MTCE_MIRROR to one"; return 1; }
	# The release alone: between its updates and this, versions of the two architectures may differ. Its mounts go with it, however it ends.
	unshare --mount --propagation private mmdebstrap --mode=root --variant=apt --architectures=amd64,ppc64el --include="$(release_root_packages "$1")" \
		--aptopt='APT::Install-Recommends "false"' "$2" "$3" - <<<"$(apt_source "$mirror" "$2")"
}

# In that root, in FOLDER, which is there under its own name, as are the checkout and the cache. Mounts go with the command.
release_root_run() { # KIND SUITE FOLDER COMMAND...
	local root=$MTCE_CACHE/root-$1-$2 folder=$3
	shift 3
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
