#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Compares the private types of VFIO as the module has them (vfio_abi.h) with those of the kernel
# that it was built for, by type information (BTF). Different: says where, removes the module,
# status 1. Cannot be compared: says why, status 0.
#   check-abi.sh MODULE KDIR [VFIO]
# VFIO: that kernel's vfio.ko, also compressed; default: the installed one
set -eu
LC_ALL=C
export LC_ALL
TYPES=vfio_iommu_driver_ops,vfio_group_type
module=$1 kdir=$2 vfio=${3-}

skip() {
	echo "vfio_abi.h is not compared with the kernel's types: $*"
	exit 0
}

installed_vfio() { # RELEASE
	for file in "/lib/modules/$1"/kernel/drivers/vfio/vfio.ko*; do
		[ ! -e "$file" ] || { echo "$file"; return; }
	done
}

unpack() { # FILE
	case $1 in
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -qdc "$1" ;;
	*.gz) gzip -dc "$1" ;;
	*) cat "$1" ;;
	esac
}

builtin_vfio() {
	grep -qs '^CONFIG_VFIO=y' "$kdir/.config" "$kdir/include/config/auto.conf"
}

# One space between words, and no line that only says how the type lies in caches.
types() { # FILE
	pahole ${base:+--btf_base "$base"} -C "$TYPES" "$1" |
		sed -E '/cacheline/d; s/[[:space:]]+/ /g'
}

command -v pahole >/dev/null || skip "pahole is not installed (Debian: dwarves)"
release=$(cat "$kdir/include/config/kernel.release" 2>/dev/null) || release=unknown
base=$kdir/vmlinux
[ -e "$base" ] || [ "$release" != "$(uname -r)" ] || base=/sys/kernel/btf/vmlinux
[ -e "$base" ] || skip "there is no vmlinux in $kdir"
vfio=${vfio:-$(installed_vfio "$release")}
# Built in, the types are the kernel's own.
[ "$vfio" ] || ! builtin_vfio || vfio=$base
[ -e "$vfio" ] ||
	skip "vfio.ko of $release is not installed, and not named by VFIO_KO"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unpack "$vfio" >"$work/vfio.ko"
types "$module" >"$work/ours" 2>/dev/null || true
[ "$vfio" != "$base" ] || base=
types "$work/vfio.ko" >"$work/theirs" 2>/dev/null || true
grep -q open "$work/theirs" ||
	skip "kernel $release has no type information (CONFIG_DEBUG_INFO_BTF_MODULES)"
grep -q open "$work/ours" || skip "the module has no type information"
if cmp -s "$work/ours" "$work/theirs"; then
	echo "vfio_abi.h fits kernel $release"
else
	diff "$work/ours" "$work/theirs" >&2 || true
	rm -f "$module"
	echo "mtce: driver/vfio_abi.h does not fit kernel $release" \
		"(above, < is mtce's, > the kernel's); the module was removed" >&2
	exit 1
fi
