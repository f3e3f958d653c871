# SPDX-License-Identifier: GPL-2.0
# Draws lines over the size of a batch. Variables and files are made by pictures.jq.
load style
load folder_of_gp.'/picture.gp'
first = 138
load folder_of_gp.'/report/words.gp'
set logscale x 2
set logscale y
set xtics ()
do for [s in labelled] { set xtics add (s s + 0) }
set xrange [word(sizes, 1) / 1.3 : word(sizes, words(sizes)) * 1.3]
set format y y_format
set grid xtics ytics
set xlabel 'TCEs in a call' offset 0,0.3 textcolor rgb '#333333'
set key at screen from_left(text_left - 7),from_top(62) left top Left reverse horizontal maxcols 2 samplen 3 spacing 1.15 textcolor rgb '#222222'
# A dash type is no expression.
do for [i = 1:count] { eval sprintf("set style line %d lc rgb '%s' lw 2 dt %s pt %s ps 0.8", i, word(colours, i), word(dashes, i), word(points, i)) }
plot for [i = 1:count] folder.'/line-'.i using 1:2 with linespoints ls i title titles[i]
set output
