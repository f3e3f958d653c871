# SPDX-License-Identifier: GPL-2.0
# What a sweep looks like: a table, and a picture where gnuplot is.
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
	local dir=$1 json=$1/sweep.json tsv=$1/sweep.tsv title
	jq -r -f "$TOP/scripts/lib/sweep-rows.jq" "$json" >"$tsv"
	sweep_table "$json" "$tsv" >"$dir/table.txt"
	if ! have gnuplot; then
		say "gnuplot is not installed, so there is no picture; later: scripts/sweep --draw ${dir#"$TOP/"}"
		return 0
	fi
	title=$(sweep_about "$json" | awk 'NR > 1 { printf "\\n" } { printf "%s", $0 }')
	local kind
	for kind in png svg; do
		gnuplot -e "kind='$kind'; output='$dir/sweep.$kind'; rows='$tsv'; folder_of_gp='$TOP/scripts/lib'" \
			-e "about=\"$title\"; $(sweep_variables "$json")" "$TOP/scripts/lib/sweep.gp"
	done
}

# What the pictures are about, as commands of gnuplot.
sweep_variables() { # JSON
	printf "timeout='%s'; threshold='%s'; entries='%s'; timeouts='%s'; thresholds='%s'; works='%s'" \
		"$(sweep_default lazy_timeout_ms "$1")" "$(sweep_default kill_threshold "$1")" \
		"$(sweep_values lazy_entries "$1")" "$(sweep_values lazy_timeout_ms "$1")" "$(sweep_values kill_threshold "$1")" \
		"$(jq -r '.works | keys_unsorted | join(" ")' "$1")"
}

sweep_values() { jq -r --arg p "$1" '[.points[] | .[$p] | values] | unique | map(tostring) | join(" ")' "$2"; }
