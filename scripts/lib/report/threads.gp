# SPDX-License-Identifier: GPL-2.0
# Draws what two threads do beside one: bars, and ticks for a loop that shares nothing. Made by pictures.jq.
load style
load folder_of_gp.'/picture.gp'
left = 124
first = 128
what = 'Two threads on two CPUs: their work over that of one'
y = 'tick: a loop that shares nothing; %: share of what that does'
load folder_of_gp.'/report/words.gp'
set xrange [0:most * 1.35]
set xtics 0.5
set yrange [(backends + 1) * scenarios - 0.5 : -1]
set ytics ()
do for [i = 1:scenarios] { set ytics add (names_of[i] (i - 1) * (backends + 1) + (backends - 1) / 2.0) }
set ytics scale 0
set grid xtics noytics
set xlabel 'times the work of one thread' offset 0,0.3 textcolor rgb '#333333'
set arrow 1 from 1,graph 0 to 1,graph 1 nohead lc rgb '#666666' lw 1 back
set style fill solid noborder
set key at screen from_left(text_left - 7),from_top(62) left top Left reverse maxrows 1 samplen 1 spacing 1.15 textcolor rgb '#222222'
plot for [i = 1:backends] folder.'/bars-'.i using ($2 / 2):1:($2 / 2):(0.44) with boxxyerror lc rgb word(colours, i) title word(names, i), \
	for [i = 1:backends] folder.'/bars-'.i using 3:($1 - 0.46):(0):(0.92) with vectors nohead lc rgb '#222222' lw 2.5 notitle, \
	for [i = 1:backends] folder.'/bars-'.i using ($2 > $3 ? $2 : $3):1:4 with labels left offset 0.6,0 font pt(size * 0.75) textcolor rgb '#333333' notitle
set output
