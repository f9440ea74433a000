#!/bin/bash
# The same in Python; the schema keeps account ids as text.
cd "$1" || exit
python3 - <<'END'
import glob, json
import pandas
schema = json.load(open(".costfs/schema/costs.pandas.json"))
files = glob.glob("accounts/*/2026-11/services/*/costs.csv")
costs = pandas.concat(pandas.read_csv(f, **schema) for f in files)
sums = costs.groupby("account_id")["unblended_cost"].sum()
print(sums.round(2).to_csv(header=False), end="")
END
