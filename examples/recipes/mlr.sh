#!/bin/bash
# Cost by the tag Team and the service; Miller finds columns by their names.
cd "$1" || exit
mlr --icsv --ocsv stats1 -a sum -f unblended_cost -g tag_Team,service \
    then sort -nr unblended_cost_sum accounts/*/2026-11/services/*/costs.csv
