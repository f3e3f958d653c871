#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The plugin's decoder against binutils' disassembler, over all of a C library and some lines of assembly: what is
# a load, a store, a sync and so on, what cannot fault, and what is a marker.
set -euo pipefail
export LC_ALL=C

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PLUGIN=$HERE/../../bench/plugin
CROSS=powerpc64le-linux-gnu-
[[ $(uname -m) != ppc64le ]] || CROSS=
for tool in gcc "${CROSS}gcc" "${CROSS}objdump"; do
	command -v "$tool" >/dev/null || { echo "$tool is not installed"; exit 77; }
done
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

gcc -std=gnu11 -Wall -Wextra -Werror -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	-o "$WORK/decode" "$HERE/lib/decode-words.c" "$PLUGIN/decode.c"

# What compilers do not make, the kernel does. The last three look like markers and are none.
cat >"$WORK/some.s" <<'ASM'
	lwsync; ptesync; sync; isync; eieio; lwarx 3,0,4; ldarx 3,0,4; lbarx 3,0,4; lharx 3,0,4; lqarx 6,0,4
	stwcx. 3,0,4; stdcx. 3,0,4; stbcx. 3,0,4; sthcx. 3,0,4; stqcx. 4,0,4; dcbz 0,3; ldbrx 3,0,4; stdbrx 3,0,4
	lwzcix 3,0,4; lhzcix 3,0,4; lbzcix 3,0,4; ldcix 3,0,4; stwcix 3,0,4; sthcix 3,0,4; stbcix 3,0,4; stdcix 3,0,4
	lq 4,0(3); stq 4,0(3); lfdp 4,0(3); stfdp 4,0(3)
	mfspr 3,268; mtmsrd 3; tw 31,0,0; sc; rfid; hrfid; slbie 3; tlbie 3,4; addo 3,4,5; subfzeo 3,4; mulldo 3,4,5
	tdi 0,0,0x4d54; tdi 0,31,0x4d55; tdi 0,7,0x4d56
	tdi 1,0,0x4d54; twi 0,0,0x4d54; tdi 0,0,0x4d57
ASM
"${CROSS}gcc" -mcpu=power8 -c -o "$WORK/some.o" "$WORK/some.s"

# Instructions of POWER8, as "word mnemonic"; others are shown as .long.
words() { # FILE
	"${CROSS}objdump" -d -M power8 --insn-width=4 "$1" | awk -F'\t' '
		NF >= 3 && $3 !~ /^\.long/ { split($2, b, " "); sub(/ .*/, "", $3); print b[4] b[3] b[2] b[1], $3 }'
}
libc=$("${CROSS}gcc" -print-file-name=libc.so.6)
words "$libc" >"$WORK/words"
words "$WORK/some.o" >>"$WORK/words"
(($(wc -l <"$WORK/words") > 100000)) || { echo "no instructions in $libc"; exit 1; }

cut -d' ' -f1 "$WORK/words" | "$WORK/decode" | paste -d' ' "$WORK/words" - >"$WORK/both"
awk '
	function kind(m) {
		if (m ~ /^l[bhwdq]arx$/) return "reserve"
		if (m ~ /^st[bhwdq]cx\.$/) return "conditional"
		if (m == "lwsync" || m == "isync") return m
		if (m ~ /^(hw|pte)?sync$/) return "sync"
		if (m ~ /^st/ || m == "dcbz") return "store"
		if (m ~ /^l(b|h|w|d|f|mw|q|sw|x|v[ex]|vxl)/) return "load"
		return "other"
	}
	function cannot_fault(m) {
		return m ~ /^(add|sub|neg|mul|div|and|or|xor|nor|nand|not|eqv|exts|cntlz|popcnt|s[lr]a?[wd]|[sr]l[wd]i|r[lo]|clr|ins|ext|cmp|mr|nop|xnop|li|lis|[hy]?mdo)/ &&
			kind(m) == "other" && m !~ /^(clrbhrb|mulhwo)/
	}
	$3 != kind($2) { print $1, $2 ": the decoder says " $3 ", it is " kind($2); bad++ }
	$4 == "plain" && !cannot_fault($2) { print $1, $2 ": may fault"; bad++ }
	($4 == "return") != ($2 ~ /^h?rfid$/) { print $1, $2 ": the decoder says " $4; bad++ }
	$4 == "plain" { plain++ }
	$5 != "-" { print $5 >markers }
	END {
		# Otherwise each instruction would be a piece of its own.
		if (plain < NR / 3) { print plain " of " NR " are plain"; bad++ }
		exit bad > 0
	}' markers="$WORK/markers" "$WORK/both" >"$WORK/said" || { sort -k2 "$WORK/said" | head -n 40; exit 1; }
printf '%s\n' 0:4d54 31:4d55 7:4d56 | diff - "$WORK/markers"
