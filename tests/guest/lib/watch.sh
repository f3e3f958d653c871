# SPDX-License-Identifier: GPL-2.0
# For tests of the tools in bpf/: TAP, a tool in the background, a load whose numbers are known.
# The test sets HERE and says which tool it is about: watch_needs TOOL.
# shellcheck shell=bash
# shellcheck disable=SC2034 # variables are for the tests

TOOLS=$HERE/../../bpf
LOAD=$HERE/load/load
BACKEND=${MTCE_BACKEND:-mtce}
MODULE=vfio_iommu_mtce
WAYS=(by_type_information by_classic_tracepoints)

number=0 failed=0
report() { # ok|"not ok" NAME
	number=$((number + 1))
	echo "$1 $number $2"
	[[ $1 == ok ]] || failed=1
}
check() { # NAME COMMAND...
	local name=$1
	shift
	if "$@"; then report ok "$name"; else report 'not ok' "$name"; fi
}
skip_all() { echo 'TAP version 13'; echo "1..0 # SKIP $*"; exit 4; }

watch_needs() { # TOOL
	TOOL=$TOOLS/$1
	[[ -x $TOOL ]] || skip_all "there is no $TOOL; the BPF tools are not built for a kernel without BTF"
	[[ -x $LOAD ]] || skip_all "there is no $LOAD"
	[[ $BACKEND == mtce ]] || skip_all 'once, on the native back end, is enough'
	[[ -d /sys/module/$MODULE ]] || skip_all "$MODULE is not loaded"
	WORK=$(mktemp -d)
	trap watch_clean EXIT
}
watch_clean() {
	local pid
	for pid in ${TOOL_PID-} ${LOAD_PID-}; do kill -KILL "$pid" 2>/dev/null || true; done
	rm -rf "$WORK"
}

# The option that chooses a way to the events.
way_option() { [[ $1 != by_classic_tracepoints ]] || echo --no-module-btf; }

wait_for() { # FILE PATTERN: until it is there, or the tool is gone
	local i
	for ((i = 0; i < 300; i++)); do
		! grep -q -e "$2" "$1" || return 0
		[[ -d /proc/$TOOL_PID ]] || break
		sleep 0.1
	done
	sed 's/^/# /' "$1"
	return 1
}

# The tool, in the background, attached. Its output is in $WORK/out, its words are in $WORK/err.
tool_start() { # [OPTION...]
	"$TOOL" "$@" >"$WORK/out" 2>"$WORK/err" &
	TOOL_PID=$!
	wait_for "$WORK/err" watching
}
tool_wait() { # its status in TOOL_RC
	TOOL_RC=0
	wait "$TOOL_PID" || TOOL_RC=$?
	TOOL_PID=
}
tool_end() {
	kill -INT "$TOOL_PID" 2>/dev/null || true
	tool_wait
	((TOOL_RC == 0)) || { echo "# status $TOOL_RC"; sed 's/^/# /' "$WORK/err"; return 1; }
}

# The load, set up and waiting. load_go makes it work; then ${did[calls]} and the others are what it did.
load_start() { # OPTION...
	local line=
	coproc LOADER { exec "$LOAD" --backend "$BACKEND" --wait "$@" 2>&1; }
	LOAD_PID=$LOADER_PID
	read -r -t 60 line <&"${LOADER[0]}" || true
	[[ $line == ready ]] || { echo "# the load said: $line"; return 1; }
}
declare -A did=()
load_go() {
	local name value rc=0
	did=()
	echo go >&"${LOADER[1]}"
	while read -r name value; do did[$name]=$value; done <&"${LOADER[0]}"
	wait "$LOAD_PID" || rc=$?
	LOAD_PID=
	((rc == 0)) || { echo "# the load's status is $rc"; return 1; }
	# What a tool sees is this, and reading of counters.
	did[all]=$((did[calls] + did[after_others]))
}

same() { # WHAT IS SHOULD
	[[ $2 == "$3" ]] || { echo "# $1: ${2:-nothing}, not $3"; return 1; }
}

# A mistake, or something missing: one sentence with these words, this status, nothing on standard output.
refuses() { # STATUS WORDS COMMAND...
	local status=$1 words=$2 rc=0
	shift 2
	timeout 20 "$@" >"$WORK/out" 2>"$WORK/err" </dev/null || rc=$?
	same status "$rc" "$status" && same output "$(<"$WORK/out")" '' && grep -q -e "$words" "$WORK/err" &&
		return 0
	sed 's/^/# /' "$WORK/err"
	return 1
}

# In a mount namespace of its own where these folders are empty.
without() { # FOLDER... -- COMMAND...
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m sh -c 'd=$(mktemp -d); while [ "$1" != -- ]; do mount --bind "$d" "$1"; shift; done; shift; "$@"; rc=$?; rmdir "$d" 2>/dev/null; exit $rc' sh "$@"
}

# What all tools refuse in the same words.
common_mistakes() {
	check not_root_is_refused refuses 1 'must be root' setpriv --reuid 1000 --clear-groups "$TOOL"
	check an_unknown_option_is_refused refuses 2 'unrecognized option' "$TOOL" --no-such-option
	check an_old_kernel_is_refused refuses 1 '5.8 is the oldest' setarch "$(uname -m)" --uname-2.6 "$TOOL"
	check a_kernel_without_types_is_refused refuses 1 'no /sys/kernel/btf/vmlinux' \
		without /sys/kernel/btf -- "$TOOL"
	check a_missing_module_is_named refuses 1 "$MODULE is not loaded" without /sys/module -- "$TOOL"
	check missing_tracefs_is_named refuses 1 'tracefs is not mounted' \
		without /sys/kernel/tracing /sys/kernel/debug -- "$TOOL" --no-module-btf
}

watch_done() {
	echo "1..$number"
	exit "$failed"
}
