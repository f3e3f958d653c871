#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Loading and unloading: refused while in use, clean afterwards, and upstream's module works beside ours.
# Functions are called by name, through check.
# shellcheck disable=SC2317,SC2030,SC2031
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
KO=${MTCE_KO:-$HERE/../../driver/vfio_iommu_mtce.ko}
OURS=vfio_iommu_mtce
UPSTREAM=vfio_iommu_spapr_tce
PARAMETERS=/sys/module/$OURS/parameters
BACKEND=${MTCE_BACKEND:-mtce}

skip_all() { echo 'TAP version 13'; echo "1..0 # SKIP $*"; exit 4; }
[[ $BACKEND != upstream ]] || skip_all 'this is about our module'
[[ -d $PARAMETERS ]] || skip_all "$OURS is not loaded"
[[ -e $KO ]] || skip_all "there is no $KO to load again"
[[ -d /sys/module/$UPSTREAM ]] || skip_all "$UPSTREAM is not loaded"

number=0 failed=0
check() { # NAME COMMAND...
	local name=$1
	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number $name"
	else
		echo "not ok $number $name"
		failed=1
	fi
}

declare -A parameter
for p in direct kill_threshold takeover; do
	[[ ! -r $PARAMETERS/$p ]] || parameter[$p]=$(<"$PARAMETERS/$p")
done
load() {
	local p args=()
	for p in "${!parameter[@]}"; do args+=("$p=${parameter[$p]}"); done
	insmod "$KO" "${args[@]}"
}
loaded() { [[ -d /sys/module/$1 ]]; }
refused() { ! rmmod "$OURS" 2>/dev/null && loaded "$OURS"; }
unloads() { rmmod "$OURS" && ! loaded "$OURS"; }
settled_pins() {
	cat /proc/sys/vm/stat_refresh
	awk '/nr_foll_pin_acquired/ { n += $2 } /nr_foll_pin_released/ { n -= $2 } END { print n }' /proc/vmstat
}
pins_are() {
	local i
	for ((i = 0; i < 50; i++)); do
		[[ $(settled_pins) != "$1" ]] || return 0
		sleep 0.1
	done
	echo "# $(($(settled_pins) - $1)) pages are still pinned"
	return 1
}

# A user with live entries in two windows, in the background until told to go.
hold() { # BACKEND [GROUP DEVICE]
	local line=
	coproc HOLDER {
		export MTCE_BACKEND=$1
		[[ ! ${2-} ]] || export MTCE_GROUPS=$2 MTCE_DEVICES=$3
		exec "$HERE/teardown" --hold
	}
	HOLDER_PIDS+=("$HOLDER_PID")
	read -r -t 30 line <&"${HOLDER[0]}" || true
	[[ $line == ready ]]
}
HOLDER_PIDS=()
shoot() {
	local pid
	for pid in "${HOLDER_PIDS[@]}"; do
		kill -9 "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	HOLDER_PIDS=()
}
works() { # BACKEND: a container fills and closes
	MTCE_BACKEND=$1 "$HERE/teardown" --hold </dev/null >/dev/null
}
both_at_once() {
	local groups devices
	read -ra groups <<<"$MTCE_GROUPS"
	read -ra devices <<<"$MTCE_DEVICES"
	# A second coproc of the same name would close the first one's pipes: this one is a plain process.
	MTCE_BACKEND=upstream MTCE_GROUPS=${groups[1]} MTCE_DEVICES=${devices[1]} \
		"$HERE/teardown" --hold < <(sleep 3) >/dev/null &
	local other=$!
	sleep 0.5
	works mtce && works mtce && wait "$other"
}
restore() {
	shoot
	loaded "$UPSTREAM" || modprobe "$UPSTREAM"
	loaded "$OURS" || load
}
trap restore EXIT

read -ra groups <<<"${MTCE_GROUPS-}"
echo 'TAP version 13'
pins=$(settled_pins)
check a_user_holds_the_module hold "$BACKEND"
check rmmod_is_refused_while_in_use refused
shoot
check nothing_is_pinned_after_kill_9 pins_are "$pins"
check rmmod_after_the_last_user unloads
check upstream_works_without_ours works upstream
check load_again load
check works_after_loading_again works "$BACKEND"
check upstream_works_beside_ours works upstream
if ((${#groups[@]} > 1)); then
	check both_modules_in_use_at_once both_at_once
fi
check upstream_unloads_beside_ours rmmod "$UPSTREAM"
check ours_works_without_upstream works "$BACKEND"
check upstream_loads_beside_ours modprobe "$UPSTREAM"
# Whoever is loaded last is asked first: ours again.
unloads && load
cycles() {
	local i
	for ((i = 0; i < 10; i++)); do
		unloads && load && works "$BACKEND" || return 1
	done
}
check loads_and_unloads_many_times cycles
check nothing_is_pinned_in_the_end pins_are "$pins"
echo "1..$number"
exit "$failed"
