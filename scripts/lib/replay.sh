# SPDX-License-Identifier: GPL-2.0
# What a replay looks like: a table for each part of the recording.
# shellcheck shell=bash

replay_about() { # JSON
	jq -r '.context as $c | .stream
		| "\(.name): \(.lines) lines of a guest'"'"'s TCE traffic, \(if .recorded_pace then "at the pace at which it was recorded" else "as fast as it goes" end)",
		"\($c.date | .[:10]), commit \($c.mtce_commit // "unknown" | .[:10])\(if $c.mtce_dirty then " with local changes" else "" end), kernel \($c.kernel), \($c.page_size)-byte pages",
		"\($c.machine.cpu // "unknown CPU" | sub(",.*"; "")) \($c.machine.model // "")\(if $c.emulated then ", emulated: its microseconds are not a POWER8'"'"'s" else "" end)"' "$1"
}

# Against the first row of a part, which is upstream's, an ioctl a page.
replay_table() { # JSON
	replay_about "$1" | fold -s -w 79
	jq -r '
		(.results | group_by(.part) | map({key: .[0].part, value: (map(select(.backend == "upstream" and .way == "per-page"))[0])}) | from_entries) as $base
		| .results as $all
		| ([.results[].part] | reduce .[] as $p ([]; if index($p) then . else . + [$p] end))[] as $part
		| ($all | map(select(.part == $part))) as $rows
		| ["part", $part, $rows[0].hypercalls, $rows[0].tces],
		  ($rows[] | ["row", .backend, .way, .ioctls, (.instructions_per_tce // "-"),
			(if .instructions_per_tce and $base[$part].instructions_per_tce then $base[$part].instructions_per_tce / .instructions_per_tce else "-" end),
			(.kill_stores_per_tce // "-"),
			(if .kill_stores_per_tce == null or $base[$part].kill_stores_per_tce == null then "-"
			 elif .kill_stores_per_tce == 0 then "none" else $base[$part].kill_stores_per_tce / .kill_stores_per_tce end),
			.latency_ns.p50 / 1000, .latency_ns.p99 / 1000])
		| @tsv' "$1" | awk -F '\t' '
		function number(v, digits) {
			if (v !~ /^[0-9.e+-]+$/ || v == "-") return v
			return sprintf("%." (v >= 1000 ? 0 : v >= 100 ? 1 : digits) "f", v)
		}
		$1 == "part" {
			printf "\n%s: %d hypercalls on %d TCEs\n", $2, $3, $4
			printf "%-13s %-16s %7s %7s %7s %8s %6s %6s\n", "back end", "way", "ioctls", "instr", "times", "kills", "times", "p99"
			printf "%-13s %-16s %7s %7s %7s %8s %6s %6s\n", "", "", "", "/TCE", "fewer", "/TCE", "fewer", "us"
			next
		}
		{ printf "%-13s %-16s %7d %7s %7s %8s %6s %6s\n", $2, $3, $4, number($5, 1), number($6, 2), number($7, 4), number($8, 1), number($10, 1) }'
	printf '\ntimes fewer: than upstream, an ioctl a page. p99: of what is called at once, which\nis a hypercall or as many as are gathered.\n'
}
