# SPDX-License-Identifier: GPL-2.0
# Puts what QEMU's trace saw into every record that names its section.
#   jq --rawfile kills kills.tsv -f merge-kills.jq bench.json
($kills | split("\n") | map(select(length > 0) | split("\t") | {key: .[0], value: {all: (.[1] | tonumber), pe: (.[2] | tonumber)}}) | from_entries) as $seen
| walk(
    if type == "object" and (.section | type) == "number" and .section > 0 then
      ($seen[.section | tostring]) as $k
      | if $k == null then .
        else .kill_stores = $k.all | .kill_stores_pe = $k.pe | .kill_source = "qemu-trace"
          | if (.kill_tces // 0) > 0 then .kill_stores_per_tce = ($k.all / .kill_tces) else . end
        end
    else . end)
