# SPDX-License-Identifier: GPL-2.0
# Draws latency over time, a panel for each series, all with the same axes and colours. Variables and files are made by plot-latency.
load style
# Few panels are high ones.
height = 190 + (count > 3 ? 230 : 320) * count
load folder_of_gp.'/picture.gp'

set logscale y
set yrange [from:to]
set xrange [0:seconds]
set logscale cb
set cbrange [1:most]
set format cb '%g'
set palette defined (0 '#fde725', 0.25 '#5ec962', 0.5 '#21918c', 0.75 '#3b528b', 1 '#440154')
@tics
set ylabel 'latency, µs' offset 0.5
unset key
set style fill solid noborder

top = 120.0
panel = (height - top - 70) / count
set multiplot
set label 1 what at screen 0.085,(1 - 32.0 / height) font pt(18)
set label 2 where at screen 0.085,(1 - 62.0 / height) textcolor rgb '#555555'
set label 5 'calls' at screen 0.918,(1 - (top + 17) / height)
set label 3 caution at screen 0.085,(1 - 88.0 / height) textcolor rgb '#b00000'
set lmargin at screen 0.085
set rmargin at screen 0.9
# One for all panels, beside the first.
set colorbox user origin screen 0.925,(1 - (top + panel - 8) / height) size screen 0.014,((panel - 42) / height)
do for [i = 1:count] {
	set tmargin at screen 1 - (top + panel * (i - 1) + 34) / height
	set bmargin at screen 1 - (top + panel * i - 8) / height
	set label 4 word_of(i) at graph 0,1.055 textcolor rgb '#222222'
	if (i == count) {
		set format x '%g'
		set xlabel 'seconds' offset 0,0.3
	} else {
		set format x ''
	}
	plot folder.'/heat-'.i using (($1 + $2) / 2):(sqrt($3 * $4)):1:2:3:4:5 with boxxyerror fc palette notitle
	unset colorbox
	unset label 1
	unset label 2
	unset label 3
	unset label 5
}
unset multiplot
set output
