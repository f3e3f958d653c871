# SPDX-License-Identifier: GPL-2.0
# What histograms of latency are made into. A bin is [lowest, highest, count] in ns; highest is null where it has no end.
# A module of jq.
include "numbers";

# So many bins for each power of two, 64 or a part of it: those of bench, which fit into these, are too many to be seen.
def coarser($parts):
	def low: if . < $parts then . else (log2 | floor | exp2 / $parts) as $w | (. / $w | floor) * $w end;
	def high: if . < $parts then . else low + (log2 | floor | exp2 / $parts) - 1 end;
	map(. as [$l, $h, $n] | if $h != null and ($h | low) == ($l | low) then [($l | low), ($l | high), $n] else . end)
	| group_by(.[0]) | map([.[0][0], .[0][1], (map(.[2]) | add)]);

def us: . / 1000;
def lowest: if .[0] < 1 then 0.5 else .[0] end | us;
def highest: (.[1] // .[0]) + 1 | us;
def total: map(.[2]) | add;

# The upper end of the bin that the sample of this rank is in.
def percentile($p): total as $total
	| first(foreach .[] as $b ({n: 0}; .n += $b[2]; select(.n >= $total * $p) | $b | highest));

# 1, 2 and 5 of each power of ten where there are few, else the powers alone. In a narrow picture there is half the room.
def tics($from; $to; $narrow):
	(($to / $from | log10) * (if $narrow then 1.8 else 1 end)) as $decades
	| [range($from | log10 | floor; ($to | log10 | ceil) + 1) as $e
	| (if $decades > 5 then 1 elif $decades > 3 then 1, 3 else 1, 2, 5 end) * ($e | exp10)
	| . * 1e6 | round / 1e6 | select(. >= $from * 0.999 and . <= $to * 1.001) | tostring] | join(", ");

# The outline of the bars: percent of calls for each doubling of latency, 0 where there is a gap.
def shape:
	total as $total | map(select(.[1] != null))
	| [foreach (.[], null) as $b ({end: null, y: 0};
		if $b == null then .out = [[.end, 0]]
		else ($b | [lowest, highest]) as $e | ($b[2] / $total * 100 / ($e[1] / $e[0] | log2)) as $y
		| .out = (if .end == null then [[$e[0], 0]] elif .end < $e[0] then [[.end, 0], [$e[0], 0]] else [] end
			+ [[$e[0], $y], [$e[1], $y]])
		| .end = $e[1] end; .out[])][];

# Percent of calls that took longer: a row for each bin's end.
def tail:
	total as $total | map(select(.[1] != null))
	| [.[0] | lowest, 100],
	  foreach .[] as $b ({n: 0}; .n += $b[2]; [($b | highest), ([($total - .n) / $total * 100, 1e-9] | max)]);

# gnuplot's text.
def quote: "'" + gsub("'"; "''") + "'";

# The words and ranges of a histogram, as commands of gnuplot. Input: about and series, and in beside all series of pictures
# that are to have one range. A series' words say what it is; its colour is one of its own, or the next.
def histogram_style(words; $narrow):
	(.beside // .series) as $all
	| ($all | map(.bins | map(lowest) | min) | min) as $from
	| ($all | map(.bins | map(highest) | max) | max) as $to
	| ([.series[] | .bins | total] | max) as $n
	| ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"] as $colours
	| "set encoding utf8",
	  "what = \(.about.what | quote)", "where = \(.about.where | quote)",
	  "caution = \(if .about.emulated == false then "" elif .about.emulated then "emulated time, not POWER8 latency" else "unknown whether emulated" end | quote)",
	  "from = \($from / 1.1)", "to = \($to * 1.1)", "count = \(.series | length)",
	  "least = \(100 / $n / 1.2)",
	  "colours = \([.series | to_entries[] | .value.colour // $colours[.key % 6]] | join(" ") | quote)",
	  "array words_of[\(.series | length)] = [\(.series | map(words | quote) | join(", "))]",
	  "word_of(i) = words_of[i]",
	  "tics = \"set @axis (\(tics($from; $to; $narrow)))\"";
