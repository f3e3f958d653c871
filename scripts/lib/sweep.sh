# SPDX-License-Identifier: GPL-2.0
# What a sweep looks like: a table, and a picture where matplotlib is.
# After result.sh.
# shellcheck shell=bash

# sweep_default NAME JSON: the parameter as the driver had it, if the sweep has that value, else the middle one.
sweep_default() {
	local field=$1
	jq -r --arg p "$field" '
		(.context.mtce_parameters[$p] // "" | tonumber? // -1) as $d
		| ([.points[] | .[$p] | values] | unique) as $all
		| if ($all | index($d)) then $d else $all[$all | length / 2 | floor] end' "$2"
}

sweep_about() { # JSON: one line each: what, where, caution
	jq -r '.context
		| "lazy unmaps, \(.date | .[:10]), commit \(.mtce_commit // "unknown" | .[:10])\(if .mtce_dirty then " with local changes" else "" end)",
		"kernel \(.kernel), \(.page_size)-byte pages, \(.machine.cpu // "unknown CPU" | sub(",.*"; "")) \(.machine.model // "")",
		(if .emulated then "emulated: instructions and stores are counted, but what depends on time (timeouts, what is held) is not a POWER8'"'"'s"
		 else "instructions of the thread that unmaps; kills by the driver'"'"'s counters" end)' "$1"
}

# Everything at the driver's kill_threshold, then every threshold at its other defaults.
sweep_table() { # JSON TSV
	local entries timeout threshold
	entries=$(sweep_default lazy_entries "$1")
	timeout=$(sweep_default lazy_timeout_ms "$1")
	threshold=$(sweep_default kill_threshold "$1")
	sweep_about "$1" | fold -s -w 79
	jq -r '.works | to_entries[] | "\(.key): \(.value)"' "$1" | fold -s -w 79
	awk -F '\t' -v threshold="$threshold" -v entries="$entries" -v timeout="$timeout" '
		function heading(what) {
			printf "\n%s\n%-7s %7s %4s %6s %6s %7s %7s %7s %7s %6s %6s\n", what,
				"work", "entries", "ms", "thresh", "instr", "kills", "TCEs/", "held", "held", "full", "time-"
			printf "%-7s %7s %4s %6s %6s %7s %7s %7s %7s %6s %6s\n",
				"", "", "", "", "/unmap", "/TCE", "flush", "mean", "most", "", "out"
		}
		function number(v, digits) {
			if (v == "-") return v
			return sprintf("%." (v >= 100 ? 0 : v >= 10 ? 1 : digits) "f", v)
		}
		function row() {
			printf "%-7s %7s %4s %6s %6s %7s %7s %7s %7s %6s %6s\n", $1, $2 == "lazy" ? $3 : $2, $4, $5,
				number($7, 1), number($8, 4), number($9, 1), number($10, 1), $11, $12, $13
		}
		FNR == NR && FNR == 1 { heading("kill_threshold " threshold ", as the driver has it") }
		FNR == NR { if ($5 == threshold) row(); next }
		FNR == 1 { heading("lazy_entries " entries " and lazy_timeout_ms " timeout ", as the driver has them") }
		$2 == "strict" || ($3 == entries && $4 == timeout) { row() }
	' "$2" "$2"
	printf '\ninstr: of the thread that unmaps; a flush after a timeout is done by another.\n'
	printf 'kills: stores that unmaps owe, not those of maps. held: TCEs whose page is held.\n'
}

# sweep_draw FOLDER: its sweep.json as sweep.tsv, table.txt, sweep.png and sweep.svg.
sweep_draw() {
	local dir=$1
	jq -r -f "$TOP/scripts/lib/sweep-rows.jq" "$dir/sweep.json" >"$dir/sweep.tsv"
	sweep_table "$dir/sweep.json" "$dir/sweep.tsv" >"$dir/table.txt"
	result_report --sweep-picture "$dir" ||
		say "so there is no picture; to make it later: scripts/sweep --draw ${dir#"$TOP/"}"
}
