# SPDX-License-Identifier: GPL-2.0
# For tests of scripts/mtce-host: a second one inside the first, on the first group of the test, with notes and a lock
# of its own. The test sets HERE.
# shellcheck shell=bash disable=SC2034 # variables are for the tests

HOST=$HERE/../../scripts/mtce-host
OURS=vfio_iommu_mtce
KO=${MTCE_KO:-$HERE/../../driver/$OURS.ko}
PCI=/sys/bus/pci/devices
PARAMETERS=/sys/module/$OURS/parameters
HUGE=/sys/kernel/mm/hugepages/hugepages-16384kB/nr_hugepages

number=0 failed=0
skip() { # NAME WHY
	number=$((number + 1))
	echo "ok $number $1 # SKIP $2"
}
check() { # NAME COMMAND...
	local name=$1
	shift
	number=$((number + 1))
	if [[ ${MTCE_TEST-} && $MTCE_TEST != "$name" ]]; then
		echo "ok $number $name # SKIP not asked for"
	elif "$@"; then
		echo "ok $number $name"
	else
		[[ ! -s $WORK/err ]] || sed 's/^/# /' "$WORK/err"
		echo "not ok $number $name"
		failed=1
	fi
}
skip_all() { echo 'TAP version 13'; echo "1..0 # SKIP $*"; exit 4; }

host_prepare() {
	local p
	[[ ${MTCE_BACKEND:-mtce} == mtce ]] || skip_all 'once, on the native back end, is enough'
	[[ -x $HERE/../../bench/mtce-bench ]] || skip_all 'bench/mtce-bench is not built'
	[[ -d $PARAMETERS && -e $KO ]] || skip_all "$OURS is not loaded, or there is no $KO to load again"
	WORK=$(mktemp -d)
	export MTCE_RUN=$WORK/run
	mkdir "$MTCE_RUN"
	GROUP=${MTCE_GROUPS%% *} DEVICE=${MTCE_DEVICES%% *}
	for p in "$PARAMETERS"/*; do read -r "parameter[${p##*/}]" <"$p"; done
	read -r huge <"$HUGE"
	trap host_clean EXIT
	echo 'TAP version 13'
}
declare -A parameter=()
# For whoever comes next.
host_clean() {
	local p args=()
	[[ ! ${HOST_PID-} ]] || kill -KILL "$HOST_PID" 2>/dev/null || true
	"$HOST" restore >/dev/null 2>&1 || true
	for p in "${!parameter[@]}"; do args+=("$p=${parameter[$p]}"); done
	[[ -d $PARAMETERS ]] || insmod "$KO" "${args[@]}"
	for p in "${!parameter[@]}"; do echo "${parameter[$p]}" >"$PARAMETERS/$p"; done
	echo "$huge" >"$HUGE"
	to_vfio
	rm -rf "$WORK"
}
host_done() {
	echo "1..$number"
	exit "$failed"
}

to_vfio() {
	echo vfio-pci >"$PCI/$DEVICE/driver_override"
	[[ -e $PCI/$DEVICE/driver ]] || echo "$DEVICE" >/sys/bus/pci/drivers_probe
	echo >"$PCI/$DEVICE/driver_override"
}
# As on a host where nothing is prepared: no driver, and our module not there.
nothing_prepared() {
	[[ ! -e $PCI/$DEVICE/driver ]] || echo "$DEVICE" >"$PCI/$DEVICE/driver/unbind"
	[[ ! -d $PARAMETERS ]] || rmmod "$OURS"
}
# Loaded by the user, who wants to keep his settings.
loaded_by_user() {
	nothing_prepared
	insmod "$KO" takeover=1 lazy_entries=333 kill_threshold=77
	echo $((huge + 1)) >"$HUGE"
}

# Everything that a run may change.
machine() {
	find "$PCI"/*/ -maxdepth 1 -name driver -printf '%p %l\n' | sort
	grep . "$PCI"/*/driver_override
	cut -d' ' -f1 /proc/modules | sort
	grep -s . "$PARAMETERS"/* "$HUGE" /proc/sys/vm/min_free_kbytes
	grep -s mtce_bench /sys/kernel/tracing/kprobe_events || true
	[[ ! -d $MTCE_RUN/mtce-host ]] || echo 'there is something to put back'
}
before() { machine >"$WORK/before"; }
unchanged() {
	machine >"$WORK/after"
	! diff "$WORK/before" "$WORK/after" >"$WORK/diff" || return 0
	sed 's/^/# /' "$WORK/diff"
	return 1
}

same() { [[ $2 == "$3" ]] || { echo "# $1: ${2:-nothing}, not $3"; return 1; }; } # WHAT IS SHOULD
host() { # STATUS ARGUMENT...
	local status=$1 rc=0
	shift
	timeout -k 5 120 "$HOST" "$@" </dev/null >"$WORK/out" 2>"$WORK/err" || rc=$?
	same status "$rc" "$status"
}
says() { grep -q -e "$1" "$WORK/err" || { echo "# it does not say: $1"; return 1; }; } # WORDS
