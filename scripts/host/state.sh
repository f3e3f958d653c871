# SPDX-License-Identifier: GPL-2.0
# What was there before, written down before anything changes, so that it can be put back even by a
# later run. devices: lines "BDF driver|- override|-"; modules: names loaded before; settings: lines "FILE VALUE".
# program: its process and the time at which that began.
# shellcheck shell=bash

# Tests run a second mtce-host inside the first.
RUN=${MTCE_RUN:-/run}
STATE=$RUN/mtce-host

state_lock() {
	exec {STATE_FD}>"$RUN/mtce-host.lock"
	flock -n "$STATE_FD" || die "another mtce-host is running"
}

state_claim() {
	state_lock
	[[ ! -d $STATE ]] || die "an earlier run was killed before it could put things back; run: scripts/mtce-host restore"
}

# Complete or not there, whenever this is killed.
state_begin() {
	local new=$STATE.new
	rm -rf "$new"
	mkdir "$new"
	cut -d' ' -f1 /proc/modules >"$new/modules"
	: >"$new/devices"
	settings_read >"$new/settings"
	mv "$new" "$STATE"
}

# What programs of ours change while they run, and put back unless they are killed.
settings_read() {
	local file
	for file in "$SYS"/module/vfio_iommu_mtce/parameters/* "$SYS"/kernel/mm/hugepages/hugepages-16384kB/nr_hugepages \
		"$PROC/sys/vm/min_free_kbytes"; do
		[[ ! -w $file ]] || echo "$file $(<"$file")"
	done
}

settings_restore() { # FILE: with lines "FILE VALUE"
	local file value rc=0
	while read -r file value; do
		# Of a module that was removed since.
		[[ -e $file && $(<"$file") != "$value" ]] || continue
		{ echo "$value" >"$file"; } 2>/dev/null || true
		[[ $(<"$file") == "$value" ]] || {
			say "$file could not be put back to $value"
			rc=1
		}
	done <"$1"
	return "$rc"
}

# mtce-bench counts upstream's kills by a probe; a bench that is killed leaves it.
probe_restore() {
	local tracing=$SYS/kernel/tracing event trigger
	[[ -e $tracing/kprobe_events ]] || tracing=$SYS/kernel/debug/tracing
	event=$tracing/events/mtce_bench/tce_kill
	[[ -d $event ]] || return 0
	grep -v '^#' "$event/trigger" | sed 's/ \[[a-z]*\]$//' | while read -r trigger; do
		{ echo "!$trigger" >>"$event/trigger"; } 2>/dev/null || true
	done
	{ echo '-:mtce_bench/tce_kill' >>"$tracing/kprobe_events"; } 2>/dev/null && return
	say "the probe mtce_bench/tce_kill could not be removed"
	return 1
}

# Goes on after a failure: the more is put back the better. Status 1 if something was not.
state_restore() {
	local rc=0 bdf driver override
	[[ -d $STATE ]] || return 0
	settings_restore "$STATE/settings" || rc=1
	probe_restore || rc=1
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
