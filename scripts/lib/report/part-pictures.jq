# SPDX-License-Identifier: GPL-2.0
# Latency, size of batches, threads, the sweep. A module of jq; input is the model.
include "html";
include "numbers";
include "gallery";

def emulated_note: if .about.emulated == false then empty else "<p class=\"caution\">\(if .about.emulated then "Emulated time, not POWER8 latency." else "Unknown whether emulated." end)</p>" end;
def page_caption($page): "\($page | page_words) TCEs";

def us: if . == null then value else . / 1000 | value end;
# What few samples cannot say is left out.
def latency_cells: . as $l | [(.count | value(thousands; null)), (.min | us), (.p50 | us), (.p90 | us),
	(if $l.count >= 100 then .p99 else null end | us), (if $l.count >= 1000 then .p99_9 else null end | us), (.max | us),
	(if .p50 > 0 then .max / .p50 else null end | value("\(number)×"; null))] | join("");
def latency_rows($model):
	. as $r | [$model.backends[] | select($r.cells[.].latency)] as $b
	| $b | to_entries[] | @html "<tr data-time=\"\($r.scenario) \($r.step)\">"
	+ (if .key > 0 then "" else @html "<th scope=\"rowgroup\" rowspan=\"\($b | length)\">\($r.scenario | short_name)<small>\($r.step)</small></th>" end)
	+ "<td>\(.value | backend_mark)</td>" + ($r.cells[.value].latency | latency_cells) + "</tr>";
def latency_table($model):
	["<tbody>", (.[] | latency_rows($model)), "</tbody>"]
	| table("<tr><th>scenario</th><th>back end</th>\(["calls", "min", "p50", "p90", "p99", "p99.9", "max", "max / p50"] | number_heads)</tr>"; "latency");
# Of a machine that was watched for standing still.
def stalls_note:
	.machine.stalls? | objects | select(.watched_ms) | (.gaps_ns // {count: 0}) as $gaps
	| "<p>By itself the machine stood still \(plural($gaps.count | thousands; "time"; "times")) in \(.watched_ms / 1000 | number) s watched, \(.lost_percent | number) % of the time"
	+ (if $gaps.count > 0 then ", at most for \($gaps.max / 1000 | number) µs: tails of that length are not a back end's.</p>" else ".</p>" end);
def latency_section:
	. as $m | [.rows[] | select((.headline or .timed_only) and any(.cells[]; .latency))] as $rows
	| if $rows | length == 0 then empty else
	[emulated_note, ("Time of one call as its program sees it, µs. Above, the share of calls for each doubling of latency; below, the percentiles, from the merged bins. Of other scenarios <code>scripts/plot-latency</code> draws the same." | paragraph),
	([latency_pictures[] | .scenario as $s | .step as $t | .picture | figure("Latency of \($s), \($t)")] | gallery),
	($rows | group_by(.page)[] | .[0].page as $page
		| [latency_table($m)] | details("The numbers, with the outliers: \(page_caption($page)), µs per call"; false)),
	("Outliers are kept: <b>max</b> is the slowest call of all. Percentiles that so few calls cannot show are left out: p99 wants 100, p99.9 wants 1,000." | paragraph),
	stalls_note]
	| section("latency"; "Latency") end;

def batch_section:
	families as $families | if $families | length == 0 then empty else
	[("One call with more TCEs: instructions per TCE (lines of maps are full, of unmaps dashed) and time of the whole call (half of the calls are below the full line, nine of ten below the dashed one). \(page_caption(.pages[0])), both axes logarithmic." | paragraph),
	emulated_note,
	([$families[] | ("batch-\(.name)-instructions" | figure("Instructions per TCE by size of the batch")),
		(select(has_latency_picture) | "batch-\(.name)-latency" | figure("Latency by size of the batch"))] | gallery)]
	| section("batch"; "Size of the batch") end;

def thread_rows($model):
	. as $t | [$model.backends[] | select($t.cells[.])] as $b
	| $b | to_entries[] | $t.cells[.value] as $c
	| @html "<tr data-row=\"\($t.scenario) threads \(.value)\">"
	+ (if .key > 0 then "" else @html "<th scope=\"rowgroup\" rowspan=\"\($b | length)\">\($t.scenario | short_name)<small>\($t.sentence // "")</small></th>" end)
	+ "<td>\(.value | backend_mark)</td>"
	+ ([$c.one_thread.tces_per_second, $c.two_threads.tces_per_second | if . == null then value else . / 1000 | value end] | join(""))
	+ ([$c.one_thread.instructions_per_tce, $c.two_threads.instructions_per_tce, $c.scaling, $c.machine_scaling, $c.share_of_machine | value] | join("")) + "</tr>";
def threads_section:
	. as $m | if .threads | length == 0 then empty else
	[emulated_note, ("<b>scaling</b>: what two threads do, on two CPUs in disjoint ranges of one table or of two (-2w), over what one does. <b>machine</b>: the same of a loop beside it that shares nothing and does as many instructions and stores. <b>share</b>: the one in the other; judge by it where the machine is below 2, as on a busy host." | paragraph),
	(["threads" | figure("Two threads over one, by scenario and back end")] | gallery),
	([[ "<tbody>", (.threads[] | thread_rows($m)), "</tbody>"]
		| table("<tr><th rowspan=\"2\">scenario</th><th rowspan=\"2\">back end</th><th colspan=\"2\">1,000 TCEs per second</th><th colspan=\"2\">instructions / TCE</th><th rowspan=\"2\" class=\"n\">scaling</th><th rowspan=\"2\" class=\"n\">machine</th><th rowspan=\"2\" class=\"n\">share</th></tr><tr>\(["1 thread", "2", "1 thread", "2"] | number_heads)</tr>"; "threads")]
		| details("The numbers"; false))]
	| section("threads"; "Threads") end;

def sweep_section:
	.sweep as $s | if $s == null then empty else
	[@html "<p>Lazy unmaps under many settings of the driver, <a href=\"\($s.folder)/sweep.json\">another run</a>: mtce \($s.commit[:10]), \($s.date | when). Entries of the queue go to the right.</p>",
	(if $s.emulated then "<p class=\"caution\">Emulated: instructions and stores are counted, but what depends on time (timeouts, what is held) is not a POWER8's.</p>" else empty end),
	($s.sentences | to_entries[] | @html "<p class=\"note\"><b>\(.key)</b>: \(.value)</p>"),
	([$s.works[] as $w | (1, 2, 3, 4) as $q | sweep_picture($w; $q) | figure("Lazy unmaps, \($w)")] | gallery),
	([@html "<div class=\"scroll\" tabindex=\"0\"><pre>\($s.table)</pre></div>"] | details("The numbers"; false))]
	| section("sweep"; "Lazy unmaps: the sweep") end;
