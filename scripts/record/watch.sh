# SPDX-License-Identifier: GPL-2.0
# One recording boot: start the machine, say what it does, end it when the guest has said its last word.
# shellcheck shell=bash

BOOT_SECONDS=${RECORD_BOOT_SECONDS:-300}
# Between two words of the guest's; the longest phases take seconds on an idle machine.
PHASE_SECONDS=${RECORD_PHASE_SECONDS:-600}

record_boot() { # WORK
	# Our end of the pipe, held so that neither side waits for the other to open it.
	exec {STATUS_FD}<>"$1/status.out"
	say "booting a pseries guest (kernel $(<"$MTCE_CACHE/kernel-$KERNEL/release")) ..."
	qemu_start "$1"
	record_watch "$1"
	# QEMU writes the trace line by line, so all is there; asked to end, it also closes the disks.
	qemu_stop
	exec {STATUS_FD}>&-
}

# The guest's words: up, phase NAME, done, failed.
record_watch() { # WORK
	local line start=$SECONDS last=$SECONDS limit=$BOOT_SECONDS doing='its boot'
	while :; do
		if IFS= read -r -t 0.5 -u "$STATUS_FD" line; then
			last=$SECONDS
			limit=$PHASE_SECONDS
			case $line in
			up) say "guest is up after $((SECONDS - start)) s"; doing='its start' ;;
			phase\ *) progress "$line" $((SECONDS - start)); doing=$line ;;
			done) progress_end; return ;;
			failed) record_failed "$1" "the guest could not do its work; it was in $doing" ;;
			esac
			continue
		fi
		! grep -aq '^\[.*Kernel panic' "$1/console.log" 2>/dev/null || record_failed "$1" "the guest's kernel died in $doing"
		qemu_alive || record_failed "$1" "QEMU ended before the guest was done; it was in $doing"
		# QEMU would stop the guest where a disk of its own cannot be written, and lose lines of the trace.
		free_mib "$1" 64 || record_failed "$1" "the recording was ended in $doing"
		((SECONDS - last < limit)) || record_failed "$1" "the guest did not get through $doing within $limit s"
	done
}

# On a terminal one line that changes.
progress() { # TEXT SECONDS
	if [[ -t 2 ]]; then printf '\r\033[K%s: %3d s  %s' "$PROG" "$2" "$1" >&2; else say "$2 s: $1"; fi
}
progress_end() { [[ ! -t 2 ]] || printf '\r\033[K' >&2; }

# What the user needs to see why; then the rest of it is thrown away.
record_failed() { # WORK SENTENCE
	local f
	progress_end
	need_free "$1" "$2"
	for f in qemu.err output.log console.log; do
		[[ -s $1/$f ]] || continue
		echo "--- the end of $f" >&2
		tail -n 12 "$1/$f" | tr -d '\r' >&2
	done
	die "$2"
}

free_mib() { # DIR MIB: whether so many are left
	(($(df --output=avail -m "$1" | tail -n 1) >= $2))
}

need_free() { # DIR SENTENCE: what a full disk made fail is said to be that
	free_mib "$1" 64 || die "$2: the disk of $1 is full; free some, or set MTCE_CACHE to another"
}
