# SPDX-License-Identifier: GPL-2.0
# The auditor in the kernel (tests/modules/audit.h): there while tests run, so that each of them is audited.
# shellcheck shell=bash

AUDIT=mtce_audit
AUDIT_KO=$HERE/../modules/$AUDIT.ko

# Whoever has not built it does without; one that is there and cannot be used fails.
audit_begin() {
	[[ -d /sys/module/vfio_iommu_mtce ]] || return 0
	[[ -e $AUDIT_KO ]] || { echo "# there is no $AUDIT_KO: tables are not audited"; return 0; }
	[[ -d /sys/kernel/debug/tracing || -d /sys/kernel/debug/block ]] || mount -t debugfs none /sys/kernel/debug || true
	[[ -d /sys/module/$AUDIT ]] || insmod "$AUDIT_KO" || true
	[[ -r /sys/kernel/debug/$AUDIT ]] || tap 'not ok' 'the auditor is there'
}
audit_end() { ! grep -q "^$AUDIT " /proc/modules || rmmod "$AUDIT"; }
