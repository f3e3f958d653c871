#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The benchmarks, the library and the example for a big-endian POWER8: all of it compiles, and under qemu-ppc64 the pure code passes its
# tests. With MTCE_JANSSON, a folder with jansson's sources (apt-get source jansson; no package has it for big-endian), the programs are
# linked, too, and mtce-compare prints of a run what it prints here.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CROSS=powerpc64-linux-gnu-
skip() { echo "$*"; exit 77; }
wrong() { echo "$*"; exit 1; }
command -v ${CROSS}gcc >/dev/null || skip "${CROSS}gcc is not installed (gcc-powerpc64-linux-gnu, libc6-dev-ppc64-cross)"
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

# Headers of libraries are the same for each byte order: the lab's, or this machine's.
mkdir -p "$WORK/include"
sysroot=$("$TOP/scripts/lab" path sysroot 2>/dev/null || true)
for header in jansson.h jansson_config.h zstd.h zstd_errors.h; do
	for folder in "$sysroot"/usr/include{,/powerpc64le-linux-gnu} /usr/include{,/*-linux-gnu}; do
		[[ -e $WORK/include/$header || ! -e $folder/$header ]] || cp "$folder/$header" "$WORK/include"
	done
	[[ -e $WORK/include/$header ]] || skip "there is no $header; run: scripts/lab setup"
done

TREE=$WORK/tree
mkdir "$TREE"
cp -r "$TOP"/{bench,uapi,vmm,lib,examples} "$TREE"
cross_make() { make -s --no-print-directory -j2 CROSS_COMPILE=$CROSS CPPFLAGS="-I$WORK/include" LDFLAGS="-static -L$WORK" O=1 -C "$TREE/$1" "${@:2}"; }
for room in bench lib examples/nvme-direct; do cross_make "$room" clean; done
objects=()
for source in "$TREE"/bench/*.c; do
	name=${source##*/}
	objects+=("${name%.c}.o")
done
cross_make bench "${objects[@]}" vmm.o
cross_make lib libmtce.a
cross_make examples/nvme-direct
file "$TREE/examples/nvme-direct/nvme-direct" 2>/dev/null | grep -q 'MSB.*PowerPC' || [[ ! $(command -v file) ]] || wrong 'nvme-direct is not big-endian'

command -v qemu-ppc64 >/dev/null || { echo 'warning: compiled, but not run: qemu-ppc64 is not installed (qemu-user)'; exit 0; }
ran=0
for test in "$TOP"/tests/host/test-*.c; do
	needs=$(sed -n '2s#^/\* needs:\(.*\)\*/$#\1#p' "$test")
	sources=()
	for n in $needs; do sources+=("$TOP/$n"); done
	${CROSS}gcc -std=gnu11 -Wall -Wextra -Werror -O1 -static -D_GNU_SOURCE -I"$TOP/uapi" -o "$WORK/unit" "$test" "${sources[@]}" -lm
	qemu-ppc64 "$WORK/unit" >"$WORK/said" 2>&1 || wrong "${test##*/}: $(tail -n 5 "$WORK/said")"
	ran=$((ran + 1))
done
((ran >= 10)) || wrong "only $ran tests were run"
rc=0
said=$(qemu-ppc64 "$TREE/examples/nvme-direct/nvme-direct" --frobnicate 2>&1) || rc=$?
((rc == 2)) || wrong "nvme-direct ends with $rc: $said"

[[ ${MTCE_JANSSON-} ]] || exit 0
for source in "$MTCE_JANSSON"/src/*.c; do
	name=${source##*/}
	: >"$WORK/include/jansson_private_config.h"
	${CROSS}gcc -O1 -I"$WORK/include" -I"$MTCE_JANSSON/src" -DHAVE_CONFIG_H -DHAVE_ENDIAN_H -DHAVE_STDINT_H -DHAVE_LOCALECONV -DHAVE_UNISTD_H \
		-DHAVE_SYS_TYPES_H -DHAVE_SYS_TIME_H -DHAVE_GETTIMEOFDAY -DINITIAL_HASHTABLE_ORDER=3 -c -o "$WORK/jansson-${name%.c}.o" "$source"
done
${CROSS}ar rcs "$WORK/libjansson.a" "$WORK"/jansson-*.o
cross_make bench mtce-bench mtce-sweep mtce-compare
# shellcheck source=SCRIPTDIR/lib/compare.sh
. "$TOP/tests/host/lib/compare.sh"
mv "$TREE" "$WORK/big"
build_compare
run=$TOP/tests/host/samples/run/bench.json
for form in '' --json --csv; do
	# shellcheck disable=SC2086 # none, or one word
	"$COMPARE" $form "$run" >"$WORK/little.txt"
	# shellcheck disable=SC2086
	qemu-ppc64 "$WORK/big/bench/mtce-compare" $form "$run" >"$WORK/big.txt" || wrong "mtce-compare $form fails"
	cmp "$WORK/little.txt" "$WORK/big.txt"
done
for program in bench sweep; do
	[[ $(qemu-ppc64 "$WORK/big/bench/mtce-$program" --version) == "mtce-$program "* ]] || wrong "mtce-$program does not start"
done
[[ $(qemu-ppc64 "$WORK/big/bench/mtce-bench" --list) == *4k-one-page* ]] || wrong 'mtce-bench has no list'
