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
