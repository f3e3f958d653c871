#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# KVM may hold a table when its container has gone: then our module stays, for the table's operations are its own.
# Functions are called by name, through check.
# shellcheck disable=SC2317
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
KO=${MTCE_KO:-$HERE/../../driver/vfio_iommu_mtce.ko}
OURS=vfio_iommu_mtce
PARAMETERS=/sys/module/$OURS/parameters
export MTCE_BACKEND=${MTCE_BACKEND:-mtce}

skip_all() { echo 'TAP version 13'; echo "1..0 # SKIP $*"; exit 4; }
[[ $MTCE_BACKEND != upstream ]] || skip_all 'this is about our module'
[[ -c /dev/kvm ]] || skip_all 'there is no /dev/kvm (modprobe kvm-hv)'
[[ -d $PARAMETERS ]] || skip_all "$OURS is not loaded"
[[ -e $KO ]] || skip_all "there is no $KO to load again"

declare -A parameter
for p in "$PARAMETERS"/*; do parameter[${p##*/}]=$(<"$p"); done

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

loaded() { [[ -d /sys/module/$OURS ]]; }
load() {
	local p args=()
	for p in "${!parameter[@]}"; do args+=("$p=${parameter[$p]}"); done
	loaded || insmod "$KO" "${args[@]}"
}
# In the background until told to go.
hold() {
	local line=
	coproc HOLDER { exec "$HERE/kvm_teardown" --hold; }
	PID=$HOLDER_PID
	read -r -t 60 line <&"${HOLDER[0]}" || true
	[[ $line == ready ]]
}
PID=
# The guest makes some more hypercalls when its input ends, then it leaves.
let_go() {
	local fd=${HOLDER[1]-} rc=0
	[[ $fd ]] || return 1
	exec {fd}>&-
	wait "$PID" || rc=$?
	PID=
	return "$rc"
}
restore() {
	[[ ! $PID ]] || kill -9 "$PID" 2>/dev/null || true
	load
}
trap restore EXIT

refused() { ! rmmod "$OURS" 2>/dev/null && loaded; }
# KVM leaves its last reference to RCU.
unloads() {
	local i
	for ((i = 0; i < 50; i++)); do
		! rmmod "$OURS" 2>/dev/null || return 0
		sleep 0.1
	done
	echo "# references and users: $(awk -v m="$OURS" '$1 == m { print $3, $4 }' /proc/modules)"
	return 1
}

echo 'TAP version 13'
check kvm_holds_a_table_without_a_container hold
check rmmod_is_refused_while_kvm_holds_a_table refused
check the_guest_goes_on_and_leaves let_go
check rmmod_after_kvm_let_go unloads
check load_again load
echo "1..$number"
exit "$failed"
