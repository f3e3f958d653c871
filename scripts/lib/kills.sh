# Counting TCE-kill stores from outside: QEMU traces every MMIO store into a pipe, a filter keeps two
# kinds. No driver can fool this. Programs in the guest mark sections by storing htobe32(N) at offset 4 of
# the marker device (MTCE_MARKER is its resource0): N > 0 begins section N, 0 ends it.
# shellcheck shell=bash

KILLS_PID=
kills_start() { # WORK
	mkfifo "$1/trace"
	# A kill is a store to offset 0x210 of a PHB's registers; with PPC bit 1 set it kills a whole PE.
	# Edu devices cannot be told apart here, so keep each one's address.
	awk '
		$NF == "\047phb3-regs\047" && $6 ~ /210$/ {
			kills++
			if (length($8) == 18 && $8 ~ /^0x[4-7c-f]/) pe++
		}
		$NF == "\047edu-mmio\047" && $6 ~ /00004$/ {
			print $6, $8, kills + 0, pe + 0
			kills = pe = 0
		}
		END { print "end", 0, kills + 0, pe + 0 }
	' <"$1/trace" >"$1/events" {RUN_LOCK_FD}>&- {STATUS_FD}>&- &
	KILLS_PID=$!
}

# Sums per section, a section may come more than once; section 0 is everything outside.
kills_finish() { # WORK TSV
	[[ -e $1/events ]] || return 0
	wait "$KILLS_PID" || say "the kill-store filter failed, kills.tsv is not complete"
	awk -v marker="${MARKER:-none}" '
		function number(hex,   i, n) {
			for (i = 3; i <= length(hex); i++) n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
			return n
		}
		BEGIN {
			OFS = "\t"
			# 0x00003fe140000000 in sysfs, 0x3fe140000004 in the trace
			sub(/^0x0*/, "", marker)
			here = "0x" substr(marker, 1, length(marker) - 1) "4"
			section = 0
		}
		{
			kills[section] += $3
			pe[section] += $4
			if ($1 == here) section = number($2)
		}
		END { for (s in kills) print s, kills[s], pe[s] }
	' "$1/events" | sort -n >"$2"
}
