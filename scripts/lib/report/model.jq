# SPDX-License-Identifier: GPL-2.0
# A bench.json as what the report shows: rows of back ends side by side, threads, goals. No words and no shapes here.
#   jq --arg name FOLDER --argjson files [...] --rawfile table table.txt --slurpfile extras EXTRAS -f model.jq bench.json
# EXTRAS: {sweep: {folder, ...}, replays: [{folder, json}]}

def backend_order: ["upstream", "mtce-takeover", "mtce"] as $known | . as $b | ($known | index($b)) // 99;
def unique_unsorted: reduce .[] as $x ([]; if index([$x]) then . else . + [$x] end);

# Steps as they come, but a total is the last.
def step_order: if . == "total" then 1 else 0 end;
def steps: [to_entries[] | select(.key != "threads") | select(.value | objects | has("calls") or has("latency_ns")) | .key] | sort_by(step_order);

# As bench/stats.c does it: how many samples of either end may be left out of an interval that holds the median with 95 %.
def left_out:
	. as $n | {k: 0, term: (-$n | exp2)} | .sum = .term
	| until(.k >= $n or .sum > 0.025; .k += 1 | .term *= ($n - .k + 1) / .k | .sum += .term)
	| [.k - 1, 0] | max;
def interval: if length == 0 then null else sort as $s | ($s | length | left_out) as $k | [$s[$k], $s[length - 1 - $k]] end;

def per_tce($n): if . == null or ($n // 0) == 0 then null else . / $n end;

# What one back end did in one step.
def cell($result; $step; $per; $headline):
	$result[$step] as $o
	| if $result == null then {state: "absent"}
	  elif $result.failed then {state: "failed", reason: $result.failed}
	  elif $result.skipped then {state: "skipped", reason: $result.skipped}
	  elif $o == null then {state: "absent"}
	  else (if $per == "call" then 1 else $result.tces_per_call end) as $n
	| ($o.instructions_per_call_samples // []) as $samples
	| {state: "measured", how: ($o.how // null), calls: $o.calls, counted: ($o | has("instructions_per_call")),
	   instructions: (if $per == "call" then $o.instructions_per_call else $o.instructions_per_tce end),
	   samples: ($samples | length), interval: ($samples | interval // [] | map(per_tce($n))),
	   kills: ($o.kill_stores | per_tce(if $per == "call" then $o.kill_calls else $o.kill_tces end)),
	   kill_reason: ($o.kill_reason // null),
	   latency: ($o.latency_ns // null | if . != null and ($headline | not) then del(.bins) else . end)}
	  end;

def rows($backends):
	[.scenarios | group_by(.name)[]] as $groups | (.scenarios | map(.name) | unique_unsorted) as $names
	| ($groups | map({key: .[0].name, value: map({key: .backend, value: .}) | from_entries}) | from_entries) as $by_name
	| [$names[] as $name | $by_name[$name] as $results
	| (first($backends[] as $b | $results[$b] | values)) as $like
	| ([$results[] | steps] | add | unique_unsorted | sort_by(step_order)
		| if length == 0 and ([$results[] | select(.threads)] | length) == 0 then ["–"] else . end)[] as $step
	| {scenario: $name, sentence: ($like.sentence // ""), step: $step, per: ($like.per // "tce"), page: $like.tce_page,
	   tces: $like.tces_per_call, headline: ($like.headline == true),
	   cells: ($backends | map({key: ., value: cell($results[.]; $step; $like.per // "tce"; $like.headline)}) | from_entries)}
	# Neither counted nor to be counted: what one thread waits beside another, say.
	| .timed_only = ([.cells[] | select(.state == "measured")] | length > 0 and all(.[]; .counted == false and .latency != null))
	| .ratio = (if ($backends | length) < 2 then null else
		(.cells[$backends[0]].instructions) as $base | (.cells[$backends[-1]].instructions) as $new
		| if $base == null or ($new // 0) <= 0 then null else $base / $new end end)];

def threads($backends):
	[.scenarios[] | select(.threads)] | (map(.name) | unique_unsorted) as $names
	| . as $all | [$names[] as $name | ([$all[] | select(.name == $name)]) as $results
	| {scenario: $name, sentence: $results[0].sentence,
	   cells: ($results | map({key: .backend, value: .threads}) | from_entries)}];

# What was not measured: each reason once, with the back ends that it holds for.
def missing($state):
	[.scenarios[] | select(.[$state])] | group_by([.name, .[$state]])
	| map({scenario: .[0].name, sentence: .[0].sentence, backends: map(.backend), reason: .[0][$state]});

# mtce-compare's words: a line for each goal after a heading, then notes.
def goals:
	[$table | split("\n") | .[(map(startswith("goals ")) | index(true) // length):][1:][]] as $lines
	| {rows: [$lines[] | capture("^(?<backend>\\S+) +(?<scenario>\\S+) +(?<step>\\S+) +(?<what>.+?) +(?<is>\\S+) +(?<sign>>=|<=) *(?<goal>\\S+) +(?<said>met|MISSED)$")],
	   notes: ([$lines[] | select(test("(met|MISSED)$") | not)] | join(" ") | gsub("^ +| +$"; ""))};

def about:
	{name: $name, emulated: .context.emulated, date: (.context.date // ""), kernel: (.context.kernel // "unknown"),
	 page_size: .context.page_size, commit: (.context.mtce_commit // "unknown"), dirty: (.context.mtce_dirty == true),
	 qemu: .context.qemu, cpus: .context.cpus_online, cpu: (.context.machine.cpu // "unknown CPU"),
	 model: (.context.machine.model // .context.machine["model name"] // .context.arch // "unknown machine"),
	 command: (.context.command // [] | if type == "array" then map(tostring) | join(" ") else tostring end)};

(.scenarios | map(.backend) | unique_unsorted | sort_by(backend_order)) as $backends
| rows($backends) as $rows
| {about: about, schema, latency_note, context: (.context // {}), effort: (.effort // {}),
   machine: ((.floor // {}) + (if .stalls then {stalls: .stalls} else {} end)),
   backends: $backends, rows: $rows, pages: ([$rows[].page] | unique), threads: threads($backends),
   skipped: missing("skipped"), failed: missing("failed"), goals: goals, files: $files,
   sweep: ($extras | add | .sweep), replays: ($extras | add | .replays)}
