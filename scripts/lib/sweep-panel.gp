# SPDX-License-Identifier: GPL-2.0
# One question of a sweep (1 to 4) for one work. Variables: question, w (the work), words_of_panel (a command that
# shows what and y), and those of sweep.sh.

# Lines of rows that have this work, timeout and threshold; and of strict unmaps, at both ends of the axis.
lazy(w, t, k) = sprintf("< awk -F '\\t' '$1 == \"%s\" && $2 == \"lazy\" && $4 == %s && $5 == %s' '%s' | sort -t '\t' -n -k 3", w, t, k, rows)
strict(w, k) = sprintf("< awk -F '\\t' -v OFS='\\t' '$1 == \"%s\" && $2 == \"strict\" && $5 == %s { $3 = %s; print; $3 = %s; print }' '%s'", \
	w, k, word(entries, 1), word(entries, words(entries)), rows)

set datafile separator '\t'
set datafile missing '-'
set logscale x 2
set xrange [word(entries, 1) / 1.2 : word(entries, words(entries)) * 1.2]
set xtics ()
do for [e in entries] { set xtics add (e e + 0) }
set linetype 1 lc rgb '#0072b2' lw 2 pt 7
set linetype 2 lc rgb '#e69f00' lw 2 pt 5
set linetype 3 lc rgb '#009e73' lw 2 pt 9
set linetype 4 lc rgb '#cc79a7' lw 2 pt 13
set linetype 5 lc rgb '#d55e00' lw 2 pt 11
set linetype 6 lc rgb '#56b4e9' lw 2 pt 15
set style line 99 lc rgb '#444444' lw 2 dt 2

if (question == 1) {
	unset logscale y
	set format y '%g'
	set yrange [0:*]
	what = sprintf('%s: instructions of the thread that unmaps', w)
	y = 'instructions per TCE'
	eval words_of_panel
	plot for [t in timeouts] lazy(w, t, threshold) using 3:7 with linespoints title t.' ms', \
		strict(w, threshold) using 3:7 with lines ls 99 title 'strict'
}
if (question > 1) {
	set logscale y
	set format y '%g'
	set yrange [*:*]
}
if (question == 2) {
	what = sprintf('%s: TCE-kill stores that unmaps owe', w)
	y = 'stores per TCE'
	eval words_of_panel
	plot for [t in timeouts] lazy(w, t, threshold) using 3:8 with linespoints title t.' ms', \
		strict(w, threshold) using 3:8 with lines ls 99 title 'strict'
}
if (question == 3) {
	what = sprintf('%s: the same by kill_threshold (lazy_timeout_ms %s)', w, timeout)
	y = 'stores per TCE'
	eval words_of_panel
	plot for [k in thresholds] lazy(w, timeout, k) using 3:8 with linespoints title 'over '.k, \
		strict(w, threshold) using 3:8 with lines ls 99 title 'strict, '.threshold
}
if (question == 4) {
	what = sprintf('%s: TCEs whose pages are held, at most (thin: mean)', w)
	y = 'TCEs'
	eval words_of_panel
	plot for [i = 1:words(timeouts)] lazy(w, word(timeouts, i), threshold) using 3:($11 > 0 ? $11 : NaN) with linespoints lt i title word(timeouts, i).' ms', \
		for [i = 1:words(timeouts)] lazy(w, word(timeouts, i), threshold) using 3:($10 > 0 ? $10 : NaN) with lines lt i lw 1 notitle
}
