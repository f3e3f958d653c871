# SPDX-License-Identifier: GPL-2.0
# Draws one panel of a sweep. Variables are made by pictures.jq.
load style
load folder_of_gp.'/picture.gp'
what = ''
y = ''
caution = ''
first = 104
load folder_of_gp.'/report/words.gp'
set grid xtics ytics
set xlabel 'lazy_entries' offset 0,0.3 textcolor rgb '#333333'
set key at screen from_left(text_left - 7),from_top(40) left top Left reverse horizontal maxcols 3 samplen 2.5 spacing 1.15 textcolor rgb '#222222'
# The key stands between the title and the panel.
set title offset 0,3.4
load folder_of_gp.'/sweep-panel.gp'
set output
