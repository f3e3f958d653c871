# SPDX-License-Identifier: GPL-2.0
# Draws latency histograms over each other, and below them the percentiles. Variables and files are made by plot-latency
# and report.
load style
load folder_of_gp.'/picture.gp'
set logscale x
set xrange [from:to]
@tics
set format x ''

# From the top down: three lines of words, the key, bars, percentiles. What an axis is of stands above it.
line = 1.56 * size
first = 10.1 * size + line * count
gap = 3.2 * size
bottom = height - 3.8 * size - (exists('source') ? line : 0)
middle = first + (bottom - first) * 0.5
set lmargin at screen from_left(left)
set rmargin at screen from_left(width - right)

set multiplot
set label 1 what at screen from_left(text_left),from_top(2 * size) font pt(size * 1.15)
set label 2 where at screen from_left(text_left),from_top(4.1 * size) textcolor rgb '#555555'
set label 3 caution at screen from_left(text_left),from_top(6 * size) textcolor rgb '#b00000'
if (exists('source')) set label 4 source at screen from_left(width - right),from_top(height - 0.65 * size) right font pt(size * 0.8) textcolor rgb '#888889'

set tmargin at screen from_top(first)
set bmargin at screen from_top(middle)
set label 5 '% of calls per doubling of latency' at screen from_left(text_left),from_top(first - 1.2 * size) font pt(size * 0.9) textcolor rgb '#555555'
set yrange [0:*]
set key at screen from_left(text_left - 0.5 * size),from_top(7.2 * size) left top Left reverse samplen 1.5 spacing 1.15 maxcols 1 textcolor rgb '#222222'
plot for [i = 1:count] folder.'/shape-'.i using 1:2 with filledcurves closed lc rgb word(colours, i) fs transparent solid 0.25 noborder notitle, \
	for [i = 1:count] folder.'/shape-'.i using 1:2 with lines lc rgb word(colours, i) lw 2.2 title word_of(i)

do for [i = 1:5] { unset label i }
unset key
set tmargin at screen from_top(middle + gap)
set bmargin at screen from_top(bottom)
set format x '%g'
@tics
set xlabel 'latency, µs' offset 0,0.3 textcolor rgb '#333333'
set label 5 'percentile of calls, by latency' at screen from_left(text_left),from_top(middle + gap - 1.05 * size) font pt(size * 0.9) textcolor rgb '#555555'
set logscale y
# By how many calls took longer, so that the rare ones have room.
set yrange [100:least]
set ytics ('p50' 50, 'p90' 10, 'p99' 1, 'p99.9' 0.1, 'p99.99' 0.01, 'p99.999' 0.001, 'p99.9999' 0.0001)
plot for [i = 1:count] folder.'/tail-'.i using 1:2 with steps lc rgb word(colours, i) lw 2.2
unset multiplot
set output
