#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Entries are set, cleared and killed in the places that driver/README.md names, and nowhere else; headers hold no long bodies.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
DRIVER=${1:-$TOP/driver}
bad=0

# The functions (FILE FUNCTION) in which a pattern stands; a function begins in the first column and ends with a brace there.
functions_with() { # PATTERN FILE...
	local pattern=$1
	shift
	awk -v pattern="$pattern" '
		/^[a-z_].*\(/ || /^[a-z_]+\(/ { line = $0; sub(/\(.*/, "", line); n = split(line, w, /[ *]/); name = w[n] }
		/^}/ { name = "" }
		name && $0 ~ pattern && $0 !~ ("[a-z_]* " name "\\(") { file = FILENAME; sub(/.*\//, "", file); print file, name }
	' "$@" | sort -u
}

# What the table of the README says: rows of "`name` (`file`)".
# shellcheck disable=SC2016,SC2001 # the backquotes are Markdown's
named() { # COLUMN
	awk -F'|' -v column="$1" '/^\| \| set \| clear \|/ { on = 1 } on && !/^\|/ { exit } on { print $column }' "$TOP/driver/README.md" |
		grep -oE '(`[a-z_]+`(, )?)+ \(`[a-z.]+`\)' |
		while read -r cell; do
			file=$(sed 's/.*(`\(.*\)`)/\1/' <<<"$cell")
			grep -oE '`[a-z_]+`' <<<"${cell% (*}" | tr -d '`' | sed "s/^/$file /"
		done | sort -u
}

same() { # WHAT EXPECTED FOUND
	[[ $2 == "$3" ]] || { echo "entries are $1 elsewhere than driver/README.md says:"; diff <(echo "$2") <(echo "$3") || true; bad=1; }
}
same set "$(named 3)" "$(functions_with '[^_a-z]tce_set\(' "$DRIVER"/*.[ch])"
same cleared "$(named 4)" "$(functions_with '[^_a-z]tce_clear\(' "$DRIVER"/*.[ch])"
same 'exchanged' "$(printf '%s\n' 'table.c entry_agrees' 'table.c grow_through_ops' 'table.c same_entry' 'tce.c clear_any' 'tce.c set_any')" \
	"$(functions_with '[^_a-z]exchange\(' "$DRIVER"/*.[ch])"
# By the store itself: in tce_set() and tce_clear(), in kill.c and in its inline part, and nowhere else.
same stored "$(printf '%s\n' 'kill.c kill_one' 'kill.c kill_pe' 'kill.c kill_range' 'tce.h kill_sole' 'tce.h tce_set')" \
	"$(functions_with '[^_a-z]mtce_store_be\(' "$DRIVER"/*.[ch])"
same killed "$(printf '%s\n' 'kill.c kill_range_through_ops' 'table.c grow_through_ops')" \
	"$(functions_with '->tce_kill\(' "$DRIVER"/*.[ch])"

# No body in a header is longer than ten lines, but in one header.
long=$(awk '
	FNR == 1 { name = "" }
	/^{/ { from = FNR }
	/^}/ && from { if (FNR - from - 1 > 10) { file = FILENAME; sub(/.*\//, "", file); print file }; from = 0 }
' "$DRIVER"/*.h | grep -v '^trace.h$' | sort -u)
[[ $(wc -w <<<"$long") -le 1 ]] || { echo "headers with bodies of more than ten lines: $(tr '\n' ' ' <<<"$long")"; bad=1; }

# A store in another place is found: the check can fail.
if [[ ! ${1-} ]]; then
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	cp "$DRIVER"/*.[ch] "$work"
	printf 'static void stray(u64 *shadow, __be64 *tce)\n{\n\ttce_clear(shadow, 0, tce);\n}\n' >>"$work/window.c"
	! "${BASH_SOURCE[0]}" "$work" >/dev/null || { echo 'a stray clear is not found'; bad=1; }
fi
exit $bad
