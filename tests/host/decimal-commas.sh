#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Tables are the same for a user whose numbers have decimal commas, and every script of ours sees to that.
set -euo pipefail

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$TOP"
wrong() { echo "$*"; exit 1; }
for t in localedef awk; do command -v $t >/dev/null || { echo "$t is not installed"; exit 77; }; done

# A locale of our own: which are installed does not matter.
make_locale() {
	printf 'LC_NUMERIC\ndecimal_point ","\nthousands_sep "."\ngrouping 3;3\nEND LC_NUMERIC\n' >"$WORK/source"
	localedef -c -i "$WORK/source" "$WORK/comma" >/dev/null 2>&1 || true
}
with() { # LOCALE COMMAND...
	local locale=$1
	shift
	env -u LC_ALL LOCPATH="$WORK" LC_NUMERIC="$locale" "$@"
}
# COMMAND says the same in both, and something with a decimal point.
same() { # NAME COMMAND...
	local name=$1
	shift
	with C "$@" >"$WORK/point"
	with comma "$@" >"$WORK/comma.out"
	diff "$WORK/point" "$WORK/comma.out" >"$WORK/diff" || wrong "$name: $(head -n 4 "$WORK/diff")"
	grep -qE '[0-9]\.[0-9]' "$WORK/point" || wrong "$name has no fraction"
}

make_locale
[[ $(with comma bash -c 'printf %.1f 1,5') == 1,5 ]] || { echo 'localedef makes no locale here'; exit 77; }
same 'a recording' scripts/record-tces --check bench/traces/disk-net-quick.csv.zst

# Every script that somebody starts: by itself, or by common.sh. Guest tests are started by mtce-host.
git ls-files -co --exclude-standard -- ':!tests/guest' | while IFS= read -r f; do
	[[ -f $f && $(head -c 64 "$f" | head -n 1 | tr -d '\0') == '#!/bin/bash'* ]] || continue
	[[ ${f##*/} != decimal-commas.sh ]] || continue
	grep -qE '^export (.* )?LC_ALL=C(\.UTF-8)?( |$)|^for (lib|part) in common |^\. ".*/lib/common\.sh"$' "$f" ||
		wrong "$f does not set LC_ALL=C"
done
# C programs are in the C locale as long as they do not ask for the user's.
! git grep -n 'setlocale' -- '*.c' '*.h' || wrong 'a program takes the numbers of a locale'
