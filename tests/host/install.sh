#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make install into a folder, and make uninstall out of it again. Programs are stand-ins: what is tried is where they go.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
fail() { echo "$*"; exit 1; }
PREFIX=/usr

built() {
	local f
	mkdir -p "$WORK/from"/{bench,bpf}
	for f in bench/mtce-{bench,compare,replay,sweep} bpf/mtce{lat,snoop,stat}; do
		printf '#!/bin/sh\necho "%s"\n' "$f" >"$WORK/from/$f"
		chmod 755 "$WORK/from/$f"
	done
}
run() { "$TOP/scripts/install" --from "$WORK/from" --destdir "$WORK/root" --prefix "$PREFIX" "$@"; }
tree() { (cd "$WORK/root" && find . -printf '%y %m %p %l\n' | sort); }

# Before anything is built, it says what to do, and leaves nothing.
mkdir -p "$WORK/root"
if said=$(run install 2>&1); then fail 'installs what is not built'; fi
[[ $said == *'run: make build' && $said != *$'\n'* ]] || fail "says: $said"
[[ ! $(ls -A "$WORK/root") ]] || fail 'leaves something of an installation that failed'

# What was there stays: other packages' folders, and a file in one that is ours.
built
mkdir -p "$WORK/root$PREFIX"/{bin,share/man/man8}
touch "$WORK/root$PREFIX/bin/other" "$WORK/root$PREFIX/share/man/man8/other.8"
tree >"$WORK/before"
run install 2>"$WORK/said" || fail "$(<"$WORK/said")"
tree >"$WORK/installed"
for f in bin/mtce-bench bin/mtce-compare bin/mtce-report sbin/mtcelat sbin/mtce-host include/linux/vfio_mtce.h \
	share/man/man4/mtce.4 share/man/man5/mtce.5 share/man/man8/mtcestat.8 share/mtce/bpftrace/mtce-kills.bt \
	share/doc/mtce/README.md share/doc/mtce/examples/modprobe.conf; do
	[[ -s $WORK/root$PREFIX/$f ]] || fail "not installed, or a link to nothing: $f"
done
# Every program and script has its page.
for f in "$WORK/root$PREFIX"/{bin,sbin}/mtce*; do
	compgen -G "$WORK/root$PREFIX/share/man/man[18]/${f##*/}.[18]" >/dev/null || fail "no man page: ${f##*/}"
done
# bash completes each of them.
for f in "$WORK/root$PREFIX"/{bin,sbin}/mtce*; do
	[[ -s $WORK/root$PREFIX/share/bash-completion/completions/${f##*/} ]] || fail "no completion: ${f##*/}"
done
# They find what they need, through the link in bin.
[[ $("$WORK/root$PREFIX/bin/mtce-bench") == bench/mtce-bench ]]
"$WORK/root$PREFIX/sbin/mtce-host" --help | grep -q 'put back' || fail 'mtce-host does not start where it is installed'
if /usr/bin/python3 -c 'import matplotlib' 2>/dev/null; then
	[[ $("$WORK/root$PREFIX/bin/mtce-report" --version) == 'mtce-report '* ]] || fail 'mtce-report calls itself something else'
	"$WORK/root$PREFIX/bin/mtce-report" --latency --out "$WORK/picture" "$TOP/tests/host/samples/mtcelat.json" >"$WORK/said" 2>&1 || fail "$(<"$WORK/said")"
	[[ -s $WORK/picture-histogram.svg ]] || fail 'mtce-report draws nothing where it is installed'
fi
! grep -rIl -e "$TOP" -e "$WORK" "$WORK/root" || fail 'the above name a folder of this machine'

# Twice is as once, and uninstall needs no build.
run install 2>/dev/null
tree | diff "$WORK/installed" - || fail 'a second installation differs'
rm -rf "$WORK/from"
run uninstall 2>"$WORK/said" || fail "$(<"$WORK/said")"
# Folders of the system may stay.
if (cd "$WORK/root" && find . \( -type f -o -type l -o -name 'mtce*' \) ! -name 'other*') | grep .; then fail 'the above is left'; fi
[[ -e $WORK/root$PREFIX/bin/other && -e $WORK/root$PREFIX/share/man/man8/other.8 ]] || fail 'took a file of others'
wc -l <"$WORK/installed" | sed 's/$/ files and folders/'
