# SPDX-License-Identifier: GPL-2.0
# Draws one panel of a sweep. Variables are made by pictures.jq.
load style
load folder_of_gp.'/picture.gp'
caution = ''
first = 126
set grid xtics ytics
set xlabel 'lazy_entries' offset 0,0.3 textcolor rgb '#333333'
set key at screen from_left(text_left - 7),from_top(40) left top Left reverse horizontal maxcols 3 samplen 1.6 spacing 1.15 width -0.5 textcolor rgb '#222222'
set pointsize 0.75
words_of_panel = "load folder_of_gp.'/report/words.gp'"
load folder_of_gp.'/sweep-panel.gp'
set output
