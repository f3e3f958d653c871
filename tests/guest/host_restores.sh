#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Everything is as it was after scripts/mtce-host: after a run, an interrupt, a closed pipe, kill -9.
# Functions are called by name, through check.
# shellcheck disable=SC2317
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=SCRIPTDIR/lib/host.sh
. "$HERE/lib/host.sh"

short_run() {
	before
	host 0 bench --yes --device "$DEVICE" --out "$WORK/short" -- --backend mtce --scenario 4k-one-page &&
		[[ -s $WORK/short/bench.json ]] && unchanged
}

# Whatever a run changes on the host it has said before. As hardware counts, for upstream's probe; scenarios that set each parameter,
# take huge pages and run guests. What changes is not looked up anywhere: it is seen while the run is on, hundreds of times a second.
SETTINGS=("$PARAMETERS"/* "$HUGE" /proc/sys/vm/{min_free_kbytes,overcommit_memory} /proc/sys/kernel/perf_event_paranoid)
declare -A was=() seen=()
read_settings() { # into value
	local f v
	for f in "${SETTINGS[@]}"; do
		v=-
		[[ ! -r $f ]] || read -r v <"$f" 2>/dev/null || true
		value[$f]=$v
	done
}
look_around() {
	local f
	local -A value=()
	read_settings
	for f in "${!value[@]}"; do
		# Of a module that was not there: its defaults are no change.
		[[ ${was[$f]} != - ]] || was[$f]=${value[$f]}
		[[ ${value[$f]} == - || ${value[$f]} == "${was[$f]}" ]] || seen[${f##*/}]=1
	done
	[[ ! -d /sys/kernel/tracing/events/mtce_bench ]] || seen[kprobe]=1
}
look_at_more() {
	local m
	while read -r m _; do [[ ${was[module $m]-} ]] || seen["$m"]=1; done </proc/modules
	[[ ! -s /sys/module/$OURS/taint || ${was[module $OURS]-} ]] || seen[taint]=1
	[[ ! -e $PCI/$DEVICE/driver ]] || seen["$DEVICE"]=1
	[[ $(readlink "/proc/$(program)"/fd/* 2>/dev/null) != *kvm-vm* ]] || seen[guests]=1
}
watched_run() {
	local i m scenario args=()
	local -A value=()
	while read -r m _; do was[module $m]=1; done </proc/modules
	read_settings
	for m in "${!value[@]}"; do was[$m]=${value[$m]}; done
	for scenario in 4k-one-page '4k-kill-*-8' 4k-hcall-1-lazy 16m-one-page; do args+=(--scenario "$scenario"); done
	in_front -u MTCE_MARKER -u MTCE_COUNTER "$HOST" bench --yes --device "$DEVICE" --out "$WORK/all" -- --rounds 1 "${args[@]}" \
		</dev/null >"$WORK/out" 2>"$WORK/err" &
	HOST_PID=$!
	for ((i = 0; ; i++)); do
		[[ -d /proc/$HOST_PID ]] || break
		look_around
		((i % 50)) || look_at_more
	done
	ends_with 0 && unchanged
}
# What is there for a moment only may be missed: then once more.
blind_to() {
	local thing
	for thing in takeover kill_threshold lazy_timeout_ms lazy_hcalls nr_hugepages kprobe guests taint "$OURS" "$DEVICE"; do
		[[ ${seen[$thing]-} ]] || echo "$thing"
	done
}
says_all_that_it_changes() {
	local i thing bad='' blind
	before
	for ((i = 0; i < 4; i++)); do
		watched_run || return 1
		mapfile -t blind < <(blind_to)
		((${#blind[@]})) || break
	done
	((i < 4)) || { echo "# not seen to change: ${blind[*]}"; bad=1; }
	sed '/ put all of that back/q' "$WORK/err" >"$WORK/said"
	for thing in "${!seen[@]}"; do
		grep -q -- "$thing" "$WORK/said" || { echo "# it changes $thing, and does not say so before"; bad=1; }
	done
	[[ ! $bad ]]
}

# Upstream alone, on a host where our module is nowhere, and the kernel lets nobody count or trace: a run all the same, that says what it lacks.
all_refused() {
	local rc=0
	before
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m bash -euc 'umount -l /sys/kernel/tracing; umount -l /sys/kernel/debug; mount -t tmpfs none "$1"; shift; exec "$@"' old "$HERE/../../driver" \
		env -u MTCE_MARKER -u MTCE_COUNTER "$HERE/older/older" --no-perf "$HOST" bench --yes --upstream-only --device "$DEVICE" --out "$WORK/alone" -- \
		--rounds 1 --scenario 4k-one-page --scenario 4k-range-8 </dev/null >"$WORK/out" 2>"$WORK/err" || rc=$?
	same status "$rc" 0 && unchanged || return 1
	! grep -q "$OURS\|taint\|takeover" "$WORK/err" || { echo '# it does something with our module'; return 1; }
	"$HERE/../../bench/mtce-compare" "$WORK/alone/bench.json" >"$WORK/table" || return 1
	tr -s ' \n' ' ' <"$WORK/table" >"$WORK/said"
	for words in 'uncounted instructions of 4 rows (upstream): perf_event' 'uncounted kill stores of 4 rows (upstream): tracefs' 'microseconds per call'; do
		grep -q "$words" "$WORK/said" || { echo "# the table does not say: $words"; tail -n 12 "$WORK/table" | sed 's/^/# /'; return 1; }
	done
}

# What a shell puts into the background ignores Ctrl-C; a user's mtce-host is in front.
in_front() { exec setsid env --default-signal=INT --default-signal=QUIT "$@"; }
# A run that lasts until it is ended: as hardware counts, with a probe, since nothing marks sections.
long_run() { # OUTPUT
	local i
	in_front -u MTCE_MARKER "$HOST" bench --yes --device "$DEVICE" --out "$WORK/long" -- --rounds 10 \
		</dev/null >"$1" 2>&1 &
	HOST_PID=$!
	for ((i = 0; i < 600; i++)); do
		! measuring || return 0
		[[ -d /proc/$HOST_PID ]] || break
		sleep 0.1
	done
	echo '# it did not begin to measure'
	return 1
}
program() { cut -d' ' -f1 "$MTCE_RUN/mtce-host/program" 2>/dev/null || echo none; }
measuring() { [[ $(readlink "/proc/$(program)"/fd/*) == *"/dev/vfio/$GROUP"* ]]; }
ends_with() { # STATUS
	local rc=0
	wait "$HOST_PID" || rc=$?
	HOST_PID=
	same status "$rc" "$1"
}
all_gone() { # PROGRAM: nothing of its session is left
	! cat /proc/[0-9]*/stat 2>/dev/null | sed 's/.*) //' |
		awk -v s="$1" '$4 == s && $1 != "Z" { found = 1 } END { exit !found }'
}
interrupted() { # SIGNAL STATUS
	local program
	before
	long_run "$WORK/err" || return 1
	program=$(program)
	kill -"$1" "$HOST_PID"
	ends_with "$2" && all_gone "$program" && unchanged
}
# A connection that is cut, or make bench | tee log: every word from then on meets a closed pipe.
terminal_goes() {
	local rc=0 program reader
	before
	mkfifo "$WORK/pipe"
	cat "$WORK/pipe" >"$WORK/err" &
	reader=$!
	long_run "$WORK/pipe" || return 1
	program=$(program)
	kill "$reader"
	kill -HUP "$HOST_PID"
	wait "$HOST_PID" || rc=$?
	HOST_PID=
	((rc != 0)) && all_gone "$program" && unchanged
}

# With what a bench leaves that is killed while it counts: a probe in use, huge pages, settings of the module.
killed() {
	local tracing=/sys/kernel/tracing
	before
	long_run "$WORK/err" || return 1
	left=$(program)
	kill -KILL "$HOST_PID"
	# It cannot put anything back, not even when it is asked to end.
	kill -STOP "$left"
	echo 'p:mtce_bench/tce_kill pnv_pci_ioda2_tce_invalidate npages=%gpr5:u64' >>"$tracing/kprobe_events" 2>/dev/null || true # a bench may have one
	echo 'hist:keys=common_pid:vals=npages if common_pid==1' >>"$tracing/events/mtce_bench/tce_kill/trigger" 2>/dev/null || true
	echo $((huge + 3)) >"$HUGE"
	echo 444 >"$PARAMETERS/lazy_entries"
	ends_with 137 && [[ -d /proc/$left && -d $MTCE_RUN/mtce-host ]]
}
next_run_says() { host 1 bench --yes --device "$DEVICE" && says 'run: scripts/mtce-host restore'; }
# A process that has got the number of the one that was left.
restore_spares_others() {
	local other
	sleep 60 &
	other=$!
	(
		# shellcheck disable=SC2034 # program.sh reads it
		STATE=$WORK/notes
		mkdir "$STATE"
		echo "$other 1" >"$STATE/program"
		# shellcheck source=SCRIPTDIR/../../scripts/host/program.sh
		. "$HERE/../../scripts/host/program.sh"
		program_find
		program_end
	)
	kill "$other"
}
restored() { host 0 restore && all_gone "$left" && unchanged; }
nothing_left() { host 0 restore && says 'nothing to put back'; }

host_prepare
nothing_prepared
check as_before_after_a_run short_run
check it_says_before_what_it_changes says_all_that_it_changes
if "$HERE/older/older" --no-perf true 2>/dev/null; then
	check upstream_alone_where_all_is_refused all_refused
else
	skip upstream_alone_where_all_is_refused 'this kernel filters no system calls'
fi
check as_before_after_ctrl_c interrupted INT 130
loaded_by_user
check a_users_settings_after_term interrupted TERM 143
check a_users_settings_after_the_terminal_went terminal_goes
check kill_9_leaves_notes killed
check the_next_run_says_what_to_do next_run_says
check restore_leaves_other_processes_alone restore_spares_others
check restore_puts_everything_back restored
check a_second_restore_has_nothing_to_do nothing_left
host_done
