# SPDX-License-Identifier: GPL-2.0
# Words to the user, failure, temporary places. Sourced first by everything.
# shellcheck shell=bash

# Numbers are read and written with decimal points, by awk and printf too, whatever the user's are.
export LC_ALL=C

MTCE_CACHE=${MTCE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mtce}
export MTCE_CACHE

# Exit statuses of the lab itself; everything else is COMMAND's own.
# shellcheck disable=SC2034 # used by the files that source this one
{
	EXIT_USAGE=2
	EXIT_PANIC=122   # the guest's kernel died
	EXIT_LOG=123     # COMMAND succeeded, the kernel log did not (--check-log)
	EXIT_TIMEOUT=124 # the guest or COMMAND took too long
	EXIT_LAB=125     # the lab could not do its part
}

MTCE_VERSION=0.1
version() { echo "$PROG $MTCE_VERSION"; exit 0; }
say()  { printf '%s: %s\n' "${PROG:-lab}" "$*" >&2; }
die()  { say "$*"; exit "$EXIT_LAB"; }
usage_error() { say "$* (see --help)"; exit "$EXIT_USAGE"; }
have() { command -v "$1" >/dev/null 2>&1; }

# The kernel's build knows no such names, and says "No rule to make target".
for _path in "${TOP-}" "$MTCE_CACHE"; do
	[[ $_path != *[[:space:]:]* ]] || die "there is a space or a colon in '$_path', which the kernel's build cannot handle; move it"
done

# Debian keeps depmod, modprobe and mke2fs where a plain user's PATH does not look.
PATH=$PATH:/usr/sbin:/sbin

# step TEXT COMMAND...: says what is going on; shows the command's output only when it fails, with HINT. What the
# command says with aloud is shown at once; with status STEP_SAID it has said why it failed, and nothing is added.
STEP_SAID=121
aloud() { say "$*" 2>&"${STEP_FD:-2}"; }
step() {
	local text=$1 log rc=0 start=$SECONDS
	# shellcheck disable=SC2034 # for COMMAND
	STEP_TEXT=$text
	shift
	log=$(mktemp)
	say "$text ..."
	# Not `cmd || rc=$?`: that would switch errexit off inside the command.
	set +e
	(set -e; "$@") {STEP_FD}>&2 >"$log" 2>&1
	rc=$?
	set -e
	if ((rc == STEP_SAID)); then
		rm -f "$log"
		exit "$EXIT_LAB"
	fi
	if ((rc)); then
		tail -n 25 "$log" >&2
		rm -f "$log"
		die "failed: $text${HINT:+ ($HINT)}"
	fi
	rm -f "$log"
	((SECONDS - start < 3)) || say "$text: done after $((SECONDS - start)) s"
}

# need_space DIR MIB: a full disk is said before anything is half written.
need_space() {
	local free
	free=$(df --output=avail -m "$1" | tail -n 1 | tr -d " ")
	((free >= $2)) || die "$1 has $free MiB free and $2 MiB are needed; free some, or set MTCE_CACHE to another disk"
}

# What must happen when this program ends, latest first; survives several users of the trap.
_at_exit=()
at_exit() { _at_exit=("$*" "${_at_exit[@]}"); }
_run_at_exit() {
	local rc=$? cmd
	trap '' INT TERM HUP
	for cmd in "${_at_exit[@]}"; do eval "$cmd" || true; done
	exit "$rc"
}
trap _run_at_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
