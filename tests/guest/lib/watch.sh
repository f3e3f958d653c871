# SPDX-License-Identifier: GPL-2.0
# For tests of the tools in bpf/: TAP, a tool in the background, a load whose numbers are known.
# The test sets HERE and says which tool it is about: watch_needs TOOL.
# shellcheck shell=bash
# shellcheck disable=SC2034 # variables are for the tests

TOOLS=$HERE/../../bpf
LOAD=$HERE/load/load
BACKEND=${MTCE_BACKEND:-mtce}
MODULE=vfio_iommu_mtce
# Ways to the events, with the option that chooses each.
declare -A WAY=([by_type_information]="" [by_classic_tracepoints]=--no-module-btf)

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
# What a test that failed has left.
forget() { # PID...
	local pid
	for pid; do { kill -KILL "$pid" && wait "$pid"; } 2>/dev/null || true; done
}
watch_clean() {
	forget "${TOOL_PID[@]}" ${LOAD_PID:+"$LOAD_PID"}
	rm -rf "$WORK"
}

# Tools in the background, each with a name of the test's choice: $WORK/NAME.out is its output, NAME.err its words.
# Several at once watch one load: quicker, and they must not mind each other.
declare -A TOOL_PID=()
tool_start() { # NAME TOOL OPTION...: beside those that are there
	local name=$1
	shift
	: >"$WORK/$name.err"	# an older tool of this name said that it watches; its words go before this one runs
	"$TOOLS/$1" "${@:2}" >"$WORK/$name.out" 2>"$WORK/$name.err" &
	TOOL_PID[$name]=$!
}
tools_start() { # NAME "OPTION..." [NAME "OPTION..."]...
	local options
	forget "${TOOL_PID[@]}"
	TOOL_PID=()
	while (($#)); do
		read -ra options <<<"$2"
		tool_start "$1" "${TOOL##*/}" "${options[@]}"
		shift 2
	done
	tools_attached
}
tools_attached() {
	local name i
	for name in "${!TOOL_PID[@]}"; do
		for ((i = 0; i < 300; i++)); do
			! grep -q ': watching ' "$WORK/$name.err" || continue 2
			[[ -d /proc/${TOOL_PID[$name]} ]] || break
			sleep 0.1
		done
		sed 's/^/# /' "$WORK/$name.err"
		return 1
	done
}
tools_end() {
	kill -INT "${TOOL_PID[@]}" 2>/dev/null || true
	tools_wait
}
tools_wait() {
	local name rc bad=0
	for name in "${!TOOL_PID[@]}"; do
		rc=0
		wait "${TOOL_PID[$name]}" || rc=$?
		((rc == 0)) || { echo "# $name: status $rc"; sed 's/^/# /' "$WORK/$name.err"; bad=1; }
	done
	TOOL_PID=()
	return "$bad"
}

# The load, set up and waiting. load_go makes it work; then ${did[calls]} and the others are what it did.
load_start() { # OPTION...
	local line=
	forget ${LOAD_PID:+"$LOAD_PID"}
	coproc LOADER { exec "$LOAD" --backend "$BACKEND" --wait "$@" 2>&1; }
	# shellcheck disable=SC2153 # coproc sets it
	LOAD_PID=$LOADER_PID
	# bash forgets the array when the load has ended.
	LOAD_INPUT=${LOADER[1]}
	read -r -t 60 line <&"${LOADER[0]}" || true
	[[ $line == ready ]] || { echo "# the load said: $line"; return 1; }
}
declare -A did=()
load_go() {
	load_work
	load_close
}
# With --hold the container stays open between the two.
load_work() {
	local name value
	did=()
	echo go >&"$LOAD_INPUT"
	while read -r -t 60 name value; do
		did[$name]=$value
		[[ $name != stat_lazy_pending ]] || break
	done <&"${LOADER[0]}"
	# What a tool sees is this, and the reading of counters.
	did[all]=$((did[calls] + did[after_others]))
}
load_close() {
	local rc=0
	exec {LOAD_INPUT}>&-
	wait "$LOAD_PID" || rc=$?
	LOAD_PID=
	same "the load's status" "$rc" 0
}

# What a tool's JSON says, read once (jq takes its time under emulation): its program prints "name value".
declare -A got=()
json_read() { # NAME PROGRAM
	local name value
	jq -rs "$2" "$WORK/$1.out" >"$WORK/got" || return 1
	got=()
	while read -r name value; do got[$name]=$value; done <"$WORK/got"
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

# WITHOUT, then: SCRATCH FOLDER... -- COMMAND...: in a mount namespace of its own where these folders are empty.
# shellcheck disable=SC2016 # for the inner shell
WITHOUT=(unshare -m sh -c 'd=$0/empty; mkdir -p "$d"; while [ "$1" != -- ]; do mount --bind "$d" "$1"; shift; done; shift; exec "$@"')

# CHANGED, then: SCRATCH SED COMMAND...: in a mount namespace of its own where SED has changed what tracefs says of the
# layout of mtce_call_end.
# shellcheck disable=SC2016 # for the inner shell
CHANGED=(unshare -m sh -c 'e=/sys/kernel/tracing/events/mtce; cp -r "$e" "$0/" 2>/dev/null;
	f=$0/mtce/mtce_call_end/format; sed "$1" $e/mtce_call_end/format >$f && ! cmp -s $f $e/mtce_call_end/format &&
	mount --bind "$0/mtce" "$e" && shift && exec "$@"')

# What all tools refuse in the same words.
common_mistakes() {
	check not_root_is_refused refuses 1 'must be root' setpriv --reuid 1000 --clear-groups "$TOOL"
	check an_unknown_option_is_refused refuses 2 'unrecognized option' "$TOOL" --no-such-option
	check an_old_kernel_is_refused refuses 1 '5.8 is the oldest' setarch "$(uname -m)" --uname-2.6 "$TOOL"
	check a_kernel_without_types_is_refused refuses 1 'no /sys/kernel/btf/vmlinux' \
		"${WITHOUT[@]}" "$WORK" /sys/kernel/btf -- "$TOOL"
	check a_missing_module_is_named refuses 1 "$MODULE is not loaded" "${WITHOUT[@]}" "$WORK" /sys/module -- "$TOOL"
	check missing_tracefs_is_named refuses 1 'tracefs is not mounted' \
		"${WITHOUT[@]}" "$WORK" /sys/kernel/tracing /sys/kernel/debug -- "$TOOL" --no-module-btf
	check a_field_elsewhere_is_refused refuses 1 'mtce_call_end has pages in bytes 44 to 51, not 40 to 47: ' \
		"${CHANGED[@]}" "$WORK" '/ pages;/s/offset:40/offset:44/' "$TOOL" --no-module-btf
	check a_field_less_is_refused refuses 1 'mtce_call_end has no field pages: ' \
		"${CHANGED[@]}" "$WORK" '/ pages;/d' "$TOOL" --no-module-btf
}

watch_done() {
	echo "1..$number"
	exit "$failed"
}
