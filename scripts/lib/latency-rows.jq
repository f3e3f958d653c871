# SPDX-License-Identifier: GPL-2.0
# Latency histograms as one list of series, whatever they come from. Input: -n; a bench.json, or the lines of
# mtcelat --json. Arguments: call, scenario, backend (names separated by commas; empty: all), file (its name, or empty).
# A series: label, bins and, of mtcelat, intervals with bins of their own; a bin is [lowest, highest, count] in ns.

include "latency-bins";

def wanted($names): . as $x | $names == "" or ($names | split(",") | index($x) != null);

def place: if $file == "" then "" else " (\($file))" end;

def from_bench:
	[.scenarios[] | select((.name | wanted($scenario)) and (.backend | wanted($backend)))
	| . as $s | keys_unsorted[] | select(wanted($call)) as $step
	| $s[$step] | objects | select(.latency_ns.bins)
	| {label: "\($s.backend) \($step), \($s.name)\(place)", bins: (.latency_ns.bins | coarser(8))}];

def label_of:
	[(.backend + (if .call then " " + .call else "" end)),
	 (if .batch then "\(.batch[0])\(if .batch[1] != .batch[0] then "-\(.batch[1])" else "" end) TCEs" else empty end),
	 (if .window != null then "container \(.container) window \(.window)" else empty end),
	 (if .pid then "\(.comm) \(.pid)" else empty end),
	 (if .stage then "stage \(.stage)" else empty end)] | join(", ");

def chosen: select((.backend | wanted($backend)) and ((.call // "") | . == "" or wanted($call)));

def from_mtcelat:
	[.[] | select(.event == "interval")] as $intervals
	| [.[] | select(.event == "total") | .histograms[] | chosen | . as $h | label_of as $name
	| {label: ($name + place), bins: .latency_ns.bins,
	   intervals: [$intervals[] | {from: .from_ns, to: .to_ns,
		bins: ([.histograms[] | select(label_of == $name) | .latency_ns.bins[]])}]}];

def about_context($what):
	{what: $what, emulated: .emulated,
	 where: "kernel \(.kernel), \(.machine.model // .machine["model name"] // .arch // "unknown machine"), \(.date // "" | .[:10])"};

[inputs]
| if (.[0] | objects | has("scenarios")) then
	{about: (.[0].context | about_context("Latency of a call as its program sees it: a timestamp before it and one behind it (mtce-bench)")),
	 series: (.[0] | from_bench)}
  elif (.[0] | objects | .tool == "mtcelat") then
	if any(.[]; .event == "total") then . else error("it has no total; mtcelat was killed before its end, or still runs") end
	| {about: (.[0] | . as $head | .context | about_context($head.measures)), series: from_mtcelat}
  else error("neither a bench.json nor the output of mtcelat --json") end
