# SPDX-License-Identifier: GPL-2.0
# Draws latency histograms over each other, and below them their tails. Variables and files are made by plot-latency.
load style
if (kind eq 'png') {
	set terminal pngcairo size 1400,1050 font 'sans,14' noenhanced
} else {
	set terminal svg size 1400,1050 font 'sans,16' background 'white' noenhanced
}
set output output

set logscale x
set xrange [from:to]
set xtics nomirror out
@tics
set format x ''
set grid xtics ytics lc rgb '#d4d4d4' lw 1
set border 3 lc rgb '#666666'
set tics textcolor rgb '#333333'

set multiplot
set label 1 what at screen 0.085,0.965 font ',18'
set label 2 where at screen 0.085,0.93 textcolor rgb '#555555'
set label 3 caution at screen 0.085,0.897 textcolor rgb '#b00000'

set lmargin at screen 0.085
set rmargin at screen 0.965
set tmargin at screen bottom_of_key
set bmargin at screen 0.40
set ylabel '% of calls per doubling of latency' offset 0.5
set yrange [0:*]
set ytics nomirror out
set key at screen 0.085,0.875 left top Left reverse samplen 2 spacing 1.15 maxcols 1 textcolor rgb '#222222'
plot for [i = 1:count] folder.'/shape-'.i using 1:2 with filledcurves y1=0 lc rgb word(colours, i) fs transparent solid 0.25 noborder notitle, \
	for [i = 1:count] folder.'/shape-'.i using 1:2 with lines lc rgb word(colours, i) lw 2.2 title word_of(i)

unset label 1
unset label 2
unset label 3
unset key
set tmargin at screen 0.365
set bmargin at screen 0.0855
set format x '%g'
@tics
set xlabel 'latency, µs' offset 0,0.3
set ylabel '% of calls that took longer' font ',13' offset 0.5
set logscale y
set yrange [least:100]
set ytics nomirror out
set format y '%g'
plot for [i = 1:count] folder.'/tail-'.i using 1:2 with steps lc rgb word(colours, i) lw 2.2
unset multiplot
