# SPDX-License-Identifier: GPL-2.0
# Cross-building the checkout into build/<kernel>, which then is what a POWER8 owner has after make.
# shellcheck shell=bash

BUILD_ROOMS=(driver uapi vmm lib bench bpf examples tests scripts docs)
CROSS=powerpc64le-linux-gnu-

build() { # KERNEL [ROOM...]
	local kernel=$1 dest=$TOP/build/$1 room rooms=(driver tests/modules lib bench tests/guest examples/nvme-direct)
	# The BPF tools are made from a kernel's type information, and those built here have none.
	kernel_is_built "$kernel" || rooms+=(bpf)
	# This one has the driver in it.
	! kernel_is_series "$kernel" || rooms=("${rooms[@]:1}")
	shift
	(($#)) || set -- "${rooms[@]}"
	mkdir -p "$dest"
	exec {BUILD_LOCK_FD}>"$TOP/build/.lock"
	flock "$BUILD_LOCK_FD"
	build_copy "$dest"
	build_context "$kernel" >"$dest/context.json.new"
	mv "$dest/context.json.new" "$dest/context.json"
	! kernel_is_series "$kernel" || install -D "$MTCE_CACHE/kernel-$kernel/vfio_mtce_test" "$dest/series/vfio_mtce_test"
	for room in "$@"; do
		case $room in
		driver | tests/modules) build_kernel_room "$dest/$room" "$kernel" ;;
		lib | bench | bpf | tests/guest | examples/nvme-direct) build_user_room "$dest/$room" "$kernel" ;;&
		bench) build_host_bench ;;
		lib | bpf | tests/guest | examples/nvme-direct) ;;
		*) usage_error "no room to build is called '$room'" ;;
		esac
	done
	exec {BUILD_LOCK_FD}>&-
}

# Files git would commit, with their times so that make rebuilds only what changed.
build_sources() {
	local f rooms=() r
	cd "$TOP" || return
	for r in "${BUILD_ROOMS[@]}"; do [[ ! -e $r ]] || rooms+=("$r"); done
	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files -co --exclude-standard -z -- "${rooms[@]}"
	else
		find "${rooms[@]}" -type f -print0
	fi | while IFS= read -r -d '' f; do [[ ! -e $f && ! -L $f ]] || printf '%s\0' "$f"; done | sort -zu
}

build_copy() { # DEST
	local dest=$1 gone
	build_sources >"$dest/.sources.new"
	(cd "$TOP" && xargs -0r cp -Pp -u --parents -t "$dest" <"$dest/.sources.new") || die "could not copy the sources to $dest"
	# What left the checkout leaves the copy too.
	if [[ -e $dest/.sources ]]; then
		comm -z -23 "$dest/.sources" "$dest/.sources.new" | while IFS= read -r -d '' gone; do rm -f "$dest/$gone"; done
	fi
	mv "$dest/.sources.new" "$dest/.sources"
}

# Where a result comes from.
build_context() { # KERNEL
	local commit dirty=false
	commit=$(git -C "$TOP" rev-parse HEAD 2>/dev/null) || commit=unknown
	[[ ! $(git -C "$TOP" status --porcelain -- . ':!results' 2>/dev/null) ]] || dirty=true
	jq -n --arg commit "$commit" --argjson dirty "$dirty" --arg kernel "$(<"$MTCE_CACHE/kernel-$1/release")" \
		--arg qemu "$(qemu-system-ppc64 --version | head -n 1)" --arg cc "$("${CROSS}gcc" --version | head -n 1)" \
		--arg date "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
		'{mtce_commit: $commit, mtce_dirty: $dirty, kernel: $kernel, qemu: $qemu, compiler: $cc, built: $date}'
}

build_kernel_room() { # FOLDER KERNEL
	local tools='' BUILD_IN=()
	[[ -e $1/Makefile || -e $1/Kbuild ]] || return 0
	say "building ${1#"$TOP/"}"
	! kernel_is_new "$2" || tools=$(new_kernel_tools)
	[[ ! $tools ]] || BUILD_IN=(release_root_run module "$tools" "$1")
	make_quietly -C "$1" KDIR="$(print_path headers)" VFIO_KO="$(kernel_vfio "$2")" ARCH=powerpc CROSS_COMPILE="$CROSS"
}

build_user_room() { # FOLDER KERNEL
	local sysroot
	[[ -e $1/Makefile ]] || return 0
	sysroot=$(print_path sysroot)
	say "building ${1#"$TOP/"}"
	make_quietly -C "$1" CROSS_COMPILE="$CROSS" VMLINUX="$(readlink -f "$MTCE_CACHE/kernel-${2}/vmlinux")" \
		CPPFLAGS="-I$sysroot/usr/include -I$sysroot/usr/include/powerpc64le-linux-gnu" \
		LDFLAGS="-static -L$sysroot/usr/lib/powerpc64le-linux-gnu"
}

# What runs here, not in the guest: the comparison, and QEMU's plugin.
build_host_bench() {
	local dest=$TOP/build/host
	[[ -e $TOP/bench/Makefile ]] || return 0
	mkdir -p "$dest"
	build_copy "$dest"
	say "building build/host/bench"
	make_quietly -C "$dest/bench" mtce-compare
	make_quietly -C "$dest/bench/plugin"
}

# Only warnings and errors are worth a line, and they name the copy; say which files to edit.
BUILD_IN=() # what make runs in
make_quietly() {
	"${BUILD_IN[@]}" make --no-print-directory -j"$(nproc)" "$@" >"$TOP/build/make.log" 2>"$TOP/build/make.err" || {
		cat "$TOP/build/make.err" >&2
		die "the build failed (output in build/make.log); the sources to mend are in the checkout, not in build/"
	}
	cat "$TOP/build/make.err" >&2
}
