# SPDX-License-Identifier: GPL-2.0
# What a run looks like: a page, pictures, a summary for a mail. After common.sh, sweep.sh.
# shellcheck shell=bash

REPORT_LIB=$TOP/scripts/lib

# report_make RUN WORK SWEEP REPLAY...: SWEEP may be empty. Makes report.html, pictures/ and summary.md in RUN.
report_make() {
	local run=$1 work=$2
	report_model "$@"
	report_pictures "$work"
	report_page "$work"
	report_jq "$work" summary.jq >"$work/summary.md"
	# All of it, or nothing.
	rm -rf "$run/pictures"
	mv "$work/pictures" "$work/report.html" "$work/summary.md" "$run"
}

report_jq() { # WORK PROGRAM [ARGUMENT...]
	local work=$1 program=$2
	shift 2
	jq -r -L "$REPORT_LIB" -L "$REPORT_LIB/report" "$@" -f "$REPORT_LIB/report/$program" "$work/model.json" ||
		die "the run has something that ${program%.jq} does not understand"
}

# Everything that is shown, once, for all that show it.
report_model() { # RUN WORK SWEEP REPLAY...
	local run=$1 work=$2 file files=()
	for file in bench.json table.txt kills.tsv context.json; do
		[[ ! -e $run/$file ]] || files+=("$file")
	done
	report_extras "$@" >"$work/extras.json"
	if [[ -e $run/table.txt ]]; then cat "$run/table.txt"; fi >"$work/table.txt"
	jq -c --arg name "$(basename "$(realpath "$run")")" --argjson files "$(jq -nc '$ARGS.positional' --args "${files[@]}")" \
		--rawfile table "$work/table.txt" --slurpfile extras "$work/extras.json" \
		-f "$REPORT_LIB/report/model.jq" "$run/bench.json" >"$work/model.json" || die "cannot make a report of $run/bench.json"
}

# The sweep and the replays that go with the run: their folders as seen from it, and what they say.
report_extras() { # RUN WORK SWEEP REPLAY...
	local run=$1 work=$2 sweep=$3 replay
	shift 3
	if [[ $sweep ]]; then
		jq -r -f "$REPORT_LIB/sweep-rows.jq" "$sweep/sweep.json" >"$work/sweep.tsv"
		sweep_table "$sweep/sweep.json" "$work/sweep.tsv" >"$work/sweep.txt"
		jq -c --arg folder "$(realpath --relative-to="$run" "$sweep")" --rawfile table "$work/sweep.txt" \
			--arg variables "rows = '$work/sweep.tsv'; $(sweep_variables "$sweep/sweep.json")" '
			{sweep: {folder: $folder, table: $table, variables: $variables, works: (.works | keys_unsorted), sentences: .works,
			 emulated: .context.emulated, commit: (.context.mtce_commit // "unknown"), date: (.context.date // ""),
			 source: "mtce \(.context.mtce_commit // "unknown" | .[:10]), \(.context.date // "" | .[:10]), \(.context.kernel)"}}' "$sweep/sweep.json"
	else
		echo '{"sweep": null}'
	fi
	for replay; do
		jq -c -L "$REPORT_LIB" --arg folder "$(realpath --relative-to="$run" "$replay")" '
			include "replay-rows";
			{replay: {folder: $folder, stream, ways, commit: (.context.mtce_commit // "unknown"), date: (.context.date // ""),
			 kernel: .context.kernel, emulated: .context.emulated, parts: replay_parts}}' "$replay/replay.json"
	done | jq -sc '{replays: map(.replay)}'
}

# Both kinds at once: most of the time goes into PNGs.
report_pictures() { # WORK
	local work=$1 kind pids=() pid
	mkdir -p "$work/pictures" "$work/data"
	report_jq "$work" pictures.jq >"$work/pictures.tsv"
	sed -n 's#^\([^\t]*\)/.*#\1#p' "$work/pictures.tsv" | sort -u | (cd "$work/data" && xargs -r mkdir -p)
	awk -F '\t' -v dir="$work/data" '
		{ file = dir "/" $1; sub(/^[^\t]*\t/, "") }
		file != last { if (last) close(last); last = file }
		{ print >>file }' "$work/pictures.tsv"
	[[ -e $work/data/draw.gp ]] || return 0
	for kind in svg png; do
		gnuplot -e "kind = '$kind'; scale = 1.5; folder_of_data = '$work/data'; folder_of_pictures = '$work/pictures'" \
			-e "folder_of_gp = '$REPORT_LIB'" "$work/data/draw.gp" 2>"$work/gnuplot-$kind" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid" || die "gnuplot: $(cat "$work"/gnuplot-*)"; done
}

# The page has a comment where a picture goes.
report_page() { # WORK
	local work=$1 picture
	mkdir -p "$work/inline"
	for picture in "$work"/pictures/*.svg; do
		[[ -e $picture ]] || continue
		awk -f "$REPORT_LIB/report/inline-svg.awk" "$picture" >"$work/inline/$(basename "$picture" .svg)"
		# The same in all of them.
		[[ -e $work/inline/marks ]] || sed -n "s/xlink:href/href/; /id='gp/p" "$picture" >"$work/inline/marks"
	done
	report_jq "$work" page.jq --rawfile css "$REPORT_LIB/report/report.css" >"$work/page"
	awk -v dir="$work/inline" '
		/^<!--picture [A-Za-z0-9_.-]+-->$/ {
			file = dir "/" substr($2, 1, length($2) - 3)
			while ((getline line <file) > 0) print line
			close(file)
			next
		}
		{ print }' "$work/page" >"$work/report.html"
}
