#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The back end as scripts/export-series puts it into Linux's tree: every object that Kbuild lists, VFIO's own header, nothing that
# only this checkout has; and a driver that names such a thing is refused. The whole series wants Linux's source: MTCE_LINUX=TREE.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
command -v perl >/dev/null || { echo 'perl is not installed'; exit 77; }
# shellcheck source=SCRIPTDIR/../lib/scratch.sh
. "$TOP/tests/lib/scratch.sh"
wrong() { echo "$*"; exit 1; }

"$TOP/scripts/export-series" --back-end "$WORK/mtce"
# As make itself reads both files.
listed() { # MAKEFILE
	printf '%s\n' "include $1" 'list:' "	@echo \$(sort \$(vfio_iommu_mtce-y))" >"$WORK/list"
	make -s -f "$WORK/list" src="$TOP/driver" VERSION=7 PATCHLEVEL=3 list
}
[[ $(listed "$TOP/driver/Kbuild") == "$(listed "$WORK/mtce/Makefile")" ]] || wrong "not Kbuild's objects: $(listed "$WORK/mtce/Makefile")"
for object in $(listed "$WORK/mtce/Makefile"); do
	[[ -s $WORK/mtce/${object%o}c ]] || wrong "there is no ${object%o}c"
done
# Every header that is included is there.
while read -r header; do
	[[ $header == ../vfio.h || -s $WORK/mtce/$header ]] || wrong "there is no $header"
done < <(sed -n 's/^#include "\(.*\)"/\1/p' "$WORK"/mtce/*.[ch] | sort -u)
[[ ! -e $WORK/mtce/vfio_abi.h ]] || wrong 'the mirror of a header that is there is in it'

scratch "$WORK/copy"
refused() { # WORDS
	local said
	if said=$("$WORK/copy/scripts/export-series" --back-end "$WORK/out" 2>&1); then wrong "not refused: $1"; fi
	[[ $said == *"$1"* ]] || wrong "says: $said"
}
echo '/* See tests/README.md. */' >>"$WORK/copy/driver/main.c"
refused 'driver/main.c: the above names what'
cp "$TOP/driver/main.c" "$WORK/copy/driver"
sed -i 's/->ops\.tce_kill = /->ops.no_kill = /' "$WORK/copy/driver/kvm.c"
refused 'driver/kvm.c does not set ops.tce_kill'

[[ ! ${MTCE_LINUX-} ]] || "$TOP/scripts/export-series" --linux "$MTCE_LINUX" --out "$WORK/series"
