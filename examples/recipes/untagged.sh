#!/bin/bash
# The dearest resources that nobody has tagged.
cd "$1" || exit
head -n 6 months/2026-11/untagged.csv | cut -d, -f1-5
