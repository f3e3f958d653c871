# SPDX-License-Identifier: GPL-2.0
# What was there before, written down before anything changes, so that it can be put back even by a
# later run. devices: lines "BDF driver|- override|-"; modules: names loaded before; takeover: its value.
# shellcheck shell=bash

STATE=/run/mtce-host

state_lock() {
	exec {STATE_FD}>/run/mtce-host.lock
	flock -n "$STATE_FD" || die "another mtce-host is running"
}

state_claim() {
	state_lock
	[[ ! -d $STATE ]] || die "an earlier run was killed before it could put things back; run: scripts/mtce-host restore"
}

state_begin() {
	mkdir "$STATE"
	cut -d' ' -f1 /proc/modules >"$STATE/modules"
	: >"$STATE/devices"
	takeover_read >"$STATE/takeover"
}

# Goes on after a failure: the more is put back the better. Status 1 if something was not.
state_restore() {
	local rc=0 bdf driver override
	[[ -d $STATE ]] || return 0
	takeover_write "$(<"$STATE/takeover")" || rc=1
	while read -r bdf driver override; do
		device_restore "$bdf" "$driver" "$override" || rc=1
	done <"$STATE/devices"
	modules_unload "$STATE/modules" || rc=1
	if ((rc)); then
		say "not everything could be put back; see above, then run: scripts/mtce-host restore"
	else
		rm -rf "$STATE"
	fi
	return "$rc"
}
