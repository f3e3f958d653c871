# SPDX-License-Identifier: GPL-2.0
# The words and ranges of plot-latency's pictures, as commands of gnuplot. Input: what latency-rows.jq made.
include "latency-bins";
include "numbers";

def words: .bins as $bins | ([$bins[] | select(.[1] == null) | .[2]] | add // 0) as $beyond
	| "\(.label): \($bins | total | thousands) calls, half within \($bins | percentile(0.5) | short) µs, 99 % within \($bins | percentile(0.99) | short) µs"
	+ if $beyond > 0 then ", \($beyond | thousands) in the last bin, without an end, not drawn" else "" end;

histogram_style(words; false),
"most = \([.series[].intervals // [] | .[].bins[][2]] + [2] | max)",
"seconds = \([.series[].intervals // [] | .[].to] + [0] | max / 1e9)"
