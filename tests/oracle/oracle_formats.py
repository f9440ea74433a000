#!/usr/bin/env python3
"""The demo's Parquet holds, as DuckDB reads it, what the CSV of the same demo holds, row by row
and column by column: doubles whose shortest spelling is the CSV's number. FOCUS costs what CUR 2.0
does.
Skipped without DuckDB, see oracle_duckdb.py.
Usage: oracle_formats.py DEMO-EXPORT SOURCE-ROOT FAMILY [FLAG…]; family: legacy, cur2, focus,
focus-1.0; flags that name a codec, groups or pages are Parquet's."""
import csv
import datetime
import functools
import glob
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from decimal import Decimal

from costtree import Report
from figures import units
from oracle_duckdb import find_duckdb
from raw import NUMERIC, amortized, unpack

SKIPPED = 77
PARQUET_FLAGS = ("--codec", "--page-version", "--rows-per-group", "--rows-per-page")
EPOCH = datetime.datetime(1970, 1, 1)
# Of FOCUS; the leading columns of CUR 2.0 that say the same.
SAME = {"BilledCost": "line_item_unblended_cost", "SubAccountId": "line_item_usage_account_id",
        "x_ServiceCode": "line_item_product_code", "BillingCurrency": "line_item_currency_code",
        "BillingAccountId": "bill_payer_account_id", "ResourceId": "line_item_resource_id",
        "ChargePeriodStart": "line_item_usage_start_date", "x_Operation": "line_item_operation",
        "ChargePeriodEnd": "line_item_usage_end_date"}


@functools.lru_cache(maxsize=None)
def athena(name):
    """AWS's rule for the columns of legacy Parquet."""
    name = re.sub("[A-Z]", lambda m: "_" + m.group().lower(), name)
    return re.sub("_+", "_", re.sub("[^a-z0-9]", "_", name)).strip("_")


def months_of(root):
    """{month: its files, in the order of the manifest}"""
    months = {}
    for path in sorted(glob.glob(root + "/**/*-Manifest.json", recursive=True)):
        match = re.search(r"/(\d{4})(\d\d)01-\d{8}/[^/]*$|=(\d{4})-(\d\d)/[^/]*$", path)
        if match:
            with open(path, encoding="utf-8") as file:
                manifest = json.load(file)
            keys = manifest.get("reportKeys") or manifest["dataFiles"]
            months["-".join(filter(None, match.groups()))] = [
                os.path.join(root, re.sub("^s3://[^/]*/", "", key)) for key in keys]
    return months


def read_csv(files):
    rows = []
    for path in files:
        rows += csv.DictReader(io.StringIO(unpack(path), newline=""))
    return rows


def read_parquet(ask, files):
    """(types, rows), both by column."""
    table = "read_parquet([%s], hive_partitioning=false)" % ",".join(f"'{f}'" for f in files)
    types = {row["column_name"]: row["column_type"]
             for row in ask(f"DESCRIBE SELECT * FROM {table}")}
    cells = []
    for name, kind in types.items():
        cell = f'"{name}"'
        if kind == "DOUBLE":
            cell = f"CAST({cell} AS VARCHAR)"
        elif kind.startswith("TIMESTAMP"):
            cell = f"CAST(epoch_ms({cell}) AS VARCHAR)"
        elif kind.startswith("MAP"):
            cell = f"CAST(to_json({cell}) AS VARCHAR)"
        cells.append(f'{cell} AS "{name}"')
    return types, ask(f"SELECT {','.join(cells)} FROM {table}")


def millis(text):
    form = "%Y-%m-%dT%H:%M:%S" + (".%fZ" if "." in text else "Z")
    return str(int((datetime.datetime.strptime(text, form) - EPOCH).total_seconds()) * 1000)


def is_same(kind, theirs, text, required):
    """theirs: DuckDB's, or None. Legacy Parquet has no null."""
    if kind == "DOUBLE":
        if text == "":
            return theirs is None or (required and float(theirs) == 0)
        return theirs is not None and Decimal(repr(float(theirs))) == Decimal(text)
    if kind.startswith("TIMESTAMP"):
        return theirs == (millis(text) if text else None)
    if kind.startswith("MAP"):
        return json.loads(theirs, parse_float=Decimal) == json.loads(text, parse_float=Decimal)
    return (theirs or "") == text and (theirs is not None or not required)


def type_wanted(family, name):
    if family.startswith("focus"):
        if name in ("Tags", "x_CostCategories", "SkuPriceDetails"):
            return "MAP(VARCHAR, VARCHAR)"
        if name == "x_Discounts":
            return "MAP(VARCHAR, DOUBLE)"
        if re.search("Period(Start|End)$", name):
            return "TIMESTAMP WITH TIME ZONE"
        return "DOUBLE" if re.search("(Cost|Price|Quantity)$", name) else "VARCHAR"
    if name in ("product", "resource_tags", "cost_category"):
        return "MAP(VARCHAR, VARCHAR)"
    if name == "discount":
        return "MAP(VARCHAR, DOUBLE)"
    if re.match("(bill|line_item)_.*_date$", name):
        return "TIMESTAMP"
    if re.search("_rate$|^reservation_.*_(units|per_reservation|of_reservations)$", name):
        return "DOUBLE" if name == "savings_plan_savings_plan_rate" else "VARCHAR"
    return "DOUBLE" if NUMERIC.match(name) else "VARCHAR"


def expected_rows(family, rows):
    """Under the names of Parquet; of two that became one, the first that is filled."""
    if family != "legacy":
        return rows
    renamed = []
    for row in rows:
        new = {}
        for name, text in row.items():
            new[athena(name)] = new.get(athena(name)) or text
        renamed.append(new)
    return renamed


def compare(report, family, month, expected, types, rows):
    report.check(len(rows) == len(expected), month, len(rows), "rows, not", len(expected))
    report.check(list(types) == list(expected[0]), month, "columns",
                 set(types) ^ set(expected[0]))
    required = {name for name in types if family == "legacy" or name in (
        "ChargeCategory", "ChargeFrequency", "RegionId", "RegionName", "ServiceCategory")}
    for name, kind in types.items():
        report.check(kind == type_wanted(family, name), name, kind)
        wrong = [(row[name], other[name]) for row, other in zip(rows, expected)
                 if not is_same(kind, row[name], other[name], name in required)]
        report.check(not wrong, month, name, len(wrong), wrong[:3])


def compare_focus(report, month, focus, cur):
    """The rows are those of CUR 2.0, in the same order."""
    has = set(cur[0])
    for name, other in SAME.items():
        wrong = [(a[name], b[other]) for a, b in zip(focus, cur) if a[name] != b[other]]
        report.check(not wrong, month, name, wrong[:3])
    for a, b in zip(focus, cur):
        cost = units(b["line_item_unblended_cost"])
        report.check(units(a["EffectiveCost"]) == amortized(has, b, cost, net=False),
                     month, a["EffectiveCost"], b["line_item_line_item_type"])
        for name in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost",
                     "ChargeCategory", "ServiceName", "BillingPeriodStart"):
            report.check(a[name] != "", month, name, "is empty")
        listed = b["pricing_public_on_demand_cost"]
        report.check(not listed or units(a["ListCost"]) == units(listed), month, a["ListCost"])
    kinds = {row["ChargeCategory"] for row in focus}
    report.check(len(focus) < 1000 or kinds - {"Adjustment"} == {
        "Usage", "Purchase", "Tax", "Credit"}, month, kinds)


def split_flags(flags):
    shared, own, rest = [], [], list(flags)
    while rest:
        to = own if rest[0] in PARQUET_FLAGS else shared
        to.append(rest.pop(0))
        if rest and not rest[0].startswith("--"):
            to.append(rest.pop(0))
    return shared, own


def export(tool, folder, kind, flags):
    root = os.path.join(folder, kind)
    subprocess.run([tool, "--format", kind, *flags, root], check=True)
    return months_of(root)


def main(tool, root, family, *flags):
    ask = find_duckdb(root)
    if ask is None:
        print("skipped: no DuckDB (COSTFS_DUCKDB)")
        sys.exit(SKIPPED)
    report = Report()
    shared, own = split_flags(flags)
    with tempfile.TemporaryDirectory(prefix="costfs-test-") as folder:
        texts = export(tool, folder, family + "-csv", shared)
        tables = export(tool, folder, family + "-parquet", shared + own)
        cur = export(tool, folder, "cur2-csv", shared) if family.startswith("focus") else {}
        report.check(sorted(texts) == sorted(tables), "months", sorted(texts), sorted(tables))
        for month in texts:
            rows = read_csv(texts[month])
            compare(report, family, month, expected_rows(family, rows),
                    *read_parquet(ask, tables[month]))
            if cur:
                compare_focus(report, month, rows, read_csv(cur[month]))
    report.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
