# SPDX-License-Identifier: GPL-2.0
# What a replay looks like: a table for each part of the recording.
# shellcheck shell=bash

replay_about() { # JSON
	jq -r '.context as $c | .stream
		| "\(.name): \(.lines) lines of a guest'"'"'s TCE traffic, \(if .recorded_pace then "at the pace at which it was recorded" else "as fast as it goes" end)",
		"\($c.date | .[:10]), commit \($c.mtce_commit // "unknown" | .[:10])\(if $c.mtce_dirty then " with local changes" else "" end), kernel \($c.kernel), \($c.page_size)-byte pages",
		"\($c.machine.cpu // "unknown CPU" | sub(",.*"; "")) \($c.machine.model // "")\(if $c.emulated then ", emulated: its microseconds are not a POWER8'"'"'s" else "" end)"' "$1"
}

# Against upstream: a KVM guest against a KVM guest, the others against an ioctl a page.
replay_table() { # JSON
	replay_about "$1" | fold -s -w 79
	jq -L "$TOP/scripts/lib" -r '
		include "replay-rows";
		replay_parts[] | ["part", .part, .hypercalls, .tces],
		  (.rows[] | ["row", .backend, .way, .ioctls]
			+ ([.instructions, .instructions_fewer, .kills, .kills_fewer, (.p50, .p99 | if . then . / 1000 else null end)] | map(. // "-")))
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
	printf '\ntimes fewer: than upstream, kvm than kvm, the others than an ioctl a page.\nioctls: of kvm, hypercalls that KVM does not do but passes on to user space.\np99: of what is called at once, which is a hypercall or as many as are gathered.\n'
}
