#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# scripts/bench on a POWER8 host, as far as that goes without one: here uname and /proc/cpuinfo say that it is one, the module cannot
# be built, and mtce-host is a stand-in that leaves a run. What is asked, built, kept, and how it ends.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
wrong() { echo "$*"; exit 1; }
for t in jq make gcc unshare script; do command -v $t >/dev/null || { echo "$t is not installed"; exit 77; }; done
[[ -e /usr/include/jansson.h ]] || { echo 'libjansson-dev is not installed'; exit 77; }
if ((EUID)) || ! unshare -m true 2>/dev/null; then echo 'a mount namespace wants root'; exit 77; fi

TREE=$WORK/tree
mkdir -p "$TREE" "$WORK/bin"
cp -r "$TOP"/{scripts,bench,uapi,driver} "$TREE"
make -s -C "$TREE/bench" clean
make -s -C "$TREE/bench" O=1 mtce-compare
sample=$TOP/tests/host/samples/run/bench.json
jq -c . "$sample" >"$WORK/whole.json"
# One key a line, as mtce-bench writes it.
jq --indent 1 '.partial = {reason: "interrupted", turns_done: 1, turns: 4}' "$sample" >"$WORK/partial.json"
printf 'cpu\t\t: POWER8\nplatform\t: PowerNV\n' >"$WORK/cpuinfo"
cat >"$WORK/bin/uname" <<'FAKE'
#!/bin/sh
case $1 in -m) echo ppc64le ;; -r) echo 4.18.0-test ;; *) echo Linux ;; esac
FAKE
# Everything builds, but the module.
cat >"$WORK/bin/make" <<'FAKE'
#!/bin/sh
echo "$*" >>"$WORK/made"
case $* in *'/driver '*) echo 'this kernel is not supported' >&2; exit 2 ;; esac
FAKE
cat >"$TREE/scripts/mtce-host" <<'FAKE'
#!/bin/bash
echo "$*" >>"$WORK/hosted"
while [[ $1 != --out ]]; do shift; done
case $(<"$WORK/mode") in
whole) cp "$WORK/whole.json" "$2/bench.json" ;;
fails) exit 1 ;;
waits)
	trap 'cp "$WORK/partial.json" "$2/bench.json"; exit 130' INT
	: >"$WORK/waiting"
	for ((i = 0; i < 600; i++)); do sleep 0.1; done
	;;
esac
FAKE
chmod +x "$WORK"/bin/* "$TREE/scripts/mtce-host"
mkdir -p "$WORK/modules/4.18.0-test/build"
export WORK

# As on that host. Its headers are there.
# shellcheck disable=SC2016 # for the inner shell
ON_HOST=(unshare -m bash -euc 'mount --bind "$WORK/cpuinfo" /proc/cpuinfo; mkdir -p /lib/modules; mount --bind "$WORK/modules" /lib/modules
	PATH=$WORK/bin:$PATH; exec "$@"' host)
bench() { # STATUS ARGUMENT...
	local want=$1 rc=0
	shift
	rm -rf "$TREE/results" "$WORK"/{made,hosted}
	"${ON_HOST[@]}" "$TREE/scripts/bench" "$@" >"$WORK/out" 2>"$WORK/err" </dev/null || rc=$?
	((rc == want)) || wrong "status $rc, not $want: $* $(tail -n 3 "$WORK/err")"
}
says() { grep -qE -- "$1" "$WORK/out" "$WORK/err" || wrong "does not say '$1': $(tail -n 3 "$WORK/err")"; }
folder() { compgen -G "$TREE/results/$1" || wrong "no folder $1: $(ls "$TREE/results" 2>&1)"; }

# The module is refused: what to do instead, and nothing is run.
echo whole >"$WORK/mode"
bench 2 --yes
says 'this kernel is not supported'
says 'make bench UPSTREAM_ONLY=1'
[[ ! -e $WORK/hosted ]] || wrong 'it ran all the same'

# Upstream alone needs none of it.
bench 0 --upstream-only --yes
grep -q -- '--upstream-only' "$WORK/hosted" || wrong "mtce-host was not told: $(<"$WORK/hosted")"
! grep -E 'driver|tests/|bpf' "$WORK/made" || wrong 'more was built than upstream alone needs'
folder '*-upstream-unknown' >/dev/null
says '4 KiB TCEs'

# Offered to somebody at a terminal.
rm -rf "$TREE/results" "$WORK/hosted"
"${ON_HOST[@]}" script -qec "$TREE/scripts/bench" /dev/null <<<y >"$WORK/out" 2>&1 || wrong "yes: $(tail -n 3 "$WORK/out")"
says 'Measure upstream alone now'
folder '*-upstream-unknown' >/dev/null
rm -rf "$TREE/results" "$WORK/hosted"
if "${ON_HOST[@]}" script -qec "$TREE/scripts/bench" /dev/null <<<n >"$WORK/out" 2>&1; then wrong 'no is taken for yes'; fi
[[ ! -e $WORK/hosted ]] || wrong 'no, and it ran'

# A run that fails is no result.
echo fails >"$WORK/mode"
bench 1 --upstream-only --yes
says 'failed with status 1'
! compgen -G "$TREE/results/*" || wrong 'a run that failed is a result'

# Ctrl-C: to all of them at once, as from a terminal.
echo waits >"$WORK/mode"
rm -rf "$TREE/results" "$WORK/waiting"
"${ON_HOST[@]}" setsid env --default-signal=INT "$TREE/scripts/bench" --upstream-only --yes >"$WORK/out" 2>"$WORK/err" </dev/null &
child=$!
for ((i = 0; i < 200; i++)); do [[ ! -e $WORK/waiting ]] || break; sleep 0.1; done
[[ -e $WORK/waiting ]] || wrong "it did not begin: $(<"$WORK/err")"
kill -INT -- "-$child"
rc=0
wait "$child" || rc=$?
((rc == 130)) || wrong "interrupted, it ends with $rc: $(<"$WORK/err")"
says '^PARTIAL +25 % of it'
says 'what was measured until then is in results/.*-partial-unknown'
folder '*-upstream-partial-unknown' >/dev/null
