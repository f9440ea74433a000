#!/bin/bash
# Month over month by service, the largest rise first; what is new or gone counts as 0.
cd "$1" || exit
join -t, -a1 -a2 -e0 -o 0,1.2,2.2 \
    <(tail -n +2 months/2026-10/by-service.csv | LC_ALL=C sort -t, -k1,1) \
    <(tail -n +2 months/2026-11/by-service.csv | LC_ALL=C sort -t, -k1,1) |
    awk -F, '{ printf "%s,%.2f,%.2f,%.2f\n", $1, $2, $3, $3 - $2 }' |
    LC_ALL=C sort -t, -k4,4gr
