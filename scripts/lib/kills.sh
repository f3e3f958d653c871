# SPDX-License-Identifier: GPL-2.0
# Counting TCE-kill stores from outside: QEMU traces every MMIO store into a pipe, a filter keeps two
# kinds. No driver can fool this. Programs in the guest mark sections by storing htobe32(N) at offset 4 of
# the marker device (MTCE_MARKER is its resource0): N > 0 begins section N, 0 ends it.
# shellcheck shell=bash

KILLS_PID=
kills_start() { # WORK
	[[ -p $1/trace ]] || mkfifo "$1/trace"
	# A kill is a store to offset 0x210 of a PHB's registers; with PPC bit 1 set it kills a whole PE.
	# Addresses are the bus's, and edu devices on different buses have the same: $5 tells them apart.
	awk '
		$NF == "\047phb3-regs\047" && $7 ~ /210$/ {
			kills++
			if (length($9) == 18 && $9 ~ /^0x[4-7c-f]/) pe++
		}
		$NF == "\047edu-mmio\047" && $7 ~ /00004$/ {
			print $5, $9, kills + 0, pe + 0
			kills = pe = 0
		}
		END { print "end", 0, kills + 0, pe + 0 }
	' {RUN_LOCK_FD}>&- {STATUS_FD}>&- <"$1/trace" >"$1/events" &
	KILLS_PID=$!
}

# Sums per section, a section may come more than once; section 0 is everything outside.
kills_finish() { # WORK TSV
	[[ -e $1/events ]] || return 0
	wait "$KILLS_PID" || say "the kill-store filter failed, kills.tsv is not complete"
	awk '
		function number(hex,   i, n) {
			for (i = 3; i <= length(hex); i++) n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
			return n
		}
		BEGIN {
			OFS = "\t"
			section = 0
		}
		# The guest stores this once, at the start, to show which edu is the marker ("MTTM", the same in
		# both byte orders).
		!marker && $2 == "0x4d54544d" { marker = $1 }
		{
			kills[section] += $3
			pe[section] += $4
			if ($1 == marker) section = $2 == "0x4d54544d" ? 0 : number($2)
		}
		END { for (s in kills) print s, kills[s], pe[s] }
	' "$1/events" | sort -n >"$2"
}
