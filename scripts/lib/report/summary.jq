# SPDX-License-Identifier: GPL-2.0
# The short of a run, for a mail: Markdown, 80 columns where it can. Input: the model.
include "numbers";
include "gallery";

def left($n): . + (" " * ([$n - length, 0] | max) // "");
def right($n): (" " * ([$n - length, 0] | max) // "") + .;
# Broken between words; lines after the first begin with $indent.
def wrapped($indent): reduce splits(" +") as $w ([""];
	if .[-1] == "" then .[-1] = $w elif .[-1] == "-" then .[-1] += " " + $w elif (.[-1] | length) + 1 + ($w | length) <= 79 then .[-1] += " " + $w else . + [$indent + $w] end) | .[];

def short_backend: if . == "mtce-takeover" then "takeovr" else . end;
def in_cell: if .state == "measured" then .instructions | number elif .state == "absent" then "–" else .state end;
def kill_cell: if .state == "measured" then .kills | number else "–" end;
# In upstream's and in our own best; the takeover's are in the report.
def kill_backends: if length > 1 then [first, last] else . end;
def line($name): (map("|" + .) | join("")) as $cells | "|\($name | left(26))\($cells)|";
def table($model):
	"|instructions              |" + ($model.backends | map(short_backend | right(8)) | join("|")) + "| ratio|"
		+ ($model.backends | kill_backends | map("kills " + (.[:2]) | right(8)) | join("|")) + "|",
	"|:-------------------------|" + ($model.backends | map("-------:") | join("|")) + "|-----:|" + ($model.backends | kill_backends | map("-------:") | join("|")) + "|",
	(.[] | . as $r | [($model.backends[] as $b | $r.cells[$b] | in_cell | right(8)), ($r.ratio | number | right(6)),
		($model.backends | kill_backends[] as $b | $r.cells[$b] | kill_cell | right(8))] | line("\($r.scenario | short_name) \($r.step)"));

. as $m | .about as $a | (.goals.rows | map(select(.said != "met"))) as $missed
| "# mtce \($a.commit[:10])\(if $a.dirty then " with local changes" else "" end): a benchmark run", "",
("- \($a.model), \($a.cpu)\(if $a.emulated then ", \($a.qemu // "emulated")" else "" end)" | wrapped("  ")),
("- kernel \($a.kernel)\(if $a.page_size then ", \($a.page_size | page_words) pages" else "" end)" | wrapped("  ")), "- \($a.date | sub("T"; " ") | sub("Z$"; " UTC")), run \($a.name)",
(if $a.emulated then "- **Emulated: instructions and kill stores can be compared; nothing here is POWER8 latency.**" else empty end | wrapped("  ")), "",
([.rows[] | select(.headline and (.timed_only | not))]
	| (group_by(.page)[] | map(select(.per == "tce")) | select(length > 0) | "## Per TCE of \(.[0].page | page_words)", "", table($m), ""),
	(map(select(.per != "tce")) | select(length > 0) | "## In all, per call", "", table($m), "")),
(if .backends | length > 1 then "ratio: instructions of \(.backends[0]) divided by those of \(.backends[-1]). kills: stores to the TCE kill register per TCE, of \(.backends | kill_backends | join(" and "))." else empty end | wrapped("")), "",
"## Goals", "",
(if .goals.rows | length == 0 then "Unknown: the run has none, or no table.txt."
 elif $missed | length == 0 then "All \(.goals.rows | length) are met."
 else "\($missed | length) of \(.goals.rows | length) are missed:", "", ($missed[] | "- \(.backend), \(.scenario) \(.step), \(.what): \(.is), goal \(.sign) \(.goal)" | wrapped("  ")) end), "",
(("Failed", "Skipped") as $what | (if $what == "Failed" then $m.failed else $m.skipped end) | select(length > 0)
	| "## \($what)", "", (.[] | "- \(.scenario) (\(.backends | join(", "))): \(.reason)" | wrapped("  ")), ""),
"## Files", "", "- report.html: tables, pictures, context", (.files[] | "- \(.)"), "- pictures/",
(.sweep | values | "- \(.folder)/sweep.json" | wrapped("  ")), (.replays[] | "- \(.folder)/replay.json" | wrapped("  "))
