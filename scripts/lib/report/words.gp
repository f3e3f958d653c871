# SPDX-License-Identifier: GPL-2.0
# Words around a picture of one panel, above and below it.
set lmargin at screen from_left(left)
set rmargin at screen from_left(width - right)
set label 1 what at screen from_left(text_left),from_top(24) font pt(size * 1.1)
set label 2 caution at screen from_left(text_left),from_top(46) textcolor rgb '#b00000' font pt(size * 0.9)
set label 3 y at screen from_left(text_left),from_top(first - 17) font pt(size * 0.9) textcolor rgb '#555555'
set tmargin at screen from_top(first)
set bmargin at screen from_top(height - 74)
set label 4 source at screen from_left(width - right),from_top(height - 9) right font pt(size * 0.8) textcolor rgb '#888889'
