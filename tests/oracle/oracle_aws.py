#!/usr/bin/env python3
"""Legacy Parquet through the tree: every value of every column in lines.csv is DuckDB's, and so
are the sums by account and product, taken of the shortest decimals of its doubles.
Skipped without DuckDB (see oracle_duckdb.py), or if the folder is not there.
Usage: oracle_aws.py COSTFS SOURCE-ROOT [FOLDER-OR-FILE]; of a folder the Parquet files that AWS
wrote, a month each; without one a demo is made."""
import csv
import io
import os
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from costtree import Report, Workshop, open_tree
from figures import LEAD, SPLIT_OPERATIONS, plain, units
from oracle_duckdb import find_duckdb
from oracle_formats import months_of
from raw import SOURCES, decimal_text, unique, value

SKIPPED = 77
AMOUNTS = ("usage_amount", "unblended_cost", "net_unblended_cost", "list_cost")
WORKED_OUT = ("amortized_cost", "net_amortized_cost", "region")  # of several columns
# Known of a file: rows and the sum of the shortest decimals, by Python's float and decimal.
PUBLISHED = {"Oct2018-WorkshopCUR-00001.snappy.parquet": (119307, Decimal("4064.4831315379"))}
EXACT = "CAST(CAST(line_item_unblended_cost AS VARCHAR) AS DECIMAL(38,18))"


def table_of(files):
    texts = ",".join("'" + str(file).replace("'", "''") + "'" for file in files)
    return f"read_parquet([{texts}], hive_partitioning=false)"


class Month:
    """Of DuckDB: columns and rows in the order of lines.csv."""

    def __init__(self, ask, files, scratch):
        self.ask, self.table = ask, table_of(files)
        self.types = {row["column_name"]: row["column_type"]
                      for row in ask(f"DESCRIBE SELECT * FROM {self.table}")}
        names = list(self.types)
        cells = ", ".join(f'CAST("{name}" AS VARCHAR) AS "{name}"' for name in names)
        ask(f"COPY (SELECT {cells} FROM {self.table}) TO '{scratch}' (FORMAT csv, HEADER false)")
        with open(scratch, newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        account, service = (names.index(SOURCES[name]) for name in ("account_id", "service"))
        rows.sort(key=lambda row: (row[account].encode(), row[service].encode()))
        self.columns = dict(zip(unique(names), zip(*rows)))
        self.types = dict(zip(unique(names), self.types.values()))
        self.rows = len(rows)

    def sums(self, *columns):
        keys = ", ".join(columns)
        return {tuple(row[c] for c in columns): Decimal(row["cost"]) for row in self.ask(
            f"SELECT {keys}, CAST(sum({EXACT}) AS VARCHAR) AS cost FROM {self.table} GROUP BY ALL")}


def wanted(name, kind, text):
    """What stands in our column."""
    if kind == "DOUBLE" and text:
        text = repr(float(text))
        return plain(units(text)) if name in AMOUNTS else decimal_text(text)
    if name in AMOUNTS:
        return plain(units(text))
    return value("line_item_usage_start_date" if kind.startswith("TIMESTAMP") else name,
                 text.replace("\r", " ").replace("\n", " "))


def expected(month, name):
    """A column of lines.csv, or None for what is worked out."""
    source = SOURCES.get(name, name)
    if name in WORKED_OUT or source not in month.columns:
        return None
    known = {}
    kind = "TIMESTAMP" if name in ("usage_start", "usage_end") else month.types[source]
    found = []
    for text in month.columns[source]:
        if text not in known:
            known[text] = wanted(name, kind, text)
        found.append(known[text])
    if name.endswith("_cost") and name in LEAD:
        for index, operation in enumerate(month.columns["line_item_operation"]):
            if operation in SPLIT_OPERATIONS:
                found[index] = ""
    if name == "list_cost":
        for index, kind in enumerate(month.columns["line_item_line_item_type"]):
            if kind == "SavingsPlanNegation":
                found[index] = "0.00"
    return found


def check_lines(report, month, text):
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = next(rows)
    columns = dict(zip(header, zip(*rows)))
    count = len(columns[header[0]])
    if not report.check(count == month.rows, count, "lines, DuckDB has", month.rows):
        return
    said = {SOURCES.get(name, name) for name in header} | {"product_region", "product_region_code"}
    report.check(set(month.columns) <= said, "missing:", sorted(set(month.columns) - said))
    compared = 0
    for name in header:
        theirs = expected(month, name)
        if theirs is None:
            report.check(name in WORKED_OUT or not any(columns[name]), name, "is of nothing")
            continue
        compared += count
        if list(columns[name]) != theirs:
            wrong = [(i, a, b) for i, (a, b) in enumerate(zip(columns[name], theirs)) if a != b]
            report.check(False, name, len(wrong), "values:", wrong[:4])
    print(f"{compared} values of {len(header)} columns compared")


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def check_sums(report, month, tree, name):
    account, product = SOURCES["account_id"], SOURCES["service"]
    by = {"account_id": month.sums(account), "service": month.sums(product)}
    for file, key in ("by-account.csv", "account_id"), ("by-service.csv", "service"):
        ours = {}
        for row in rows_of(tree.read(f"months/{name}/{file}")):
            cost = Decimal(row["unblended_cost"] or 0)
            ours[row[key],] = ours.get((row[key],), 0) + cost
        report.check(ours == by[key], file, set(ours.items()) ^ set(by[key].items()))
    both = {key: cost for key, cost in month.sums(account, product).items()}
    for directory in tree.list("accounts"):
        for row in rows_of(tree.read(f"accounts/{directory}/{name}/by-service.csv")):
            wanted_cost = both.pop((directory.rsplit("_", 1)[-1], row["service"]), None)
            report.check(Decimal(row["unblended_cost"] or 0) == wanted_cost, directory,
                         row["service"], row["unblended_cost"], wanted_cost)
    report.check(not both, "not in the tree:", list(both)[:4])


def check_published(report, tree, name, file):
    line, = rows_of(tree.read(f"months/{name}/total.csv"))
    rows, cost = PUBLISHED[file]
    report.check(int(line["lines"]) == rows and Decimal(line["unblended_cost"]) == cost,
                 "total.csv", line)
    print(f"{rows} rows, {cost}")


def sources(shop, ask, places):
    """(bucket, {month: files}, name of what it was) of each file, or of a demo."""
    if not places:
        root = shop.demo("--format", "legacy-parquet", "--rows", "8000", "--months", "1")
        yield root, months_of(root), ""
    for place in map(Path, places):
        for path in sorted(place.rglob("*.parquet")) if place.is_dir() else [place]:
            footer = path.read_bytes()[-1 << 20:]
            if b"identity_line_item_id" not in footer or b"key_value" in footer:
                continue  # another export's: legacy reports have no maps
            try:
                line, = ask("SELECT CAST(min(bill_billing_period_start_date) AS VARCHAR) AS day "
                            f"FROM {table_of([path])}")
            except subprocess.CalledProcessError:  # DuckDB does not read it
                continue
            year, month = line["day"][:4], line["day"][5:7]
            root = shop.fresh("bucket")
            folder = os.path.join(root, f"p/cur/cur/year={year}/month={int(month)}")
            os.makedirs(folder)
            to = shutil.copy(path, os.path.join(folder, "cur-00001.snappy.parquet"))
            yield root, {f"{year}-{month}": [to]}, path.name


def main(tool, root, *places):
    ask, report, seen = find_duckdb(root), Report(), 0
    if ask is None or not all(map(os.path.exists, places)):
        print("skipped: no DuckDB (COSTFS_DUCKDB), or no such folder")
        sys.exit(SKIPPED)
    with Workshop(tool) as shop:
        for bucket, months, what in sources(shop, ask, places):
            with open_tree(shop, bucket) as tree:
                for name, files in months.items():
                    month = Month(ask, files, shop.fresh("rows"))
                    check_sums(report, month, tree, name)
                    check_lines(report, month, tree.read(f"months/{name}/lines.csv"))
                    if what in PUBLISHED:
                        check_published(report, tree, name, what)
                    seen += 1
    report.check(seen > 0, "no file of a legacy report")
    report.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
