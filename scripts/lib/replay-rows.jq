# SPDX-License-Identifier: GPL-2.0
# A replay as rows for each part of the recording, beside upstream: a KVM guest's hypercalls beside those on upstream, the
# others beside an ioctl a page. A module of jq.

# How many times fewer; "none" where there are no more.
def fewer($base): if . == null or $base == null then null elif . == 0 then "none" else $base / . end;

def replay_parts:
	.results as $all
	| reduce $all[].part as $p ([]; if index($p) then . else . + [$p] end)
	| map(. as $part | [$all[] | select(.part == $part)] as $rows
		| first(($rows[] | select(.backend == "upstream" and .way == "per-page")), {}) as $page
		| first(($rows[] | select(.backend == "upstream" and .way == "kvm")), {}) as $kvm
		| {part: $part, hypercalls: $rows[0].hypercalls, tces: $rows[0].tces,
		   rows: ($rows | map((if .way == "kvm" then $kvm else $page end) as $base
			| {backend, way, ioctls: (.exits // .ioctls), instructions: .instructions_per_tce,
			instructions_fewer: (.instructions_per_tce | fewer($base.instructions_per_tce)),
			kills: .kill_stores_per_tce, kills_fewer: (.kill_stores_per_tce | fewer($base.kill_stores_per_tce)),
			p50: .latency_ns.p50, p99: .latency_ns.p99, max: .latency_ns.max}))});
