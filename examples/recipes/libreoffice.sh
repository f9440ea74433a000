#!/bin/bash
# A spreadsheet. 2 = text: columns 1 to 4 are keys, so that no id becomes a number.
cd "$1" || exit
soffice --headless --convert-to xlsx --outdir "${2:-$HOME}" \
    --infilter='CSV:44,34,76,1,1/2/2/2/3/2/4/2' months/2026-11/by-resource.csv
