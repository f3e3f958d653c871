# SPDX-License-Identifier: GPL-2.0
# What gnuplot reads of the series that latency-rows.jq made: lines of "file TAB columns".
# In microseconds; bins without an end are counted but not drawn.
include "latency-bins";

def rows($file): "\($file)\t\(map(tostring) | join("\t"))";

.series | to_entries[] | (.key + 1) as $i | .value
| (.bins | shape | rows("shape-\($i)")),
  (.bins | tail | rows("tail-\($i)")),
  (.intervals // [] | .[] | .from as $from | .to as $to | .bins[] | select(.[1] != null)
	| [$from / 1e9, $to / 1e9, lowest, highest, .[2]] | rows("heat-\($i)"))
