#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Which kernels the module is built for: the list (driver/kernels) and what reads it, and the comparison of vfio_abi.h with a
# kernel's types. With MTCE_KDIR, headers of a kernel, and MTCE_VFIO, its vfio.ko, also the kernel's build itself.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
fail() { echo "$*"; exit 1; }

says() { # RELEASE WORDS [y]: the list's answer
	local said
	said=$("$TOP/driver/kernels.sh" check "$1" "${3-}")
	[[ $said == *"$2"* && $said != *$'\n'* ]] || fail "Linux $1: '$said' does not say '$2'"
}
says 6.12 yes
says 6.18 yes
says 7.3 yes
says 4.18 'older than its list of kernels; run Linux 6.12 or newer'
says 6.1 'refuses every device from 5.19 to 6.3'
says 6.1 'refuses every device from 5.19 to 6.3' y
says 6.11 'was not compared'
says 7.99 'was tested up to Linux 7.3, and this is 7.99'
says 7.99 MTCE_UNTESTED_KERNEL=y
says 8.0 'was tested up to Linux 7.3, and this is 8.0'
says 7.99 yes y
says 6.120 'was tested up to Linux 7.3, and this is 6.120'

# The rows are in order, without gap or overlap, and a refusal has its reason.
awk '
	/^#/ { next }
	$4 !~ /^(tested|accepted|refused)$/ || $2 > $3 || $4 == "refused" && NF < 6 { print "not a row: " $0; bad = 1 }
	NR > 1 && major && !($1 == major && $2 == last + 1 || $1 == major + 1 && $2 == 0) { print "not the next release: " $0; bad = 1 }
	{ major = $1; last = $3 }
	END { exit bad }' "$TOP/driver/kernels"
# The documents name the same range.
first=$("$TOP/driver/kernels.sh" series | awk 'NR == 1 { print $1 }')
last=$("$TOP/driver/kernels.sh" series | awk 'END { print $1 }')
for file in README.md driver/README.md; do
	grep -q "Linux $first to $last" "$TOP/$file" || fail "$file does not say: Linux $first to $last"
done

[[ ${MTCE_KDIR-} && -e ${MTCE_VFIO-} ]] || { echo 'no kernel headers or no vfio.ko; run: scripts/lab setup'; exit 77; }
command -v pahole >/dev/null || { echo 'pahole is not installed'; exit 77; }
cross=powerpc64le-linux-gnu-
[[ $(uname -m) != ppc64le ]] || cross=
command -v "${cross}gcc" >/dev/null || { echo "${cross}gcc is not installed"; exit 77; }
mkdir "$WORK/tree"
(cd "$TOP" && git ls-files -coz --exclude-standard -- driver uapi | xargs -0 cp --parents -t "$WORK/tree")
build() { make -s -j2 -C "$WORK/tree/driver" KDIR="$MTCE_KDIR" VFIO_KO="$MTCE_VFIO" ARCH=powerpc CROSS_COMPILE="$cross" "$@" >"$WORK/log" 2>&1; }

# Kbuild asks the list.
build PATCHLEVEL=99 && fail 'a kernel that is newer than the list is built for'
grep -q 'and this is [0-9]*\.99: compare' "$WORK/log" || fail "says: $(<"$WORK/log")"
build VERSION=5 PATCHLEVEL=4 && fail 'Linux 5.4 is built for'
grep -q 'mtce is not for Linux 5.4: ' "$WORK/log" || fail "says: $(<"$WORK/log")"

# The kernel's types are those of vfio_abi.h; a member that goes, moves or changes its type is noticed.
module=$WORK/tree/driver/vfio_iommu_mtce.ko
build || fail "$(<"$WORK/log")"
grep -q '^vfio_abi.h fits kernel' "$WORK/log" || fail "not compared: $(<"$WORK/log")"
differs() { # SED-COMMAND
	sed "$1" "$TOP/driver/vfio_abi.h" >"$WORK/tree/driver/vfio_abi.h"
	! cmp -s "$TOP/driver/vfio_abi.h" "$WORK/tree/driver/vfio_abi.h" || fail "changes nothing: $1"
	if build; then fail "not noticed: $1"; fi
	grep -q 'vfio_abi.h does not fit kernel' "$WORK/log" || fail "says: $(<"$WORK/log")"
	[[ ! -e $module ]] || fail "the module is still there: $1"
}
differs '/(\*register_device)/d'
differs 's/VFIO_EMULATED_IOMMU,/VFIO_OTHER_IOMMU, &/'
