#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# libmtce as it is installed: what it exports is what its header declares and its man page explains, a program in C and
# in C++ is built with it, by pkg-config where that is there, and runs against the shared library. Its argument is a folder
# for its files.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$1
SOURCE=$WORK/lib
ROOT=$WORK/root
cp -r "$TOP/uapi" "$TOP/lib" "$WORK/"
wrong() { echo "$*"; exit 1; }

build() { # ARGUMENT of make...
	make -s -C "$SOURCE" clean
	make -s -C "$SOURCE" install DESTDIR="$ROOT" prefix=/usr "$@"
}
exported() { nm -D --defined-only "$ROOT/usr/lib/libmtce.so.0" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' | sort; }
declared() {
	# shellcheck disable=SC2016 # cpp's own
	gcc -E -P -I"$TOP/uapi" "$TOP/lib/libmtce.h" | tr '\n' ' ' | grep -oE '\bmtce_[a-z_]+ ?\(' | tr -d ' (' | sort -u
}
same() { # WHAT FILE FILE
	diff "$2" "$3" >"$WORK/diff" || { cat "$WORK/diff"; wrong "$1"; }
}

build
exported >"$WORK/exported"
declared >"$WORK/declared"
same 'exported (<) and declared (>) are not the same' "$WORK/exported" "$WORK/declared"
[[ $(wc -l <"$WORK/exported") -gt 20 ]] || wrong 'hardly anything is exported'
# Whatever it is called: a name without the version would be in the way of every program's own.
! nm -D --defined-only "$ROOT/usr/lib/libmtce.so.0" | grep ' T ' | grep -v '@@LIBMTCE_' || wrong 'these have no version'
readelf -d "$ROOT/usr/lib/libmtce.so.0" | grep -q 'SONAME.*\[libmtce.so.0\]' || wrong 'the soname is not libmtce.so.0'
# Nor in the static library, where there are no versions.
nm -g --defined-only "$ROOT/usr/lib/libmtce.a" | awk 'NF == 3 && $3 !~ /^mtce_/ { print "not its own name: " $3; bad = 1 } END { exit bad }'

# The Debian package says the same.
sed -nE 's/^ (mtce_[a-z_]+)@LIBMTCE_[0-9.]+ .*/\1/p' "$TOP/packaging/debian/libmtce0.symbols" | sort >"$WORK/packaged"
same 'exported (<) and in libmtce0.symbols (>) are not the same' "$WORK/exported" "$WORK/packaged"

while read -r function; do
	grep -q "$function" "$SOURCE/man/libmtce.3" || wrong "the man page does not mention $function()"
	grep -qE "^( \* |/\*\* )$function\(\) - " "$SOURCE/libmtce.h" || wrong "the header does not explain $function()"
done <"$WORK/exported"
if command -v groff >/dev/null; then
	said=$(groff -man -t -ww -z -Tutf8 "$SOURCE/man/libmtce.3" 2>&1)
	[[ ! $said ]] || wrong "$said"
fi

cat >"$WORK/program.c" <<'PROGRAM'
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <libmtce.h>

int main(void)
{
	struct mtce_container *c;
	int ret = mtce_open(&c, 99999, 0);

	printf("%s\n", mtce_error());
	return ret != -ENOENT || c || !strstr(mtce_error(), "99999") ||
	       mtce_open(&c, 0, MTCE_OPEN_V2 | MTCE_OPEN_NATIVE) != -EINVAL;
}
PROGRAM
flags=(-I"$ROOT/usr/include" -L"$ROOT/usr/lib" -lmtce)
if command -v pkg-config >/dev/null; then
	read -ra flags < <(PKG_CONFIG_PATH=$ROOT/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$ROOT pkg-config --cflags --libs libmtce)
	[[ $(PKG_CONFIG_PATH=$ROOT/usr/lib/pkgconfig pkg-config --modversion libmtce) == 0.* ]] || wrong 'pkg-config knows no version'
fi
for compiler in 'gcc -std=c11' 'g++ -std=c++11 -x c++'; do
	read -ra compiler <<<"$compiler"
	"${compiler[@]}" -Wall -Wextra -Werror -pedantic -o "$WORK/program" "$WORK/program.c" "${flags[@]}"
	# Where there is no VFIO either sentence will do, as long as there is one.
	LD_LIBRARY_PATH=$ROOT/usr/lib "$WORK/program" >"$WORK/said" || grep -q '/dev/vfio/vfio cannot be opened' "$WORK/said" ||
		wrong "${compiler[0]}: $(<"$WORK/said")"
done
# The examples of the page for programmers, as a program of somebody's own.
# shellcheck disable=SC2016 # pages have backticks
sed -n '/^```c$/,/^```$/{/^```/!p}' "$TOP/docs/programmers.md" >"$WORK/example.c"
gcc -std=gnu11 -Wall -Wextra -Werror -Wno-unused-function -o "$WORK/example" "$WORK/example.c" "${flags[@]}"
if LD_LIBRARY_PATH=$ROOT/usr/lib "$WORK/example" 99999 2>"$WORK/said"; then wrong 'the example works without a group'; fi
grep -qE '^opening the group: .*/dev/vfio' "$WORK/said" || wrong "the example says: $(<"$WORK/said")"

if command -v powerpc64le-linux-gnu-gcc >/dev/null; then
	build CROSS_COMPILE=powerpc64le-linux-gnu- libdir=/usr/lib/powerpc64le-linux-gnu
	readelf -h "$ROOT/usr/lib/powerpc64le-linux-gnu/libmtce.so.0" | grep -q PowerPC64 || wrong 'the cross build is not for ppc64le'
	grep -q '^libdir=/usr/lib/powerpc64le-linux-gnu$' "$ROOT/usr/lib/powerpc64le-linux-gnu/pkgconfig/libmtce.pc" ||
		wrong 'libmtce.pc has another libdir'
fi
