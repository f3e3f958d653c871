#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The series for mainline, on a kernel that has it (scripts/lab --kernel series): the module under test is that kernel's own, and the
# selftest that the series brings passes whole.
# Functions are called by name, through check.
# shellcheck disable=SC2317
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SELFTEST=$HERE/../../series/vfio_mtce_test
MODULE=/sys/module/vfio_iommu_mtce

skip_all() { echo 'TAP version 13'; echo "1..0 # SKIP $*"; exit 4; }
[[ ${MTCE_BACKEND:-mtce} == mtce ]] || skip_all 'once, on the native back end, is enough'
[[ -x $SELFTEST ]] || skip_all 'this kernel has not the series in it'
SAID=$(mktemp)
trap 'rm -f "$SAID"' EXIT

number=0 failed=0
check() { # NAME COMMAND...
	local name=$1
	shift
	number=$((number + 1))
	if "$@"; then echo "ok $number $name"; else echo "not ok $number $name"; failed=1; fi
}

# A module from outside of the tree has an O there.
module_is_of_the_tree() {
	[[ -e $MODULE/taint && ! $(<"$MODULE/taint") ]] &&
		[[ $(<"$MODULE/srcversion") == "$(modinfo -F srcversion "/lib/modules/$(uname -r)/kernel/drivers/vfio/mtce/vfio_iommu_mtce.ko")" ]]
}
selftest_passes() {
	VFIO_MTCE_GROUP=${MTCE_GROUPS%% *} "$SELFTEST" </dev/null >"$SAID" 2>&1
}
nothing_is_left_out() {
	grep -q '^ok ' "$SAID" && ! grep -E '^ok .*# *SKIP|^not ok' "$SAID"
}

echo 'TAP version 13'
check 'the module is of the kernel tree' module_is_of_the_tree
check 'vfio_mtce_test' selftest_passes
sed 's/^/# /' "$SAID"
check 'vfio_mtce_test leaves nothing out' nothing_is_left_out
echo "1..$number"
exit "$failed"
