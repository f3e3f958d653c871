# SPDX-License-Identifier: GPL-2.0
# One boot: start the machine, watch it, bring the exit status back.
# shellcheck shell=bash disable=SC2034 # shares variables with qemu.sh and kills.sh

run_prepare() {
	need_parts "$KERNEL"
	have qemu-system-ppc64 || die "qemu-system-ppc64 is not installed; run: scripts/lab setup"
	run_out_folder
	mkdir -p "$OUT" || die "cannot make $OUT"
	OUT=$(cd "$OUT" && pwd)
	need_space "$OUT" 200
	rm -f "$OUT"/{console,kernel,output}.log "$OUT/kills.tsv"
	run_lock
	WORK=$MTCE_CACHE/run/$$
	mkdir -p "$WORK"
	at_exit "rm -rf $(printf %q "$WORK")"
	mkfifo "$WORK"/{status,output}.{in,out}
	qemu_disk "$WORK"
	qemu_initrd "$WORK"
	qemu_share "$WORK"
	qemu_args "$WORK" "$OUT"
}

# Whoever measures is alone. What others left behind is there only when nobody else is.
run_lock() {
	local how=--exclusive
	[[ ! $BESIDE ]] || how=--shared
	exec {RUN_LOCK_FD}>"$MTCE_CACHE/run.lock"
	flock -n $how "$RUN_LOCK_FD" || {
		say "another lab is running, waiting"
		flock $how "$RUN_LOCK_FD"
	}
	[[ $BESIDE ]] || rm -rf "$MTCE_CACHE/run"
	rm -rf "$MTCE_CACHE/run/$$"
}

# Without --out: a folder under build/out; the newest ten stay.
run_out_folder() {
	local old
	[[ ! $OUT ]] || return 0
	OUT=$TOP/build/out/$(date -u +%Y%m%dT%H%M%SZ)-$$
	mkdir -p "$TOP/build/out"
	find "$TOP/build/out" -mindepth 1 -maxdepth 1 -type d | sort -r | tail -n +10 | while IFS= read -r old; do rm -rf "$old"; done
}

run_command() { # runs COMMAND
	local rc=0
	run_prepare
	run_attempts || rc=$?
	[[ ! $COUNT_KILLS ]] || kills_finish "$WORK" "$OUT/kills.tsv"
	klog_report "$OUT" || ((rc)) || [[ ! $CHECK_LOG ]] || rc=$EXIT_LOG
	((rc == 0)) || say "status $rc; logs are in $OUT"
	exit "$rc"
}

run_shell() {
	local rc=0
	[[ -t 0 && -t 1 ]] || usage_error "shell needs a terminal; use: lab run -- COMMAND"
	run_prepare
	at_exit "stty $(stty -g) </dev/tty"
	TIMEOUT=999999999
	say "exit leaves the shell; logs and /out are in $OUT"
	run_attempts || rc=$?
	exit "$rc"
}

# Under emulation the firmware sometimes loses a wake-up while its CPUs train the PCI links in parallel,
# and sleeps for ever. Nothing of the user's has run by then, so start again.
FIRMWARE_STUCK=255
FIRMWARE_SECONDS=60
run_attempts() {
	local rc i
	# Our end of the pipe, held so that neither side waits for the other to open it.
	exec {STATUS_FD}<>"$WORK/status.out"
	at_exit qemu_stop
	for i in 1 2 3 4; do
		rc=0
		run_once || rc=$?
		((rc == FIRMWARE_STUCK)) || return "$rc"
		say "the emulated firmware is stuck; starting the machine again"
		# On a very slow machine this may be wrong: the last attempt has all the time there is.
		((i < 3)) || FIRMWARE_SECONDS=$BOOT_TIMEOUT
	done
	return "$EXIT_LAB"
}

run_once() {
	local rc=0 pump=
	: >"$OUT/console.log"
	if [[ $VERB != shell ]]; then
		# The lock goes first: opening a pipe waits for the other end.
		tee "$OUT/output.log" {RUN_LOCK_FD}>&- {STATUS_FD}>&- <"$WORK/output.out" &
		pump=$!
	fi
	[[ ! $COUNT_KILLS ]] || kills_start "$WORK"
	qemu_start "$WORK"
	watch_guest || rc=$?
	qemu_stop
	[[ ! $pump ]] || wait "$pump" || true
	return "$rc"
}

firmware_stuck() { # SECONDS since the start
	# While it waits for one of its CPUs it says so every half minute.
	((FIRMWARE_SECONDS < BOOT_TIMEOUT)) || return 1
	(($1 >= FIRMWARE_SECONDS)) || grep -aq '\.cpu_wait_job' "$OUT/console.log"
}

# For --grace: the guest is told, and the next one ends all of it.
INTERRUPTED=
pass_interrupt_on() {
	INTERRUPTED=$SECONDS
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
	say "interrupted; the command may end by itself, for $GRACE s at most (interrupt once more to end at once)"
	echo interrupt >"$WORK/status.in"
}

# Reads the status channel until the command is over; returns its status or one of the lab's own.
watch_guest() {
	local line part='' stage=firmware start=$SECONDS up='' rc
	say "booting an emulated POWER$(machine_of "$KERNEL" | tr -dc 0-9) (kernel $(<"$MTCE_CACHE/kernel-$KERNEL/release")): firmware ..."
	while :; do
		# On a busy machine the time may be over in the middle of a line.
		line=''
		if IFS= read -r -t 0.5 -u "$STATUS_FD" line; then
			line=$part$line part=''
			case $line in
			up)
				up=$SECONDS
				say "guest is up after $((up - start)) s"
				[[ ! $GRACE ]] || trap pass_interrupt_on INT TERM HUP
				continue
				;;
			'exit '*)
				rc=${line#exit }
				return "$rc"
				;;
			esac
		else
			part+=$line
		fi
		if grep -aq '^\[.*Kernel panic' "$OUT/console.log"; then
			sleep 2 # let it finish its words
			say "the guest's kernel panicked: $(grep -am1 -o 'Kernel panic.*' "$OUT/console.log"); see $OUT/console.log"
			return "$EXIT_PANIC"
		fi
		qemu_alive || {
			guest_is_gone
			return
		}
		if [[ $up ]]; then
			[[ ! $INTERRUPTED ]] || ((SECONDS - INTERRUPTED < GRACE)) || {
				say "the command did not end within $GRACE s after it was interrupted"
				return 130
			}
			((SECONDS - up < TIMEOUT)) || {
				say "the command did not end within $TIMEOUT s (--timeout); see $OUT/console.log"
				return "$EXIT_TIMEOUT"
			}
		else
			boot_progress
			[[ $stage != firmware ]] || ! firmware_stuck $((SECONDS - start)) || return "$FIRMWARE_STUCK"
			((SECONDS - start < BOOT_TIMEOUT)) || {
				say "the guest was not up within $BOOT_TIMEOUT s (--boot-timeout), it got as far as: $stage; see $OUT/console.log"
				return "$EXIT_TIMEOUT"
			}
		fi
	done
}

# Uses watch_guest's stage and start.
boot_progress() {
	local now=$stage
	case $stage in
	firmware) ! grep -aq 'Linux version' "$OUT/console.log" || now=kernel ;;
	kernel) ! grep -aq 'Run /init' "$OUT/console.log" || now='user space' ;;
	esac
	[[ $now == "$stage" ]] || say "  $now after $((SECONDS - start)) s ..."
	stage=$now
}

# QEMU ended and no status came.
guest_is_gone() {
	local rc=0
	wait "$QEMU_PID" || rc=$?
	QEMU_PID=
	if ((rc)); then
		tail -n 5 "$WORK/qemu.err" >&2
		say "QEMU ended with status $rc; see $OUT/console.log"
		return "$EXIT_LAB"
	fi
	say "the guest switched itself off or restarted before the command was over; see $OUT/console.log"
	return "$EXIT_PANIC"
}
