#!/bin/bash
# Unblended cost by account, from the line items of a month: column 13 of costs.csv.
cd "$1" || exit
awk -F, 'FNR > 1 { s[$3] += $13 } END { for (a in s) printf "%s %.2f\n", a, s[a] }' \
    accounts/*/2026-11/services/*/costs.csv
