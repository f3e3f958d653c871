# SPDX-License-Identifier: GPL-2.0
# sweep.json as tab-separated rows, for awk. "-": not so.
#   work lazy entries timeout threshold  map-instructions unmap-instructions kills-per-TCE  TCEs-per-flush held-mean held-max
#   full timeout explicit reuse  TCEs-per-second
# Kills are those that unmaps owe: all that were seen, less those that the driver counted around maps.
def show: if . == null then "-" else . end;
.points[]
| (.tces | if . > 0 then . else null end) as $n
| [.work, (if .lazy then "lazy" else "strict" end),
   (.lazy_entries | show), (.lazy_timeout_ms | show), .kill_threshold,
   (.map_instructions_per_tce | show), (.unmap_instructions_per_tce | show),
   (if .kill_stores == null or $n == null then "-" else (.kill_stores - .kill_counter_of_maps) / $n end),
   (.tces_per_flush | show), (.held_mean | show), (.held_max | show),
   (.flushes.full | show), (.flushes.timeout | show), (.flushes.explicit | show), (.flushes.reuse | show),
   (.tces_per_second | show)]
| @tsv
