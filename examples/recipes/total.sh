#!/bin/bash
# What was spent in a month, and what it was before discounts of commitments.
cd "$1" || exit
cut -d, -f1,2,4,6 months/2026-11/total.csv
