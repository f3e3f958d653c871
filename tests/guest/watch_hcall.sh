#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Hypercalls of a small KVM guest, so many of each kind: the tools show exactly these, beside calls and apart from them,
# and mtcelat tells the back ends apart by one probe.
# Functions are called by name, through check.
# shellcheck disable=SC2317
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=SCRIPTDIR/lib/watch.sh
. "$HERE/lib/watch.sh"
watch_needs mtcelat
[[ -c /dev/kvm ]] || skip_all 'there is no /dev/kvm (modprobe kvm-hv)'

# Primes, so that no number is the sum of others by accident. A stuff is as long as a list.
HCALLS=(--hputs 101 --hlists 17 --hstuffs 13 --hlength 7 --hemulated 3)
CALLS=(--maps 53 --unmaps 47 --bad-maps 11 --pages 5)

# Ours first, then upstream's, both beside the same tools; ${ours[NAME]} and ${did[NAME]} are what they did.
declare -A ours=()
ours_pid='' upstreams_pid=''
all_watch() {
	tool_start stat_btf mtcestat --json
	tool_start stat_classic mtcestat --json --no-module-btf
	tool_start stat_text mtcestat
	tool_start stat_flushes mtcestat --flushes
	tool_start snoop_btf mtcesnoop --json --hcall
	tool_start snoop_classic mtcesnoop --json --hcall --no-module-btf
	tool_start snoop_text mtcesnoop --hcall
	tool_start snoop_calls mtcesnoop --json
	tool_start snoop_left mtcesnoop --json --call left
	tool_start lat_call mtcelat --hcall --json
	tool_start lat_all mtcelat --hcall --json --by call,batch,process 1
	tool_start lat_ours mtcelat --hcall --json --probe --call h_put_tce
	tool_start lat_text mtcelat --hcall
	tool_start lat_compare mtcelat --hcall --compare
	tools_attached
}
ours_work() {
	local word
	load_work || return 1
	for word in "${!did[@]}"; do ours[$word]=${did[$word]}; done
}
upstream_works() {
	load_go || return 1
	same 'exits to user space' "${did[hcall_exits]}" 0
}
# The load's own words: KVM has done all in the kernel, but what it was to leave.
kvm_did_them() {
	same errors "${ours[hcall_errors]}" 0 && same 'exits to user space' "${ours[hcall_exits]}" 5 &&
		same 'mapped, by the driver' "${ours[stat_hcall_mapped]}" "${ours[hcall_mapped]}" &&
		same 'unmapped, by the driver' "${ours[stat_hcall_unmapped]}" "${ours[hcall_cleared]}" &&
		same 'left, by the driver' "${ours[stat_hcall_left]}" 5
}

# mtcestat
# shellcheck disable=SC2016 # jq's variables
STAT='
	(.[] | select(.event == "total") | paths(numbers) as $p | "total.\($p | join(".")) \(getpath($p))"),
	([.[] | select(.event == "interval")] as $i | ($i[0] | paths(numbers)) as $p |
		"added.\($p | join(".")) \([$i[] | getpath($p)] | add)"), "total.calls \(.[-1].calls | add)"'
stat_is() { # NAME
	local of
	json_read "$1" "$STAT" || return 1
	for of in total added; do
		same "pages, $of" "${got[$of.hcalls.pages]}" "${ours[hcall_pages]}" &&
			same "mapped, $of" "${got[$of.hcalls.mapped]}" "${ours[hcall_mapped]}" &&
			same "cleared, $of" "${got[$of.hcalls.cleared]}" "${ours[hcall_cleared]}" &&
			same "left, $of" "${got[$of.hcalls.left]}" 5 || return 1
	done
	same calls "${got[total.calls]}" "${ours[all]}" && same 'mapped by calls' "${got[total.mapped]}" "${ours[mapped_tces]}" &&
		same 'unmapped by calls' "${got[total.unmapped]}" "${ours[unmapped_tces]}" &&
		same 'kills of a TCE' "${got[total.kills.tce]}" $((ours[stat_kills_tce] + ours[stat_hcall_kills_tce])) &&
		same 'kills of a PE' "${got[total.kills.pe]}" $((ours[stat_kills_pe] + ours[stat_hcall_kills_pe])) &&
		same lost "${got[total.lost]}" 0
}
# Columns 8 to 11 of the lines, added up; and the words of the total.
stat_text_is() {
	same 'longer than 80' "$(awk '/^total/ { exit } length > 80' "$WORK/stat_text.out" | wc -l)" 0 &&
		same 'columns, added up' "$(awk '/^total/ { exit } /^[0-9]/ { p += $8; m += $9; c += $10; l += $11 }
			END { print p, m, c, l }' "$WORK/stat_text.out")" \
			"${ours[hcall_pages]} ${ours[hcall_mapped]} ${ours[hcall_cleared]} 5" &&
		grep -q "^  hypercalls  *${ours[hcall_pages]} pages, ${ours[hcall_mapped]} TCEs mapped, ${ours[hcall_cleared]} cleared, 5 left to user space$" "$WORK/stat_text.out"
}
flushes_are_there_when_asked() {
	grep -q 'QUEUED FUL TIM EXP REU TEA LWAIT$' "$WORK/stat_flushes.out" && ! grep -q HPGS "$WORK/stat_flushes.out" &&
		same 'longer than 80' "$(awk '/^total/ { exit } length > 80' "$WORK/stat_flushes.out" | wc -l)" 0
}

# mtcesnoop
# shellcheck disable=SC2016
SNOOP='
	[.[] | select(.event == "hcall")] as $h | [.[] | select(.event == "left")] as $l |
	"pages \($h | length)", "mapped \([$h[].mapped] | add // 0)",
	"cleared \([$h[] | select(.mapped == 0).killed] | add // 0)", "left \($l | length)",
	"calls \([.[] | select(.event == "call")] | length)",
	"pids \([($h + $l)[].pid] | unique | map(tostring) | join(","))", "tids \([($h + $l)[].tid] | unique | length)",
	"containers \([.[].container | values] | unique | length)",
	"first \([$h[].iova] | min)", "places \([$h[].iova] | unique | length)",
	(.[] | select(.event == "end") | "shown \(.shown)", "filtered \(.filtered)", "lost \(.lost)")'
# Entries of lists are stuffed again; everything else is at a place of its own. 0x3800000: where they begin.
snoop_is() { # NAME
	json_read "$1" "$SNOOP" || return 1
	same pages "${got[pages]}" "${ours[hcall_pages]}" && same mapped "${got[mapped]}" "${ours[hcall_mapped]}" &&
		same cleared "${got[cleared]}" "${ours[hcall_cleared]}" && same left "${got[left]}" 5 &&
		same calls "${got[calls]}" "${ours[all]}" && same pids "${got[pids]}" "$ours_pid" && same tids "${got[tids]}" 1 &&
		same containers "${got[containers]}" 1 && same 'first place' "${got[first]}" 0x3800000 &&
		same places "${got[places]}" $((101 + 5 + 17 * 7)) &&
		same shown "${got[shown]}" $((ours[hcall_pages] + 5 + ours[all])) && same lost "${got[lost]}" 0
}
snoop_text_is() {
	same 'longer than 80' "$(awk 'length > 80' "$WORK/snoop_text.out" | wc -l)" 0 &&
		same 'hypercalls' "$(awk '$4 == "hcall" && $3 == pid && $(NF - 1) == "tid"' "pid=$ours_pid" "$WORK/snoop_text.out" | wc -l)" "${ours[hcall_pages]}" &&
		same 'that map' "$(awk '$4 == "hcall" && $9 == "+1"' "$WORK/snoop_text.out" | wc -l)" "${ours[hcall_mapped]}" &&
		same 'that clear' "$(awk '$4 == "hcall" && $9 == "-1"' "$WORK/snoop_text.out" | wc -l)" "${ours[hcall_cleared]}" &&
		same 'left' "$(awk '$4 == "left"' "$WORK/snoop_text.out" | wc -l)" 5
}
snoop_shows_no_hypercalls() {
	json_read snoop_calls "$SNOOP" && same calls "${got[calls]}" "${ours[all]}" && same pages "${got[pages]}" 0 &&
		same left "${got[left]}" 0 && same filtered "${got[filtered]}" 0
}
snoop_shows_left_only() {
	json_read snoop_left "$SNOOP" && same left "${got[left]}" 5 && same shown "${got[shown]}" 5 &&
		same filtered "${got[filtered]}" "${ours[all]}"
}

# mtcelat
# Of the total: calls by back end and hypercall, also by batch and process where they are; what does not add up.
# shellcheck disable=SC2016
LAT='
	.[] | select(.event == "total") | "lost \(.lost)", "histograms \(.histograms | length)",
	(.histograms[] | "\(.backend).\(.call)\(if .batch then ".\(.batch[0])-\(.batch[1]).\(.pid)" else "" end) \(.latency_ns.count)",
		(select((.latency_ns.bins | map(.[2]) | add) != .latency_ns.count) | "unsound 1"))'
lat_by_call() {
	json_read lat_call "$LAT" || return 1
	same 'puts of ours' "${got[mtce.H_PUT_TCE]}" $((101 + 5)) && same 'lists of ours' "${got[mtce.H_PUT_TCE_INDIRECT]}" 17 &&
		same 'stuffs of ours' "${got[mtce.H_STUFF_TCE]}" 13 &&
		same "upstream's puts" "${got[upstream.H_PUT_TCE]}" 101 && same "upstream's lists" "${got[upstream.H_PUT_TCE_INDIRECT]}" 17 &&
		same "upstream's stuffs" "${got[upstream.H_STUFF_TCE]}" 13 &&
		same 'of no back end' "${got[none.H_PUT_TCE]}" 6 && same histograms "${got[histograms]}" 7 &&
		same lost "${got[lost]}" 0 && same unsound "${got[unsound]-0}" 0
}
lat_by_everything() {
	json_read lat_all "$LAT" || return 1
	same 'puts of ours' "${got[mtce.H_PUT_TCE.1-1.$ours_pid]}" $((101 + 5)) &&
		same 'lists of ours' "${got[mtce.H_PUT_TCE_INDIRECT.4-7.$ours_pid]}" 17 &&
		same "upstream's stuffs" "${got[upstream.H_STUFF_TCE.4-7.$upstreams_pid]}" 13 &&
		same histograms "${got[histograms]}" 8 && same lost "${got[lost]}" 0
}
lat_ours_only() {
	json_read lat_ours "$LAT" && same 'puts of ours' "${got[mtce.H_PUT_TCE]}" $((101 + 5)) && same histograms "${got[histograms]}" 1
}
lat_text_is() {
	same 'titles' "$(grep -cE '^(mtce|upstream|none) H_' "$WORK/lat_text.out")" 7 &&
		same 'in rows' "$(awk '/^ *[0-9]+ - [0-9]+ / { n += $4 } END { print n + 0 }' "$WORK/lat_text.out")" $((101 + 5 + 101 + 6 + 2 * (17 + 13)))
}
lat_compare_is() {
	same 'side by side' "$(awk '/^H_/ { name = $1 } $1 == "calls" { print name, $2, $3 }' "$WORK/lat_compare.out" | paste -sd' ')" \
		"H_PUT_TCE 101 $((101 + 5)) H_PUT_TCE_INDIRECT 17 17 H_STUFF_TCE 13 13" &&
		same 'longer than 80' "$(awk 'length > 80' "$WORK/lat_compare.out" | wc -l)" 0
}
# In a mount namespace of its own where the kernel has no symbols.
without_kvm() {
	# shellcheck disable=SC2016 # for the inner shell
	refuses 1 'modprobe kvm-hv' unshare -m sh -c 'mount --bind /dev/null /proc/kallsyms && exec "$0" --hcall' "$TOOLS/mtcelat"
}

echo 'TAP version 13'
check a_load_is_ready load_start --hold "${HCALLS[@]}" --hleft 5 "${CALLS[@]}"
ours_pid=$LOAD_PID
check many_tools_watch all_watch
check the_load_works ours_work
check kvm_did_the_hypercalls kvm_did_them
check the_load_ends load_close
check upstreams_load_is_ready load_start --backend upstream "${HCALLS[@]}"
upstreams_pid=$LOAD_PID
check upstreams_load_works upstream_works
check all_end_when_told tools_end
for way in btf classic; do
	check "mtcestat_counts_hypercalls_beside_calls_$way" stat_is "stat_$way"
	check "mtcesnoop_shows_hypercalls_beside_calls_$way" snoop_is "snoop_$way"
done
check mtcestats_text_says_the_same stat_text_is
check mtcestat_shows_flushes_when_asked flushes_are_there_when_asked
check mtcesnoops_text_says_the_same snoop_text_is
check mtcesnoop_shows_no_hypercalls_unasked snoop_shows_no_hypercalls
check mtcesnoop_shows_what_is_left_only snoop_shows_left_only
check mtcelat_tells_back_ends_apart lat_by_call
check mtcelat_by_call_batch_and_process lat_by_everything
check mtcelat_shows_one_back_end_only lat_ours_only
check mtcelats_text_says_the_same lat_text_is
check mtcelat_shows_upstream_beside_ours lat_compare_is
check mtcelat_says_that_kvm_is_missing without_kvm
check mtcelat_knows_no_table_of_a_hypercall refuses 2 'not the table' "$TOOLS/mtcelat" --hcall --by table
check mtcelat_wants_hcall_for_hypercalls refuses 2 'with --hcall only' "$TOOLS/mtcelat" --call H_PUT_TCE
check mtcelat_has_no_calls_among_hypercalls refuses 2 'only' "$TOOLS/mtcelat" --hcall --call map
check mtcesnoop_has_no_failed_hypercalls refuses 2 'do not go with them' "$TOOLS/mtcesnoop" --hcall --failed
[[ ! ${MTCE_OUT-} ]] || cp "$WORK"/*.out "$WORK"/*.err "$MTCE_OUT/" 2>/dev/null || true
watch_done
