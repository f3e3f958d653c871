# SPDX-License-Identifier: GPL-2.0
# Tables of instructions and kill stores, and the goals. A module of jq; input is the model.
include "html";
include "numbers";
include "gallery";

def spread: if .samples < 2 or .instructions == null or .instructions <= 0 then null
	else (.interval[1] - .interval[0]) / 2 / .instructions * 100 end;
def cell_title: [.how, (if .calls then plural(.calls | thousands; "call"; "calls") else empty end), (if .samples > 0 then plural(.samples; "sample"; "samples") else empty end),
	(if .samples > 1 then "95 % interval \(.interval | map(short | tostring) | join(" to "))" else empty end)] | map(values) | join("; ");
def plus_minus: if . == null then "" elif . == 0 then "±0" elif . < 0.05 then "±<0.1%" else "±\(fixed(if . < 9.95 then 1 else 0 end))%" end;
def instructions:
	if .state == "measured" then . as $c | .instructions
		| (if . == null then value(null; "not counted") else value(number; $c | cell_title) end),
		  @html "<td class=\"pm\">\($c | spread | plus_minus)</td>"
	elif .state == "absent" then "<td class=\"n none\">–</td><td class=\"pm\"></td>"
	else @html "<td class=\"n \(.state)\" title=\"\(.reason)\">\(.state)</td><td class=\"pm\"></td>" end;
def kills: . as $c | if .state == "measured" then .kills | value(number; $c.kill_reason) else "<td></td>" end;

# The shade is as long as the ratio is large, 100 being all of it.
def ratio: if . == null then "<td class=\"n none\">–</td>"
	else ([[(if . < 1 then 1 / . else . end | log10) * 50, 100] | min, 0] | max | round) as $w
	| @html "<td class=\"n ratio \(if . < 0.995 then "dearer" else "" end)\" style=\"--w:\($w)%\" title=\"\(.)\"><data value=\"\(.)\">\(number)×</data></td>" end;

def rows_head($model):
	$model.backends as $b | ($b | length) as $n
	| "<tr><th rowspan=\"2\" scope=\"col\">scenario</th><th rowspan=\"2\" scope=\"col\" class=\"step\">step</th><th colspan=\"\($n * 2)\" scope=\"colgroup\">instructions</th>"
	+ (if $n > 1 then "<th rowspan=\"2\" scope=\"col\" class=\"n\">ratio</th>" else "" end) + "<th colspan=\"\($n)\" scope=\"colgroup\">kill stores</th></tr>",
	"<tr>\($b | map("<th scope=\"col\" class=\"n\" colspan=\"2\">\(backend_mark)</th>") | join(""))\($b | map("<th scope=\"col\" class=\"n\">\(backend_mark)</th>") | join(""))</tr>";

# A scenario's name stands beside the first of its steps.
def scenario_rows($model):
	length as $n | to_entries[] | .key as $i | .value as $r
	| @html "<tr data-row=\"\($r.scenario) \($r.step)\">"
	+ (if $i > 0 then "" else @html "<th scope=\"rowgroup\" rowspan=\"\($n)\">\($r.scenario | if $r.per == "tce" then short_name else . end)<small>\($r.sentence // "")</small></th>" end)
	+ @html "<td class=\"step\">\($r.step)</td>" + ([$model.backends[] as $b | $r.cells[$b] | instructions] | join(""))
	+ (if $model.backends | length > 1 then $r.ratio | ratio else "" end)
	+ ([$model.backends[] as $b | $r.cells[$b] | kills] | join("")) + "</tr>";

def by_scenario: reduce .[] as $r ([]; if length > 0 and .[-1][0].scenario == $r.scenario then .[-1] += [$r] else . + [[$r]] end);
def body($title; $model): "<tbody><tr class=\"group\"><th colspan=\"\(3 + 3 * ($model.backends | length))\" scope=\"rowgroup\"><span>\($title)</span></th></tr>", (by_scenario[] | scenario_rows($model)), "</tbody>";
# For TCEs of each size, then what is not per TCE.
def bodies($model):
	(group_by(.page)[] | map(select(.per == "tce")) | select(length > 0) | body("per TCE of \(.[0].page | page_words)"; $model)),
	(map(select(.per != "tce")) | select(length > 0) | body("in all, per call"; $model));
def rows_table($model): [bodies($model)] | table([rows_head($model)] | join(""); "rows");

def ratio_note: if .backends | length > 1 then "<b>ratio</b>: instructions of \(.backends[0]) divided by those of \(.backends[-1]); above 1, \(.backends[-1]) needs fewer. " else "" end;
def headline:
	. as $m | [.rows[] | select(.headline and (.timed_only | not))] | if length == 0 then empty else
	[rows_table($m), ("\($m | ratio_note)<b>±</b>: half of the median's 95 % interval (of fewer than six samples: of their range), in percent." | paragraph)]
	| section("headline"; "In short") end;

def group_words: if .[0].per != "tce" then "in all, per call" else "\(.[0].page | page_words) TCEs" end;
def comparison_groups:
	[.rows[] | select(.timed_only | not)] | (group_by(.page) | map(map(select(.per == "tce")))) + [map(select(.per != "tce"))] | map(select(length > 0));
def comparison_section:
	. as $m | [("Every column does the same work; without the calls <i>update</i> and <i>put list</i> it takes one ioctl per page or range. Numbers are medians; the mouse over one shows how it came about." | paragraph),
	(comparison_groups[] | . as $g | ([.[].scenario] | unique | length) as $n
		| [rows_table($m)] | details("\($g | group_words): \(plural($n; "scenario"; "scenarios"))"; false))]
	| section("comparison"; "Everything side by side");

def goal_row: @html "<tr class=\"\(if .said == "met" then "" else "missed" end)\"><td><span class=\"mark b-\(.backend)\"></span>\(.backend)</td><td>\(.scenario)</td><td>\(.step)</td><td>\(.what)</td><td class=\"n\">\(.is)</td><td class=\"n\">\(if .sign == ">=" then "≥" else "≤" end) \(.goal)</td><td class=\"said\">\(.said)</td></tr>";
def goals_section:
	.goals as $g | ([$g.rows[] | select(.said != "met")]) as $missed
	| [if $g.rows | length == 0 then "The run has no goals: none of its scenarios has one, or it has no table.txt." | paragraph else
		("\(plural(($g.rows | length) - ($missed | length); "goal is"; "goals are")) met, \($missed | length) missed." | paragraph),
		([$missed[], ($g.rows[] | select(.said == "met"))] | ["<tbody>", (.[] | goal_row), "</tbody>"]
			| table("<tr>\(["back end", "scenario", "step", "what"] | heads)\(["is", "goal"] | number_heads)<th></th></tr>"; "goals")),
		@html "<p class=\"note\">\($g.notes)</p>" end]
	| section("goals"; "Goals");
