# SPDX-License-Identifier: GPL-2.0
# The top of the page: what, where, when, and what to beware of. A module of jq; input is the model.
include "html";
include "numbers";
include "gallery";

def fact($name; $value): if ($value // "") == "" then empty else @html "<div><dt>\($name)</dt><dd>\($value)</dd></div>" end;
def facts:
	.about as $a | "<dl class=\"facts\">",
	fact("Machine"; "\($a.model), \($a.cpu)\(if $a.cpus then ", \(plural($a.cpus; "CPU"; "CPUs")) online" else "" end)"),
	fact("Kernel"; "\($a.kernel)\(if $a.page_size then ", \($a.page_size | page_words) pages" else "" end)"),
	fact("mtce commit"; "\($a.commit[:12])\(if $a.dirty then ", with local changes" else "" end)"),
	fact("Date"; $a.date | when), fact("Emulator"; if $a.emulated then $a.qemu else null end),
	fact("Back ends"; .backends | join(", ")), fact("Command"; $a.command), fact("Run"; $a.name), "</dl>";

def tile($n; $words; $class): @html "<li class=\"\($class)\"><b>\($n)</b> \($words)</li>";
def tiles:
	([.rows[].scenario, .threads[].scenario] | unique | length) as $scenarios | .goals.rows as $goals
	| ([$goals[] | select(.said == "MISSED")] | length) as $missed
	| "<ul class=\"tiles\">",
	tile($scenarios; "scenarios"; ""),
	if $goals | length > 0 then tile("\(($goals | length) - $missed) of \($goals | length)"; "goals met"; if $missed > 0 then "bad" else "good" end) else empty end,
	tile(.skipped | length; "skipped"; ""), tile(.failed | length; "failed"; if .failed | length > 0 then "bad" else "" end), "</ul>";

def caution:
	if .about.emulated == true then
		"<aside class=\"caution\"><strong>Emulated machine.</strong> Instructions are the emulated CPU's own count, kill stores are those that QEMU saw: both can be compared. Times are the emulator's: <strong>nothing here is POWER8 latency.</strong></aside>"
	elif .about.emulated == false then empty
	else "<aside class=\"caution\"><strong>Unknown machine.</strong> The run does not say whether it was emulated; do not take its times for those of hardware.</aside>" end;

def nav($sections): "<nav aria-label=\"Contents\">", ($sections[] | @html "<a href=\"#\(.[0])\">\(.[1])</a>"), "</nav>";

def head($css):
	.about as $a | "mtce benchmark: \($a.commit[:10]), \($a.date[:10]), \($a.model)" as $title
	| "<!DOCTYPE html>", "<html lang=\"en\">", "<head>", "<meta charset=\"utf-8\"/>",
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>", "<meta name=\"color-scheme\" content=\"light dark\"/>",
	@html "<title>\($title)</title>", "<style>", $css, "</style>", "</head>", "<body>",
	"<svg class=\"marks\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>", "<!--picture marks-->", "</defs></svg>",
	"<header>", "<h1>What mapping and unmapping costs: upstream and mtce</h1>",
	@html "<p class=\"lead\">A benchmark run of mtce \($a.commit[:10])\(if $a.dirty then " with local changes" else "" end) on \($a.model), \($a.date | when)</p>",
	facts, caution, tiles, "</header>";
