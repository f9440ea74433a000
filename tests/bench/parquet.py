#!/usr/bin/env python3
"""Parquet beside DuckDB: decodes all cells of a made-up CUR 2.0 export, reads it into the cache,
and works out by-service.csv alone; DuckDB decodes the same files, copies them to CSV, and groups
the columns of by-service.csv by service, exactly. Prints Markdown tables
(docs/performance.md); exits with 1 where a ratio is over its limit.
--shuffle: the rows in no order, and ids and figures that never repeat, written by DuckDB;
for what made-up data have easier than real ones.
Usage: tests/bench/parquet.py [--rows N] [--runs N] [--codec NAME] [--shuffle] BUILD
BUILD is a meson build directory. COSTFS_DUCKDB names the folder of DuckDB's node module
(@duckdb/node-api) where npm does not find it."""
import argparse
import glob
import os
import statistics
import subprocess
import sys
import tempfile

import measure

THREADS = 2
FILE_ROWS = 1000000
DECODE, INGEST, PEAK = "costfs, decode", "costfs, the whole month", "peak"
SERVICES, GROUP = "costfs, by-service alone", "DuckDB, group by service"
BARE, COUNT, HASH, COPY = ("DuckDB, nothing", "DuckDB, decode and count", "DuckDB, decode and hash",
                           "DuckDB, copy to CSV")
# CPU of the first at most this part of the second's.
LIMITS = ((DECODE, COUNT, 0.8), (DECODE, HASH, 0.8), (INGEST, COPY, 0.5),
          (SERVICES, GROUP, 0.5))
PEAK_MIB = 256

DUCKDB = """
const { DuckDBInstance } = require(process.argv[1]);
(async () => {
	const instance = await DuckDBInstance.create(':memory:', { threads: process.argv[2] });
	await (await instance.connect()).runAndReadAll(process.argv[3]);
})().catch((e) => { console.error(e.message); process.exit(1); });
"""


# What by-service.csv is made of: costs and the inputs of the amortized ones, and what tells which
# of them count, whose they are, and what the service is called.
COSTS = """line_item_unblended_cost line_item_net_unblended_cost pricing_public_on_demand_cost
    reservation_effective_cost reservation_unused_amortized_upfront_fee_for_billing_period
    reservation_unused_recurring_fee reservation_net_effective_cost
    reservation_net_unused_amortized_upfront_fee_for_billing_period
    reservation_net_unused_recurring_fee savings_plan_savings_plan_effective_cost
    savings_plan_total_commitment_to_date savings_plan_used_commitment
    savings_plan_net_savings_plan_effective_cost""".split()
TEXTS = """line_item_usage_start_date line_item_usage_account_id line_item_usage_account_name
    line_item_operation line_item_line_item_description bill_billing_entity bill_invoice_id
    bill_invoicing_entity reservation_reservation_a_r_n map_extract(product,'product_name')[1]
    """.split()
KEYS = "line_item_product_code, line_item_currency_code, line_item_line_item_type"

# What each line has of its own, ids of resources aside.
OWN = [f"random() * 100 AS {name}" for name in (
    "line_item_usage_amount", "line_item_unblended_cost", "line_item_net_unblended_cost",
    "line_item_blended_cost", "pricing_public_on_demand_cost")]
OWN.append("md5(random()::VARCHAR) AS identity_line_item_id")


def duckdb(module, query, threads=THREADS):
    return ["node", "-e", DUCKDB, module, str(threads), query]


def shuffle(files, codec, module):
    for name in files:
        # One thread: no other way are the random numbers the same each time.
        query = (f"SET preserve_insertion_order = true; SELECT setseed(0.5); COPY (SELECT * "
                 f"REPLACE ({', '.join(OWN)}) FROM read_parquet('{name}', "
                 f"hive_partitioning=false) ORDER BY random()) TO '{name}.new' "
                 f"(FORMAT parquet, COMPRESSION '{codec}')")
        subprocess.run(duckdb(module, query, 1), check=True)
        os.replace(name + ".new", name)


def contenders(build, folder, files, module):
    rows = f"read_parquet({files}, hive_partitioning=false)"
    sums = [f"sum({c}::DECIMAL(38, 18))" for c in COSTS]
    last = [f"max({t})" for t in TEXTS]

    return {
        DECODE: ["sh", "-c", 'for f; do "$0" -n "$f" || exit; done',
                 f"{build}/tests/tools/parquet_cat", *files],
        INGEST: [f"{build}/tests/bench/bench_ingest", folder, str(THREADS), "{out}"],
        SERVICES: [f"{build}/tests/bench/bench_ingest", folder, str(THREADS), "{out}",
                   "by-service"],
        GROUP: duckdb(module, f"SELECT {KEYS}, count(*), {', '.join(sums + last)} "
                      f"FROM {rows} GROUP BY {KEYS}"),
        BARE: duckdb(module, "SELECT 1"),
        # The least that makes it decode all columns, and what looks at each cell.
        COUNT: duckdb(module, f"SELECT count(COLUMNS(*)) FROM {rows}"),
        HASH: duckdb(module, f"SELECT max(hash(COLUMNS(*))) FROM {rows}"),
        COPY: duckdb(module,
                     f"COPY (SELECT * FROM {rows}) TO '{{out}}/all.csv' (FORMAT csv)"),
    }


def report(results):
    """Whether all is within its limits."""
    middle = {name: [statistics.median(r[i] for r in runs) for i in range(3)]
              for name, runs in results.items()}
    print("| what | wall s | CPU s | peak MiB |\n|---|---:|---:|---:|")
    for name, (wall, cpu, peak) in middle.items():
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {peak:.0f} |")
    print("\n| CPU, DuckDB's less its start | ratio | at most |\n|---|---:|---:|")
    well = True
    for ours, theirs, limit in LIMITS:
        ratio = middle[ours][1] / (middle[theirs][1] - middle[BARE][1])
        well = well and ratio <= limit
        print(f"| {ours} / {theirs} | {ratio:.2f} | {limit} |")
    peak = max(middle[DECODE][2], middle[INGEST][2])
    print(f"| {PEAK} MiB | {peak:.0f} | {PEAK_MIB} |")
    return well and peak <= PEAK_MIB


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--rows", type=int, default=2000000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--codec", default="snappy")
    parser.add_argument("--shuffle", action="store_true")
    parser.add_argument("build")
    args = parser.parse_args()
    build, module = os.path.abspath(args.build), measure.duckdb_module()
    if not module:
        sys.exit("no DuckDB: set COSTFS_DUCKDB")
    subprocess.run(["ninja", "-C", build, "tests/tools/parquet_cat", "tests/tools/demo_export",
                    "tests/bench/bench_ingest"], check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory(prefix="costfs-bench-") as folder:
        subprocess.run([f"{build}/tests/tools/demo_export", "--format", "cur2-parquet",
                        "--months", "1", "--accounts", "50", "--rows", str(args.rows),
                        "--rows-per-chunk", str(FILE_ROWS), "--codec", args.codec, folder],
                       check=True, stdout=subprocess.DEVNULL)
        files = sorted(glob.glob(folder + "/**/*.parquet", recursive=True))
        if args.shuffle:
            shuffle(files, args.codec, module)
        size = sum(map(os.path.getsize, files))
        known = contenders(build, folder, files, module)
        results = {name: [] for name in known}
        for _ in range(args.runs):
            for name, command in known.items():
                result = measure.run(command)
                if not result:
                    sys.exit(f"{name}: failed")
                results[name].append(result)
    print(f"\n{args.rows:,} rows, {len(files)} files, {size / 1e6:.0f} MB of {args.codec}"
          f"{', shuffled' if args.shuffle else ''}\n")
    sys.exit(0 if report(results) else 1)


if __name__ == "__main__":
    main()
