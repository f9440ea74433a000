#!/usr/bin/env python3
"""A month that AWS wrote (see NOTICE), in each compression: the sum that its publisher's file has,
to the last digit, and both oracles. Usage: oracle_real.py COSTFS FILE.csv.gz"""
import csv
import decimal
import gzip
import io
import sys

import delivery
from costtree import Report, Workshop, open_tree
from oracle_raw import check_lines, check_split, check_total, months_of
from oracle_rollups import Check

# Added up by another program, of the file as it was published.
ROWS, UNBLENDED = 1281, decimal.Decimal("1.6823086974")
MONTH, RANGE = "2023-11", "20231101-20231201"


def every_costs_csv(tree):
    """**/costs.csv"""
    for account in tree.list("accounts"):
        if MONTH in tree.list(f"accounts/{account}"):
            base = f"accounts/{account}/{MONTH}/services"
            for service in tree.list(base):
                yield tree.read(f"{base}/{service}/costs.csv")


def check_sum(report, tree):
    rows, total = 0, decimal.Decimal(0)
    for text in every_costs_csv(tree):
        for row in csv.DictReader(io.StringIO(text, newline="")):
            rows += 1
            total += decimal.Decimal(row["unblended_cost"] or 0)
    report.check(rows == ROWS, "rows", rows)
    report.check(total == UNBLENDED, "sum of **/costs.csv", total)
    line = next(csv.DictReader(tree.read(f"months/{MONTH}/total.csv").splitlines()))
    report.check(line["unblended_cost"] == str(UNBLENDED) and line["lines"] == str(ROWS),
                 "total.csv", line)


def main(tool, path):
    report = Report()
    with gzip.open(path) as file:
        content = file.read()
    with Workshop(tool) as shop:
        for compression in "gzip", "zip", "plain":
            root = delivery.write(shop.fresh("bucket"), [content], RANGE, compression)
            with open_tree(shop, root) as tree:
                check_sum(report, tree)
                for name, month in months_of(root).items():
                    check_total(report, tree, name, month)
                    check_split(report, tree, name, month)
                    check_lines(report, tree, name, month)
                if compression == "gzip":
                    Check(report, tree).run()
    report.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
