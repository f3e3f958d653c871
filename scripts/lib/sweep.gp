# SPDX-License-Identifier: GPL-2.0
# Draws a sweep: a column for each work, a row for each question. Variables are set by sweep.sh.
width = 1500
height = 1900
size = 15
scale = 1
load folder_of_gp.'/picture.gp'
set grid xtics ytics
set pointsize 1.1
words_of_panel = 'set title what; set ylabel y'

questions = 4
set multiplot layout questions,words(works) columnsfirst title about.sprintf("\nkill_threshold %s where nothing else is said", threshold) \
	font pt(15) margins 0.07,0.88,0.04,0.91 spacing 0.1,0.055
do for [w in works] {
	# One key for both columns.
	if (w eq word(works, words(works))) {
		set key outside right Left reverse samplen 2
	} else {
		unset key
	}
	do for [question = 1:questions] {
		set xlabel (question == questions ? 'lazy_entries' : '')
		load folder_of_gp.'/sweep-panel.gp'
	}
}
unset multiplot
