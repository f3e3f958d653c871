# SPDX-License-Identifier: GPL-2.0
# Which pictures there are: the page shows them, pictures.jq draws them. Input: the model. A module of jq.

# "4k-one-page" is "one-page" where the page size is said already.
def short_name: sub("^[0-9]+[kmg]-"; "");
def page_words: if . == null then "?" elif . >= 1048576 then "\(. / 1048576) MiB" else "\(. / 1024) KiB" end;

# A file's name, whatever a scenario is called.
def file_name: gsub("[^A-Za-z0-9_.-]"; "-");

# Latency: headline scenarios with the smallest TCEs; those of others are in the table.
def latency_pictures:
	.pages[0] as $page | [.rows[] | select(.headline and .page == $page)
	| select(any(.cells[]; .latency.bins)) | . + {picture: ("latency-\(.scenario)-\(.step)" | file_name)}]
	| (group_by(.scenario) | map({key: .[0].scenario, value: length}) | from_entries) as $steps
	# Steps stand side by side, so pairs come first.
	| map(select($steps[.scenario] % 2 == 0)) + map(select($steps[.scenario] % 2 == 1));

# Scenarios that differ in the size of the batch only, three sizes at least: {name, steps, points: [row...]}.
def families:
	.pages[0] as $page | [.rows[] | select(.page == $page and .per == "tce" and .tces > 0)
	| (.scenario | short_name
		| if . == "one-page" then {family: "range", rest: ""} else capture("^(?<family>[a-z]+(-[a-z]+)*)-[0-9]+(?<rest>(-[a-z]+)?)$") end) as $f
	| . + {family: ($f.family + ($f.rest // ""))}]
	| reduce .[] as $r ([]; (map(.name) | index([$r.family])) as $i
		| if $i == null then . + [{name: $r.family, rows: [$r]}] else .[$i].rows += [$r] end)
	| map(.rows |= sort_by(.tces) | . + {steps: (reduce .rows[].step as $s ([]; if index([$s]) then . else . + [$s] end))})
	| map(select(([.rows[].tces] | unique | length) >= 3));

# Instructions of all of them; the latency of a variant (update-scattered, kill-entry) says little beside that of the plain one.
def has_latency_picture: .name | contains("-") | not;

# The name of a sweep's panel, made of the name of its work and the number of its question.
def sweep_picture($work; $question): "sweep-\($work)-\($question)" | file_name;
