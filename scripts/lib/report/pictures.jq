# SPDX-License-Identifier: GPL-2.0
# What gnuplot draws of a run: lines of "file TAB line", where draw.gp draws them all. Input: the model.
# Argument: lib, the folder of the scripts of gnuplot.
include "latency-bins";
include "numbers";
include "gallery";

def colour: {upstream: "#d55e00", "mtce-takeover": "#009e73", mtce: "#0072b2"}[.] // "#cc79a7";
def to_file($picture; $file): "\($picture)/\($file)\t\(.)";
def columns: map(tostring) | join("\t");
def clip($n): if length > $n then .[:$n - 1] + "…" else . end;

def source: .about | "mtce \(.commit[:10])\(if .dirty then " with local changes" else "" end), \(.date[:10]), \(.kernel)";
def emulated_words: if .about.emulated == false then "" elif .about.emulated then "emulated time, not POWER8 latency" else "unknown whether emulated" end;

# Of every picture: where it goes, how it is drawn. Lines of draw.gp.
def draw($picture; $script; $height):
	"reset", "folder = folder_of_data.'/\($picture)'", "style = folder.'/style.gp'", "output = folder_of_pictures.'/\($picture).'.kind",
	"width = 520; height = \($height); size = 14; left = 72; text_left = 12; right = 14", "load folder_of_gp.'/\($script).gp'"
	| "draw.gp\t\(.)";

def latency_words: .latency as $l | "\(.backend): \($l.count | thousands) calls, p50 \($l.p50 / 1000 | short)"
	+ (if $l.count >= 100 then ", p99 \($l.p99 / 1000 | short)" else "" end) + ", max \($l.max / 1000 | short) µs";
# Pictures of one scenario have one range.
def draw_latency($model):
	.picture as $p | .scenario as $scenario
	| [$model.rows[] | select(.scenario == $scenario) | .cells[].latency.bins | values | {bins: .}] as $beside
	| {about: {what: "\(.scenario): \(.step)", where: (.sentence | clip(70)), emulated: $model.about.emulated}, beside: $beside,
	   series: [.cells | to_entries[] | select(.value.latency.bins)
		| {backend: .key, colour: (.key | colour), latency: .value.latency, bins: (.value.latency.bins | coarser(8)), fine: (.value.latency.bins | coarser(16))}]}
	| draw($p; "latency-histogram"; 575 + 22 * (.series | length)),
	  ((histogram_style(latency_words; true) | sub("@axis"; "xtics")), "source = \($model | source | quote)" | to_file($p; "style.gp")),
	  (.series | to_entries[] | (.key + 1) as $i | .value
		| (.bins | shape | columns | to_file($p; "shape-\($i)")),
		  (.fine | tail | columns | to_file($p; "tail-\($i)")));

# So far apart that their names have room.
def apart: reduce .[] as $x ([]; if length == 0 or $x >= last * 4 then . + [$x] else . end);

# Lines over the size of a batch: {title, dashed, backend, points: [[x, y]...]}.
def draw_lines($p; $model; $what; $y; $caution):
	map(select(.points | length > 0)) | select(length > 0)
	| draw($p; "report/batch"; 410),
	  ("what = \($what | quote)", "y = \($y | quote)", "caution = \($caution | quote)", "source = \($model | source | quote)",
	   "count = \(length)", "y_format = '\(if ([.[].points[][1]] | max) > 99999 then "%.0s%c" else "%g" end)'", ([.[].points[][0]] | unique | "sizes = \(map(tostring) | join(" ") | quote)", "labelled = \(apart | map(tostring) | join(" ") | quote)"),
	   "colours = \(map(.backend | colour) | join(" ") | quote)", "dashes = '\(map(if .dashed then "2" else "1" end) | join(" "))'",
	   "points = '\(map(if .dashed then "6" else "7" end) | join(" "))'",
	   "array titles[\(length)] = [\(map(.title | quote) | join(", "))]" | to_file($p; "style.gp")),
	  (to_entries[] | (.key + 1) as $i | .value.points[] | columns | to_file($p; "line-\($i)"));
def first_and_last: if length > 1 then [first, last] else . end;
def draw_family($model):
	. as $f | ($model.backends | first_and_last) as $shown
	| ([$shown[] as $b | ($f.steps | to_entries[:2][]) as {key: $i, value: $step}
		| {title: "\($b) \($step)", dashed: ($i > 0), backend: $b,
		   points: [$f.rows[] | select(.step == $step) | [.tces, .cells[$b].instructions] | select(.[1] > 0)]}]
		| draw_lines("batch-\($f.name)-instructions"; $model; "\($f.name): instructions by size of the batch"; "instructions per TCE"; "")),
	  (select($f | has_latency_picture) | [$shown[] as $b | ("p50", "p90") as $percentile
		| {title: "\($b) \($percentile)", dashed: ($percentile == "p90"), backend: $b,
		   points: [$f.rows[] | select(.step == $f.steps[0]) | .tces as $n | .cells[$b].latency | select(.count >= 10) | [$n, .[$percentile] / 1000]]}]
		| draw_lines("batch-\($f.name)-latency"; $model; "\($f.name): latency of a \($f.steps[0]) by size of the batch"; "µs per call"; ($model | emulated_words)));

# A bar for each back end, from the top down; a tick where the machine's own is.
def draw_threads($model):
	. as $all | $model.backends as $backends | ($backends | length) as $n
	| draw("threads"; "report/threads"; 150 + (length * ($n * 17 + 16))),
	  ("source = \($model | source | quote)", "caution = \($model | emulated_words | quote)", "scenarios = \(length)", "backends = \($n)",
	   "colours = \($backends | map(colour) | join(" ") | quote)", "names = \($backends | join(" ") | quote)",
	   "most = \([$all[].cells[] | .scaling, .machine_scaling | values] + [2] | max)",
	   "array names_of[\(length)] = [\(map(.scenario | short_name | sub("^smp-"; "") | quote) | join(", "))]" | to_file("threads"; "style.gp")),
	  (to_entries[] | .key as $i | .value | ($backends | to_entries[]) as {key: $b, value: $name}
		| .cells[$name] | select(.scaling)
		| [$i * ($n + 1) + $b, .scaling, (.machine_scaling // 0), "\"\(.scaling | number) (\((.share_of_machine // 0) * 100 | round) %)\""]
		| columns | to_file("threads"; "bars-\($b + 1)"));

def draw_sweep($model):
	.works as $works | (.works[]) as $work | (1, 2, 3, 4) as $question
	| sweep_picture($work; $question) as $p
	| draw($p; "report/sweep"; 400),
	  ("w = \($work | quote)", "question = \($question)", "source = \($model.sweep.source | quote)", .variables | to_file($p; "style.gp"));

. as $model
| (latency_pictures[] | draw_latency($model)),
  (families[] | draw_family($model)),
  (if .threads | length > 0 then .threads | draw_threads($model) else empty end),
  (.sweep // empty | draw_sweep($model))
