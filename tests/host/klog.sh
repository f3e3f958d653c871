#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Which lines of a guest's kernel log the lab complains of: not those of the kernel's own start, of upstream's tests, or that a test provokes.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=SCRIPTDIR/../../scripts/lib/klog.sh
. "$TOP/scripts/lib/klog.sh"
LOG=$(mktemp)
trap 'rm -f "$LOG"' EXIT

cat >"$LOG" <<'END'
[    0.1] BUG: of the kernel's own start
[    1.0] Run /init as init process
[    2.0] klog-mark upstream/dma
[    2.1] WARNING: of upstream
[    3.0] klog-mark mtce/attack_failures
[    3.1] attack_failures: vmalloc error: size 4096, provoked
[    3.2] Call Trace:
[    3.3] BUG: not provoked
[    4.0] klog-mark mtce/lazy
[    4.1] lazy: vmalloc error: size 4096, not provoked
END
said=$(klog_bad "$LOG" | cut -d' ' -f 6-)
expected=$'BUG: not provoked\nlazy: vmalloc error: size 4096, not provoked'
[[ $said == "$expected" ]] || { echo 'it complains of other lines:'; diff <(echo "$expected") <(echo "$said"); exit 1; }
