# SPDX-License-Identifier: GPL-2.0
# What gnuplot reads of the series that latency-rows.jq made: lines of "file TAB columns".
# Argument: folder. In microseconds; bins without an end are counted but not drawn.

def us: . / 1000;
def edges: [(if .[0] < 1 then 0.5 else .[0] end | us), (.[1] + 1 | us)];
def octaves: edges | (.[1] / .[0]) | log2;

# The outline of the bars, down to 0 where there is a gap.
def shape($total):
	[foreach (.[], null) as $b ({end: null, y: 0}; 
		if $b == null then .out = [[.end, 0]]
		else ($b | edges) as $e | ($b[2] / $total * 100 / ($b | octaves)) as $y
		| .out = (if .end == null then [[$e[0], 0]] elif .end < $e[0] then [[.end, 0], [$e[0], 0]] else [] end
			+ [[$e[0], $y], [$e[1], $y]])
		| .end = $e[1] end; .out[])][];

def tail($total):
	foreach .[] as $b ({n: 0}; .n += $b[2]; [($b | edges[1]), ([($total - .n) / $total * 100, 1e-9] | max)]);

def rows($file): "\($file)\t\(map(tostring) | join("\t"))";

.series | to_entries[] | (.key + 1) as $i | .value
| (.bins | map(.[2]) | add) as $total
| (.bins | map(select(.[1] != null))) as $bins
| ($bins | shape($total) | rows("shape-\($i)")),
  ($bins | [[(.[0] | edges[0]), 100]] + [tail($total)] | .[] | rows("tail-\($i)")),
  (.intervals // [] | .[] | .from as $from | .to as $to | .bins[] | select(.[1] != null)
	| [$from / 1e9, $to / 1e9] + edges + [.[2]] | rows("heat-\($i)"))
