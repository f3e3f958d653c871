# SPDX-License-Identifier: GPL-2.0
# Replays, what was not measured, the machine, the context, the files. A module of jq; input is the model.
include "html";
include "numbers";
include "gallery";

def fewer: if . == null then value elif . == "none" then "<td class=\"n\">none</td>" else value("\(number)×"; null) end;
def replay_row: @html "<tr><td><span class=\"mark b-\(.backend)\"></span>\(.backend)</td><td>\(.way)</td>" + (.ioctls | value(thousands; null))
	+ (.instructions | value) + (.instructions_fewer | fewer) + (.kills | value) + (.kills_fewer | fewer)
	+ ([.p50, .p99, .max | if . == null then value else . / 1000 | value end] | join("")) + "</tr>";
def replay_part: "<tbody><tr class=\"group\"><th colspan=\"10\" scope=\"rowgroup\"><span>\(.part): \(.hypercalls | thousands) hypercalls on \(.tces | thousands) TCEs</span></th></tr>", (.rows[] | replay_row), "</tbody>";
def replay:
	@html "<h3>\(.stream.name)</h3>",
	@html "<p>\(.stream.lines | thousands) lines, \(if .stream.recorded_pace then "at the pace at which they were recorded" else "as fast as it goes" end); <a href=\"\(.folder)/replay.json\">another run</a>: mtce \(.commit[:10]), \(.date | when), kernel \(.kernel).</p>",
	([.parts[] | replay_part] | table("<tr>\(["back end", "way"] | heads)\(["ioctls", "instr / TCE", "times fewer", "kills / TCE", "times fewer", "p50 µs", "p99 µs", "max µs"] | number_heads)</tr>"; "replay"));
def replay_section:
	if .replays | length == 0 then empty else
	[("What real guests asked of their tables, recorded and done again. <b>times fewer</b>: than upstream, an ioctl a page. Times are of what is called at once: a hypercall, or as many as are gathered." | paragraph),
	(if any(.replays[]; .emulated) then "<p class=\"caution\">Emulated time, not POWER8 latency.</p>" else empty end),
	(.replays[] | replay),
	"<h3>The ways</h3>", "<dl class=\"words\">", ([.replays[].ways] | add | to_entries[] | @html "<dt>\(.key)</dt><dd>\(.value)</dd>"), "</dl>"] | section("replay"; "Replay of real guests") end;

def reasons($title): if length == 0 then empty else "<h3>\($title)</h3>",
	(["<tbody>", (.[] | @html "<tr><td>\(.scenario)</td><td>\(.backends | join(", "))</td><td class=\"wrap\">\(.reason)</td></tr>"), "</tbody>"]
		| table("<tr>\(["scenario", "back ends", "reason"] | heads)</tr>"; "reasons")) end;
def missing_section:
	[if (.skipped + .failed) | length == 0 then "Nothing: every scenario ran on every back end that it is for." | paragraph else empty end,
	(.failed | reasons("Failed")), (.skipped | reasons("Skipped"))] | section("missing"; "What was not measured");

# Whatever is in there, a row for each value; a histogram is its percentiles.
def is_histogram: type == "object" and has("bins") and has("count");
def histogram_words: "\(.count | thousands) times; p50 \(.p50 / 1000 | short), p99 \(.p99 / 1000 | short), max \(.max / 1000 | short) µs";
def scalar_words: if . == null then "–" elif type == "number" and fabs >= 10000 and . == floor then signed(0) else tostring end;
def flat($prefix):
	if is_histogram then {key: $prefix, value: (if .count > 0 then histogram_words else "none" end)}
	elif type == "object" then to_entries[] | .key as $k | .value | flat(if $prefix == "" then $k else "\($prefix).\($k)" end)
	elif type == "array" and all(.[]; type != "object" and type != "array") then {key: $prefix, value: (map(scalar_words) | join(" "))}
	elif type == "array" then to_entries[] | .key as $k | .value | flat("\($prefix)[\($k)]")
	else {key: $prefix, value: scalar_words} end;
def pairs($class): ["<tbody>", (flat("") | @html "<tr><th scope=\"row\">\(.key)</th><td class=\"wrap\">\(.value)</td></tr>"), "</tbody>"] | table(""; $class);

def machine_section:
	if .machine | length == 0 then empty else
	[("What the machine does by itself, measured beside the scenarios: the cost of counting, which is taken off, of the shortest system call and of reading the clock\(if [.machine | .. | objects | keys[] | test("stall")] | any then ", and its stalls, which a latency's outliers are to be compared with" else "" end)." | paragraph),
	(.machine | pairs("pairs"))] | section("machine"; "The machine itself") end;
def context_section: [(.context | pairs("pairs")), (if .effort | length > 0 then "<h3>Effort</h3>", (.effort | pairs("pairs")) else empty end)] | section("context"; "Context");

def file_words: {"bench.json": "every scenario and back end, with the raw bins of each histogram", "table.txt": "the comparison as text",
	"kills.tsv": "stores to the TCE kill register that QEMU saw, by section", "context.json": "commit, kernel, QEMU, date"}[.] // "";
def files_section:
	["<ul class=\"files\">", (.files[] | @html "<li><a href=\"\(.)\">\(.)</a> \(file_words)</li>"),
	"<li><a href=\"summary.md\">summary.md</a> the short of it, for a mail</li>",
	(.sweep | values | @html "<li><a href=\"\(.folder)/sweep.json\">sweep.json</a> of the sweep, and <a href=\"\(.folder)/sweep.tsv\">its rows</a></li>"),
	(.replays[] | @html "<li><a href=\"\(.folder)/replay.json\">replay.json</a> of \(.stream.name)</li>"), "</ul>"]
	| section("files"; "Files");

def how_section:
	. as $m | ["<dl class=\"words\">",
	"<dt>upstream</dt><dd>Linux's own <code>vfio_iommu_spapr_tce</code>, one ioctl per page or range, memory registered beforehand (v1 where it says so).</dd>",
	"<dt>mtce-takeover</dt><dd>mtce under upstream's container types: what an unmodified QEMU or DPDK gets. It has no batched calls there, so lists and arrays are one ioctl for each piece.</dd>",
	"<dt>mtce</dt><dd>the private type with <i>update</i> and <i>put list</i>; in rows named lazy its unmaps are, and the flush that they owe is counted with them.</dd>",
	"<dt>instructions</dt><dd>of user and kernel, by the CPU's counter, less what counting costs; the median of the samples.</dd>",
	"<dt>kill stores</dt><dd>MMIO stores that tell the bridge to forget translations\(if $m.about.emulated then ", counted outside the guest by QEMU" else "" end).</dd>",
	"<dt>TCE</dt><dd>one entry of the table that the bridge translates a device's addresses with.</dd></dl>",
	(if $m.about.emulated then "<p>What emulation cannot show: latency; what a kill costs the bridge, which has no translation cache here; a cache miss. Instruction counts are some percent low, and equally so for every back end.</p>" else empty end)]
	| section("how"; "How to read it");
