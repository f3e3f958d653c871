# SPDX-License-Identifier: GPL-2.0
# Which pictures there are: the page shows them, pictures.jq draws them. Input: the model. A module of jq.

# "4k-one-page" is "one-page" where the page size is said already.
def short_name: sub("^[0-9]+[kmg]-"; "");
def page_words: if . == null then "?" elif . >= 1048576 then "\(. / 1048576) MiB" else "\(. / 1024) KiB" end;

# Latency: headline scenarios with the smallest TCEs; those of others are in the table.
def latency_pictures:
	.pages[0] as $page | [.rows[] | select(.headline and .page == $page)
	| select(any(.cells[]; .latency.bins)) | . + {picture: "latency-\(.scenario)-\(.step)"}];

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
def sweep_picture($work; $question): "sweep-\($work)-\($question)";
