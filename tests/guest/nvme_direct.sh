#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# examples/nvme-direct reads the right data in every way, and pays for it what it should. The disk must have the lab's pattern.
# Functions are called by name, through check.
# shellcheck disable=SC2317
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PROGRAM=$HERE/../../examples/nvme-direct/nvme-direct
PARAMETERS=/sys/module/vfio_iommu_mtce/parameters
BACKEND=${MTCE_BACKEND:-mtce}
WAYS=(call batch list lazy once)

skip_all() { echo 'TAP version 13'; echo "1..0 # SKIP $*"; exit 4; }

# The first device of this class in the groups of the test.
device_of_class() { # CLASS
	local group dev
	for group in ${MTCE_GROUPS-}; do
		for dev in /sys/kernel/iommu_groups/"$group"/devices/*; do
			[[ $(<"$dev/class") != "$1" ]] || { echo "${dev##*/}"; return; }
		done
	done
}
[[ -x $PROGRAM ]] || skip_all "there is no $PROGRAM"
command -v jq >/dev/null || skip_all 'jq is not installed'
NVME=$(device_of_class 0x010802)
[[ $NVME ]] || skip_all 'no NVMe disk is bound to vfio-pci'
[[ ${MTCE_LAB-} ]] || skip_all 'only the lab has a disk with the pattern'
# The container's type, and what answers for it.
OPTIONS=(--pattern)
case $BACKEND in
upstream) OPTIONS+=(--v2) KIND='v2 without mtce' ;;
mtce-takeover) OPTIONS+=(--v2) KIND='mtce, taken over' ;;
mtce) KIND=mtce ;;
esac
[[ -d $PARAMETERS || $BACKEND == upstream ]] || skip_all 'vfio_iommu_mtce is not loaded'

WORK=$(mktemp -d)
timeout_was=
finish() {
	rm -rf "$WORK"
	[[ ! $timeout_was ]] || echo "$timeout_was" >"$PARAMETERS/lazy_timeout_ms"
}
trap finish EXIT
if [[ -d $PARAMETERS ]]; then
	if [[ $BACKEND == mtce-takeover ]]; then echo 1; else echo 0; fi >"$PARAMETERS/takeover"
	# An emulated machine takes longer for a round than the driver waits.
	timeout_was=$(<"$PARAMETERS/lazy_timeout_ms")
	echo 60000 >"$PARAMETERS/lazy_timeout_ms"
fi
number=0 failed=0
check() { # NAME COMMAND...
	local name=$1 word=ok
	shift
	"$@" || { word='not ok'; failed=1; }
	number=$((number + 1))
	echo "$word $number $name"
}

run() { # OPTION...: leaves $WORK/json
	"$PROGRAM" "${OPTIONS[@]}" "$@" --json "$WORK/json" "$NVME" >"$WORK/out" 2>&1 && return
	sed 's/^/# /' "$WORK/out"
	return 1
}
value() { jq -r "select(.way == \"$1\") | .$2" "$WORK/json"; } # WAY FIELD
is() { # WHAT GOT WANTED
	[[ $2 == "$3" ]] || { echo "# $1 is $2, not $3"; return 1; }
}

# Each byte of it is looked at, by where it is on the disk.
right_data() { # "WAY..." OPTION...
	local way ways options=()
	read -ra ways <<<"$1"
	shift
	for way in "${ways[@]}"; do options+=(--way "$way"); done
	run "${options[@]}" "$@" || return 1
	is ways "$(jq -r .way "$WORK/json" | xargs)" "${ways[*]}" || return 1
	for way in "${ways[@]}"; do
		is "wrong reads, $way" "$(value "$way" wrong_reads)" 0 && is "reads, $way" "$(value "$way" 'reads > 0')" true || return 1
	done
}
back_end_is_the_one() {
	is 'back end of batch' "$(value batch back_end)" "$KIND" || return 1
	# Where mtce has not taken over, v2's calls are upstream's.
	is 'back end of call' "$(value call back_end)" 'v2 without mtce'
}
# 8 reads of 16 KiB at a time: 32 pages in and 32 pages out.
calls_of_each_way() {
	local batch=8 list=4.125 lazy=8
	[[ $BACKEND == upstream ]] || batch=0.25 list=0.25 lazy=0.25
	is call "$(value call calls_per_read)" 8 && is batch "$(value batch calls_per_read)" "$batch" &&
		is list "$(value list calls_per_read)" "$list" || return 1
	# A flush in the end comes on top, and mapping once is two calls in all.
	is lazy "$(value lazy "calls_per_read | . >= $lazy and . < $lazy + 0.1")" true &&
		is once "$(value once 'calls_per_read < 0.1')" true
}
less() { # WAY OTHER FIELD TIMES: so many times less
	jq -se "(map({(.way): (.$3)}) | add) as \$v | \$v[\"$1\"] * $4 < \$v[\"$2\"]" "$WORK/json" >/dev/null && return
	echo "# $3: $1 $(value "$1" "$3"), $2 $(value "$2" "$3")"
	return 1
}
batches_are_cheaper() {
	[[ $(value call instructions_per_read) != null ]] || { echo '# instructions are not counted here'; return 0; }
	less batch call instructions_per_read 3 && less list call instructions_per_read 3 && less lazy call instructions_per_read 3 &&
		less once batch instructions_per_read 3
}
# Of the driver's counter: a batch of maps is one kill and a batch of unmaps is, lazy unmaps of many rounds share one, and
# what is mapped once has none in between.
KILLS='map.kill_counter + .unmap.kill_counter'
kills_are_fewer() {
	local reads
	reads=$(value batch reads)
	is 'kills of batch' "$(value batch "$KILLS | . >= $reads / 8 and . <= $reads / 8 * 2")" true &&
		less lazy batch unmap.kill_counter 3 && less once lazy "$KILLS" 3
}

fails() { # STATUS WORDS ARGUMENT...
	local rc=0
	local status=$1 words=$2
	shift 2
	"$PROGRAM" "$@" >"$WORK/out" 2>&1 || rc=$?
	((rc == status)) && grep -qF -- "$words" "$WORK/out" && return
	echo "# $*: status $rc"
	sed 's/^/# /' "$WORK/out"
	return 1
}
mistakes_are_explained() {
	local other
	other=$(device_of_class 0x00ff00)
	fails 2 'which device' && fails 2 "no way is called 'fast'" --way fast "$NVME" && fails 2 'multiple of 4096' --block 5000 "$NVME" &&
		fails 2 'from 1 to 256' --depth 257 "$NVME" && fails 1 'there is no PCI device ffff:00:00.0' ffff:00:00.0 &&
		fails 1 'reads 524288 bytes at a time at most' --block 1048576 "$NVME" || return 1
	[[ ! $other ]] || fails 1 'is no NVMe controller' "$other"
}
another_program_has_it() {
	local group
	group=$(basename "$(readlink "/sys/bus/pci/devices/$NVME/iommu_group")")
	{ fails 1 'is used by another program' "$NVME"; } 9<>"/dev/vfio/$group"
}

echo 'TAP version 13'
check right_data_in_every_way right_data "${WAYS[*]}" --depth 8 --block 16384 --reads 128 --passes 3
sed 's/^/# /' "$WORK/out"
if [[ $BACKEND == mtce-takeover ]]; then
	# Here the ways of v2's calls are on mtce as well, which only counts them.
	check back_end_is_the_one is 'back end' "$(value batch back_end)" "$KIND"
else
	check back_end_is_the_one back_end_is_the_one
fi
check calls_of_each_way calls_of_each_way
if [[ $BACKEND == upstream ]]; then
	echo "ok $((number += 1)) batches_are_cheaper # SKIP upstream has none"
	echo "ok $((number += 1)) kills_are_fewer # SKIP upstream counts none"
else
	check batches_are_cheaper batches_are_cheaper
	check kills_are_fewer kills_are_fewer
fi
# Opening a device takes a second.
check one_page_at_a_time right_data 'call list' --depth 1 --block 4096 --reads 16 --passes 1
check two_pages right_data 'batch once' --depth 3 --block 8192 --reads 12 --passes 1
check large_reads right_data 'batch list' --depth 2 --block 524288 --reads 4 --passes 1
check deep_queue right_data 'list lazy' --depth 256 --block 4096 --reads 512 --passes 1
check mistakes_are_explained mistakes_are_explained
check another_program_has_it another_program_has_it
echo "1..$number"
exit "$failed"
