#!/bin/bash
# A chart of the days, as SVG.
cd "$1" || exit
gnuplot -e "set term svg; set datafile separator ','; set xdata time;
    set timefmt '%Y-%m-%d'; set format x '%d'; set key off;
    plot 'months/2026-11/daily.csv' skip 1 using 1:2 with boxes"
