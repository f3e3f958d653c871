#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# DKMS skips (status 77) a kernel for which the module cannot be built, instead of failing that kernel's package
# (status 10). DKMS itself, in trees of its own; the kernels are a configuration, and a Makefile that fails or not.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
command -v dkms >/dev/null || { echo 'dkms is not installed'; exit 77; }

WHOLE='CONFIG_MODULES=y CONFIG_PPC_POWERNV=y CONFIG_EEH=y CONFIG_VFIO=m CONFIG_VFIO_CONTAINER=y CONFIG_SPAPR_TCE_IOMMU=y'
mkdir -p "$WORK"/{src/mtce-1/driver,var,kernel/include}
sed 's/@VERSION@/1/' "$TOP/scripts/lib/dkms.conf" >"$WORK/src/mtce-1/dkms.conf"
cp "$TOP"/driver/{kernels,kernels.sh} "$WORK/src/mtce-1/driver"
# The module itself is not built here, so neither is it compared with a kernel.
sed /check-abi/d "$TOP/driver/Makefile" >"$WORK/src/mtce-1/driver/Makefile"
# shellcheck disable=SC2016 # for make
printf 'modules:\n\tgrep -q ^CONFIG_VFIO_CONTAINER=y .config\n\tcp /bin/true $(M)/vfio_iommu_mtce.ko\nclean:\n' >"$WORK/kernel/Makefile"
in_trees() { dkms "$1" -m mtce -v 1 --sourcetree "$WORK/src" --dkmstree "$WORK/var" "${@:2}"; }
in_trees add >/dev/null 2>&1

# build STATUS NAME RELEASE ARCH CONFIG...
build() {
	local status=$1 name=$2 release=$3 arch=$4 rc=0
	shift 4
	printf '%s\n' "$@" >"$WORK/kernel/.config"
	in_trees build -k "$release" -a "$arch" --kernelsourcedir "$WORK/kernel" --no-depmod --force >"$WORK/log" 2>&1 || rc=$?
	((rc == status)) || { cat "$WORK/log"; echo "$name: status $rc, not $status"; exit 1; }
}
read -ra whole <<<"$WHOLE"
build 0 'all is there' 6.12.95-test ppc64le "${whole[@]}"
build 77 'no container' 6.12.95-test ppc64le "${whole[@]/CONFIG_VFIO_CONTAINER=y/# CONFIG_VFIO_CONTAINER is not set}"
build 77 'no VFIO' 6.12.95-test ppc64le "${whole[@]/CONFIG_VFIO*/}"
build 77 'no TCEs' 6.12.95-test ppc64le "${whole[@]/CONFIG_SPAPR_TCE_IOMMU=y/}"
build 77 'no PowerNV' 6.12.95-test ppc64le "${whole[@]/CONFIG_PPC_POWERNV=y/}"
build 77 'no EEH' 6.12.95-test ppc64le "${whole[@]/CONFIG_EEH=y/}"
build 77 'another machine' 6.12.95-test x86_64 "${whole[@]}"
build 77 'another byte order' 6.12.95-test ppc64 "${whole[@]}"
# The list of kernels, and beside it.
while read -r series _; do build 0 "a kernel of the list" "$series.1-test" ppc64le "${whole[@]}"; done < <("$TOP/driver/kernels.sh" series)
build 0 'a kernel of two numbers' 7.3-powerpc64le ppc64le "${whole[@]}"
build 77 'an older kernel' 6.11.1-test ppc64le "${whole[@]}"
build 77 'a newer kernel' 7.99.1-test ppc64le "${whole[@]}"
build 77 'a kernel with a like name' 6.120.1-test ppc64le "${whole[@]}"
