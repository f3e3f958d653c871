# SPDX-License-Identifier: GPL-2.0
# Reads tests/coverage/unreached, then a line for each line of code; prints the table and two tests.

function trim(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }
function percent(a, b) { return b ? sprintf("%.1f", 100 * a / b) : "-" }
# The text of a line as it is in the source.
function text(file, n,   name, line, i) {
	if (!(file in read_in)) {
		read_in[file] = 1
		name = sources "/" file
		for (i = 1; (getline line < name) > 0; i++) source[file, i] = trim(line)
		close(name)
	}
	return source[file, n]
}

# The list: file | function | text of the line, or * for all of the function's | reason
FNR == NR {
	if ($0 ~ /^#/ || trim($0) == "") next
	n = split($0, part, / \| /)
	if (n < 4) { printf "# %s:%d: not \"file | function | line | reason\"\n", FILENAME, FNR; broken = 1; next }
	# What is between the second and the last is the line, with whatever it has.
	line = part[3]
	for (i = 4; i < n; i++) line = line " | " part[i]
	accepted[trim(part[1]), trim(part[2]), trim(line)] = trim(part[n])
	next
}

# Tracepoints are the kernel's macros, not functions of ours.
$1 ~ /\// || $1 ~ /^trace\./ { next }
{
	key = $1 SUBSEP $2
	if (!(key in count)) { order[++keys] = key; file[key] = $1; number[key] = $2 }
	# Inlined copies may carry another function's name; the first is as good as any.
	if (!(key in func_of)) func_of[key] = $3
	count[key] += $4
	if ($6 > branches[key]) branches[key] = $6
	if ($5 > taken[key]) taken[key] = $5
}

END {
	for (i = 1; i <= keys; i++) {
		key = order[i]; f = file[key]
		if (!(f in total)) files[++nfiles] = f
		total[f]++; all++
		total_branches[f] += branches[key]; all_branches += branches[key]
		taken_branches[f] += taken[key]; all_taken += taken[key]
		if (count[key] > 0) { reached[f]++; all_reached++; continue }
		t = text(f, number[key])
		reason = ""
		if ((f, func_of[key], t) in accepted) { k = f SUBSEP func_of[key] SUBSEP t; reason = accepted[k]; used[k] = 1 }
		else if ((f, func_of[key], "*") in accepted) { k = f SUBSEP func_of[key] SUBSEP "*"; reason = accepted[k]; used[k] = 1 }
		if (reason == "") missing[++nmissing] = sprintf("%s:%d | %s | %s", f, number[key], func_of[key], t)
		else { told++; accepted_lines[f]++ }
	}
	printf "# %-14s %6s %8s %7s %9s %9s %7s %9s\n", "file", "lines", "reached", "%", "accepted", "branches", "taken", "%"
	for (i = 1; i <= nfiles; i++) {
		f = files[i]
		printf "# %-14s %6d %8d %7s %9d %9d %7d %9s\n", f, total[f], reached[f], percent(reached[f], total[f]),
			accepted_lines[f], total_branches[f], taken_branches[f], percent(taken_branches[f], total_branches[f])
	}
	printf "# %-14s %6d %8d %7s %9d %9d %7d %9s\n", "all", all, all_reached, percent(all_reached, all), told, all_branches,
		all_taken, percent(all_taken, all_branches)
	for (i = 1; i <= nmissing; i++) printf "# not reached: %s\n", missing[i]
	for (k in accepted) if (!(k in used)) {
		split(k, part, SUBSEP)
		printf "# reached now, take it off the list: %s | %s | %s\n", part[1], part[2], part[3]
	}
	good = all && 100 * all_reached >= goal * all
	printf "%s 2 %s %% of the lines are reached, %s are wanted\n", good ? "ok" : "not ok", percent(all_reached, all), goal
	listed = all && !nmissing && !broken
	printf "%s 3 every line that is not reached has its reason (%d have one, %d do not)\n", listed ? "ok" : "not ok", told, nmissing
	exit !(good && listed)
}
