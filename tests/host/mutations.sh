#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every mutation applies, in one place; what stands in two places, or in none, is refused.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
APPLY=$TOP/tests/mutations/apply
bad=0

copy() { rm -rf "$WORK/m"; mkdir "$WORK/m"; cp -r "$TOP"/{driver,uapi} "$WORK/m"; }
command -v python3 >/dev/null || { echo 'python3 is not installed'; exit 77; }
copy
for patch in "$TOP"/tests/mutations/*.patch; do
	name=$(basename "$patch")
	grep -qE '^(test|host): ' "$patch" || { echo "$name names no test"; bad=1; }
	room=$(sed -n 's,^--- a/\([^/]*\)/.*,\1,p' "$patch" | sort -u)
	[[ -d $WORK/m/$room ]] || cp -r "$TOP/$room" "$WORK/m"
	"$APPLY" "$patch" "$WORK/m" >"$WORK/log" 2>&1 || { echo "$name: $(head -n 3 "$WORK/log")"; bad=1; }
	rm -rf "${WORK:?}/m/$room"
	cp -r "$TOP/$room" "$WORK/m"
done

# The driver that is slower, of tests/slower/run.
"$APPLY" "$TOP/tests/slower/map-5-percent.patch" "$WORK/m" >"$WORK/log" 2>&1 || { echo "map-5-percent.patch: $(head -n 3 "$WORK/log")"; bad=1; }

# A room of two files that say the same: there is no one place.
mkdir -p "$WORK/two/driver"
printf 'a\nb\nc\n' | tee "$WORK/two/driver/one.c" >"$WORK/two/driver/other.c"
printf -- '--- a/driver/one.c\n+++ b/driver/one.c\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n' >"$WORK/two.patch"
! "$APPLY" "$WORK/two.patch" "$WORK/two" 2>/dev/null || { echo 'a text in two places is changed in one of them'; bad=1; }
rm "$WORK/two/driver/one.c"
"$APPLY" "$WORK/two.patch" "$WORK/two" || { echo 'a text that moved to another file is not found'; bad=1; }
[[ $(<"$WORK/two/driver/other.c") == $'a\nx\nc' ]] || { echo 'a mutation is not what its patch says'; bad=1; }
! "$APPLY" "$WORK/two.patch" "$WORK/two" 2>/dev/null || { echo 'a text that is not there is found'; bad=1; }
exit $bad
