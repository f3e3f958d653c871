# SPDX-License-Identifier: GPL-2.0
# The program that is run, and its end, also of one that an earlier mtce-host has left. After state.sh.
# shellcheck shell=bash

CHILD='' CHILD_START=''
# In a session of its own, so that an interrupt reaches this script, which then ends all of it.
run_program() {
	local args=("${ARGS[@]}") rc=0
	if [[ $VERB != test ]]; then
		[[ ! -e $TOP/context.json ]] || args=(--context "$TOP/context.json" "${args[@]}")
		[[ ! $UPSTREAM_ONLY || $VERB == sweep ]] || args=(--backend upstream "${args[@]}")
		args=(--output "$OUT/$VERB.json" "${args[@]}")
	fi
	ulimit -l unlimited 2>/dev/null || true # else warn_memlock has said so
	MTCE_DEVICES="${DEVICES[*]}" MTCE_GROUPS="${GROUP_NUMBERS[*]}" MTCE_OUT=$OUT MTCE_KO=$MTCE_KO MTCE_RUN='' \
		setsid "$PROGRAM" "${args[@]}" {STATE_FD}>&- &
	CHILD=$!
	CHILD_START=$(process_start "$CHILD")
	echo "$CHILD $CHILD_START" >"$STATE/program"
	wait "$CHILD" || rc=$?
	program_end # of what it has left in the background, with the device open
	return "$rc"
}

# When a process began, by which it differs from another that got its number later.
process_start() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# A script killed outright leaves its program running.
program_find() {
	[[ ! -e $STATE/program ]] || read -r CHILD CHILD_START <"$STATE/program" || true
}

# Its session, and itself while it has not begun one yet. What has ended and waits for its parent is over.
program_processes() {
	cat /proc/[0-9]*/stat 2>/dev/null | awk -v s="$CHILD" -v start="$CHILD_START" '
		{ pid = $1; sub(/^.*\) /, "") }
		(pid == s && $20 == start || $4 == s) && $1 != "Z" { print pid }'
}

# Asked first, then made to: some need their time to put things back.
program_end() {
	local pids start=$SECONDS asked='' made=''
	[[ $CHILD ]] || return 0
	while mapfile -t pids < <(program_processes) && ((${#pids[@]})); do
		if [[ ! $asked ]]; then
			kill -TERM "${pids[@]}" 2>/dev/null || true
			asked=1
		elif ((SECONDS - start >= 10)) && [[ ! $made ]]; then
			kill -KILL "${pids[@]}" 2>/dev/null || true
			made=1
		elif ((SECONDS - start >= 60)); then
			say "processes do not end: ${pids[*]}"
			break
		fi
		sleep 0.1
	done
	CHILD=
}
