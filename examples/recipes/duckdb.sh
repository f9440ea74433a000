#!/bin/bash
# SQL over all line items of a month; the macro costs() gives exact decimal types.
cd "$1" || exit
duckdb -csv -c "$(cat .costfs/schema/costs.duckdb.sql)
    SELECT service, sum(unblended_cost) AS cost
    FROM costs('accounts/*/2026-11/**/costs.csv')
    GROUP BY ALL ORDER BY cost DESC, service"
