#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Whatever becomes of a tool, or of what it watches, the driver works on, nothing stays attached, and it can be unloaded.
# A tool that cannot keep up: watch_snoop.sh, loss_is_counted. Functions are called by name, through check.
# shellcheck disable=SC2317
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=SCRIPTDIR/lib/watch.sh
. "$HERE/lib/watch.sh"
watch_needs mtcesnoop

TOOL_NAMES=(mtcesnoop mtcestat mtcelat)
references() { cat "/sys/module/$MODULE/refcnt"; }
BEFORE=$(references)

# BPF programs and links go some time after their owner: when RCU says so.
nothing_is_attached() {
	local i
	for ((i = 0; i < 100; i++)); do
		[[ $(references) != "$BEFORE" ]] || return 0
		sleep 0.1
	done
	echo "# the module has $(references) references, and had $BEFORE"
	return 1
}
works() { load_start --maps 101 --unmaps 89 --updates 7 --ops 5 && load_go && same errors "${did[errors]}" 0; }
kill_tool() {
	forget "${TOOL_PID[@]}"
	TOOL_PID=()
}

# The module stays as long as the tool does, and no longer.
killed() { # OPTION
	tools_start it "$1" && works || return 1
	! rmmod "$MODULE" 2>"$WORK/rmmod" || { echo '# the module was unloaded under the tool'; return 1; }
	grep -q 'in use' "$WORK/rmmod" || { sed 's/^/# /' "$WORK/rmmod"; return 1; }
	kill_tool
	nothing_is_attached
}
# In the middle of a load, which must not notice.
killed_at_work() {
	local name value
	local output
	load_start --maps 10007 --unmaps 10007 && tools_start it '' || return 1
	exec {output}<&"${LOADER[0]}"	# bash forgets the array when the load has ended
	echo go >&"$LOAD_INPUT"
	sleep 0.3
	kill_tool
	did=()
	while read -r -t 60 name value; do did[$name]=$value; done <&"$output"
	exec {output}<&-
	load_close && same maps "${did[maps]}" 10007 && same errors "${did[errors]}" 0 && nothing_is_attached
}
load_is_killed() {
	load_start --maps 100003 && tools_start it '' || return 1
	echo go >&"$LOAD_INPUT"
	sleep 0.3
	forget "$LOAD_PID"
	LOAD_PID=
	tools_end && nothing_is_attached && works
}

# Other tools than the one that watch.sh starts.
all_at_once() {
	local name
	load_start --maps 101 --unmaps 89 || return 1
	TOOL_PID=()
	for name in "${TOOL_NAMES[@]}"; do
		tool_start "$name" "$name"
	done
	tools_attached && load_go && same errors "${did[errors]}" 0 && tools_end && nothing_is_attached
}

# Off as before: a tracepoint that nobody listens to is not enabled.
nobody_listens() {
	local event
	for event in call_begin call_end kill queue flush lock_wait; do
		same "$event enabled" "$(<"/sys/kernel/tracing/events/mtce/mtce_$event/enable")" 0 || return 1
	done
}

echo 'TAP version 13'
for name in "${TOOL_NAMES[@]}"; do
	TOOL=$TOOLS/$name
	for way in "${!WAY[@]}"; do
		check "${name}_holds_the_module_and_may_be_killed_$way" killed "${WAY[$way]}"
	done
	check "${name}_may_be_killed_at_work" killed_at_work
	check "what_${name}_watches_may_be_killed" load_is_killed
done
check all_tools_at_once all_at_once
check nobody_listens_in_the_end nobody_listens
watch_done
