# SPDX-License-Identifier: GPL-2.0
# Where a picture goes. Variables: kind (png or svg), output, width and height and size (of letters) in pixels of the SVG;
# a PNG has as many times as many as scale says.
if (kind eq 'png') {
	set terminal pngcairo size width * scale,height * scale font sprintf('sans,%g', size * 0.75 * scale) \
		linewidth scale pointscale scale noenhanced
} else {
	set terminal svg size width,height font sprintf('sans,%g', size) background 'white' noenhanced
}
set output output
# Letters of other sizes, and places in pixels from the top.
pt(px) = sprintf(',%g', kind eq 'png' ? px * 0.75 * scale : px)
from_top(px) = 1 - px * 1.0 / height
from_left(px) = px * 1.0 / width
# Axes, grid and letters of all pictures.
set border 3 lc rgb '#666666'
set grid lc rgb '#d4d4d4' lt 1 lw 0.7
set xtics nomirror out
set ytics nomirror out
set tics textcolor rgb '#333333'
