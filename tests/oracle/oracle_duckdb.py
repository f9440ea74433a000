#!/usr/bin/env python3
"""What DuckDB adds up over all costs.csv files is what the roll-ups say. Skipped without DuckDB:
COSTFS_DUCKDB names its program or a folder with node modules.
Usage: oracle_duckdb.py COSTFS SOURCE-ROOT [DEMO-EXPORT-FLAG…]"""
import csv
import json
import os
import shutil
import subprocess
import sys

from costtree import PATIENCE, Mount, Report, Workshop, can_mount
from figures import COSTS, plain, units

SKIPPED = 77
SCRIPT = """
const { DuckDBInstance } = require(process.argv[1]);
(async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const reader = await connection.runAndReadAll(process.argv[2]);
  console.log(JSON.stringify(reader.getRowObjectsJson()));
})();
"""


def find_duckdb(root):
    """A function from a query to rows of texts, or None."""
    named = os.environ.get("COSTFS_DUCKDB") or shutil.which("duckdb") or ""
    if named and not os.path.isdir(named) and shutil.which(named):
        return lambda query: json.loads(output([named, "-json", "-c", query]))
    for folder in named, os.path.join(root, ".tools/node_modules"):
        module = os.path.join(folder, "@duckdb/node-api")
        if folder and os.path.isdir(module) and shutil.which("node"):
            return lambda query: json.loads(output(["node", "-e", SCRIPT, module, query]))
    return None


def output(command):
    return subprocess.run(command, check=True, timeout=4 * PATIENCE, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE).stdout


def check(report, tree, ask, month, by):
    sums = ", ".join(f"CAST(sum(CAST({name} AS DECIMAL(38,18))) AS VARCHAR) AS {name}"
                     for name in COSTS)
    pattern = f"{tree.dir}/accounts/*/{month}/services/*/costs.csv"
    rows = ask(f"SELECT {by} AS k, currency AS c, {sums}, CAST(count(*) AS VARCHAR) AS lines "
               f"FROM read_csv('{pattern}', all_varchar=true, header=true, union_by_name=true) "
               "GROUP BY ALL")
    got = {(row["k"] or "", row["c"]): [plain(units(row[name] or "")) for name in COSTS]
           + [row["lines"]] for row in rows}
    file = {"service": "by-service.csv", "charge_type": "by-charge-type.csv",
            "account_id": "by-account.csv"}[by]
    wanted = {(row[by], row["currency"]): [row[name] for name in COSTS] + [row["lines"]]
              for row in csv.DictReader(
                  tree.read(f"months/{month}/{file}").splitlines())}
    report.check(got == wanted, month, file, sorted(set(map(str, got.items())) ^
                                                    set(map(str, wanted.items())))[:4])


def main(tool, root, *flags):
    ask = find_duckdb(root)
    if ask is None or not can_mount():
        print("skipped: no DuckDB (COSTFS_DUCKDB), or no /dev/fuse")
        sys.exit(SKIPPED)
    report = Report()
    with Workshop(tool) as shop:
        with Mount(shop, shop.demo(*flags)) as tree:
            for month in tree.list("months"):
                tree.read(f"months/{month}/total.csv")
                for by in "service", "charge_type", "account_id":
                    check(report, tree, ask, month, by)
    report.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
