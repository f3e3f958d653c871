# SPDX-License-Identifier: GPL-2.0
# The words and ranges of the pictures, as gnuplot commands. Input: what latency-rows.jq made.

def quote: "'" + gsub("'"; "''") + "'";
def thousands: tostring | [while(length > 0; .[:-3]) | .[-3:]] | reverse | join(",");
def lowest: (if .[0] < 1 then 0.5 else .[0] end) / 1000;
def highest: ((.[1] // .[0]) + 1) / 1000;
def short: if . >= 100 then round elif . >= 10 then . * 10 | round / 10 else . * 100 | round / 100 end;

# The upper end of the bin that the sample of this rank is in.
def percentile($p): (map(.[2]) | add) as $total
	| (first(foreach .[] as $b ({n: 0}; .n += $b[2]; select(.n >= $total * $p) | $b | highest | short)));
def words: (.bins | map(.[2]) | add) as $n | (.bins | map(select(.[1] == null) | .[2]) | add // 0) as $beyond
	| "\(.label): \($n | thousands) calls, half within \(.bins | percentile(0.5)) µs, 99 % within \(.bins | percentile(0.99)) µs"
	+ if $beyond > 0 then ", \($beyond | thousands) in the last bin, without an end, not drawn" else "" end;

# 1, 2 and 5 of each power of ten where there are few, else the powers alone.
def tics($from; $to):
	($to / $from | log10) as $decades
	| [range($from | log10 | floor; ($to | log10 | ceil) + 1) as $e
	| (if $decades > 5 then 1 elif $decades > 3 then 1, 3 else 1, 2, 5 end) * ($e | exp10)
	| . * 1e6 | round / 1e6 | select(. >= $from * 0.999 and . <= $to * 1.001) | tostring] | join(", ");

(.series | map(.bins | map(lowest) | min) | min) as $from
| (.series | map(.bins | map(highest) | max) | max) as $to
| ([.series[] | .bins | map(.[2]) | add] | max) as $n
| "set encoding utf8",
  "what = \(.about.what | quote)", "where = \(.about.where | quote)",
  "caution = \(if .about.emulated == false then "" elif .about.emulated then "emulated time, not POWER8 latency" else "unknown whether emulated" end | quote)",
  "from = \($from / 1.1)", "to = \($to * 1.1)", "count = \(.series | length)",
  "least = \(100 / $n / 1.2)",
  "most = \([.series[].intervals // [] | .[].bins[][2]] + [2] | max)",
  "seconds = \([.series[].intervals // [] | .[].to] + [0] | max / 1e9)",
  "bottom_of_key = 0.865 - 0.024 * count",
  "colours = '#0072b2 #d55e00 #009e73 #cc79a7 #e69f00 #56b4e9'",
  "array words_of[\(.series | length)] = [\(.series | map(words | quote) | join(", "))]",
  "word_of(i) = words_of[i]",
  "set macros", "tics = \"set @axis (\(tics($from; $to)))\""
