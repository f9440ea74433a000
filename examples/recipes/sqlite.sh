#!/bin/bash
# A roll-up as a table of SQLite.
cd "$1" || exit
sqlite3 -csv :memory: '.import months/2026-11/by-usage-type.csv usage' \
    'SELECT usage_type, round(unblended_cost, 2) FROM usage
     ORDER BY CAST(unblended_cost AS REAL) DESC, usage_type LIMIT 5'
