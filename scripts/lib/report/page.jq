# SPDX-License-Identifier: GPL-2.0
# The page of a run, lines of HTML; where a picture goes is a comment. Input: the model. Argument: css.
include "part-head";
include "part-rows";
include "part-pictures";
include "part-rest";

[headline, comparison_section, goals_section, latency_section, batch_section, threads_section, sweep_section, replay_section,
 missing_section, machine_section, context_section, files_section, how_section] as $sections
| [$sections[] | capture("^<section id=\"(?<id>[a-z]+)\"><h2>(?<title>[^<]*)</h2>") | [.id, .title]] as $contents
| head($css), nav($contents), "<main>", $sections[], "</main>", "</body>", "</html>"
