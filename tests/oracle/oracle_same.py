#!/usr/bin/env python3
"""The same demo in every format is the same tree: CSV and Parquet of one type to the last byte,
legacy Parquet but for what AWS loses in it, and of two types what both of them carry.
Usage: oracle_same.py COSTFS [DEMO-EXPORT-FLAG…]"""
import collections
import csv
import decimal
import functools
import io
import os
import re
import sys

from costtree import Mount, Report, Workshop, can_mount
from figures import COSTS
from kit import encode
from oracle_formats import athena
from raw import NUMERIC

SKIPPED = 77
FORMATS = ["legacy-csv", "legacy-parquet", "cur2-csv", "cur2-parquet", "focus-csv",
           "focus-parquet"]
TIME = 1790000000  # of all files: when a month was delivered is no matter of its format
LINES = ("costs.csv", "lines.csv")
KEYS = re.compile("(.*/by-(?:tag|cost-category)/)(.*)[.]csv$")
# What legacy CSV has no names for, and what each manifest says by itself.
OF_NAMES = ("name", "directory", "as_of")
NOT_IN_FOCUS = ("split-costs.csv",)
# What FOCUS calls a charge of a Cost and Usage Report, and all others Credit; docs/formats.md.
CHARGES = {
    "Usage": "Usage", "DiscountedUsage": "Usage", "SavingsPlanCoveredUsage": "Usage",
    "SavingsPlanNegation": "Adjustment", "Tax": "Tax", "Refund": "Credit Correction",
    "Fee": "Purchase", "RIFee": "Purchase", "SavingsPlanRecurringFee": "Purchase",
    "SavingsPlanUpfrontFee": "Purchase", "FlatRateSubscription": "Purchase",
}
# Roll-ups of FOCUS by other words: their keys, and which lines stand there.
BY_CHARGE = ("service", "description")
OTHER_WORDS = {
    "by-charge-type.csv": (("charge_type",), lambda line: True),
    "by-region.csv": (("region",), lambda line: True),
    "credits.csv": (BY_CHARGE, lambda line: line["charge_type"].startswith("Credit")),
    "refunds.csv": (BY_CHARGE, lambda line: line["charge_type"] == "Credit Correction"),
    "fees.csv": (BY_CHARGE, lambda line: line["charge_type"] == "Purchase"),
    "marketplace.csv": (BY_CHARGE, lambda line: line["bill_billing_entity"] ==
                        "AWS Marketplace"),
}
COSTS_NOT_IN_FOCUS = ("net_unblended_cost", "net_amortized_cost", "list_cost")
LINES_OF_FOCUS = ("usage_start", "usage_end", "account_id", "service", "region",
                  "availability_zone", "operation", "resource_id", "unblended_cost",
                  "amortized_cost", "currency")


def unfold(name):
    return re.sub("%(..)", lambda m: chr(int(m.group(1), 16)), name)


def fold(path):
    """With the key of a tag or category as Athena spells it."""
    found = KEYS.match(path)
    return f"{found[1]}{encode(athena(unfold(found[2])))}.csv" if found else path


def fold_column(name):
    for prefix in "tag_", "cost_category_":
        if name.startswith(prefix):
            return prefix + athena(name[len(prefix):])
    return name


class Table:
    def __init__(self, text):
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        self.header = rows[0]
        self.rows = [dict(zip(self.header, row)) for row in rows[1:]]

    def folded(self):
        """Of two keys that become one column the first that is filled, as Athena has it."""
        names = [fold_column(name) for name in self.header]
        rows = []
        for row in self.rows:
            new = {}
            for name, text in row.items():
                new[fold_column(name)] = new.get(fold_column(name)) or text
            rows.append(new)
        self.header, self.rows = list(dict.fromkeys(names)), rows
        return self

    def sorted_by(self, *names):
        self.rows.sort(key=lambda row: [row[name] for name in names])
        return self


def read_tree(shop, flags, format_):
    """{path: text}, without what tells of the source and the files of single resources."""
    root = shop.demo("--format", format_, *flags)
    for folder, _, files in os.walk(root):
        for file in files:
            os.utime(os.path.join(folder, file), (TIME, TIME))
    found = {}
    with Mount(shop, root) as tree:
        for month in tree.list("months"):
            tree.read(f"months/{month}/total.csv")
        for folder, _, files in os.walk(tree.dir):
            for file in files:
                path = os.path.relpath(os.path.join(folder, file), tree.dir)
                if re.match(r"\.costfs|STATUS|README|.*/resources/[^/]*/", path):
                    continue
                text = tree.bytes_of(path).decode(
                    "latin-1" if path.endswith(".xlsx") else "utf-8")
                found[re.sub("^accounts/[^/]*_", "accounts/", path)] = text
    return found


def in_focus(line):
    """A line of a report in FOCUS's words. What is global has no region."""
    return dict(line, charge_type=CHARGES.get(line["charge_type"], "Credit"),
                region="" if line["region"] == "global" else line["region"],
                description=line["line_item_line_item_description"])


def add_up(rows, keys):
    """{keys and currency: [lines, unblended, amortized]}; a row may be the sum of several."""
    sums = collections.defaultdict(lambda: [0, 0, 0])
    for row in rows:
        key = *("" if row[key] == "_no-region" else row[key] for key in keys), row["currency"]
        values = (row.get("lines", "1"), row["unblended_cost"], row["amortized_cost"])
        for i, text in enumerate(values):
            sums[key][i] += decimal.Decimal(text or 0)
    return dict(sums)


class Check:
    def __init__(self, report, trees):
        self.report, self.trees = report, trees

    def pair(self, one, other, fold_keys=False):
        """(path, text, text) of the paths of both, which are all; but of keys that became one."""
        a, b, merged = self.trees[one], self.trees[other], set()
        if fold_keys:
            counts = collections.Counter(map(fold, a))
            merged = {path for path, count in counts.items() if count > 1}
            a = {fold(path): text for path, text in a.items()}
        self.report.check(set(a) == set(b), one, other, "files", sorted(set(a) ^ set(b))[:4])
        for path in sorted((set(a) & set(b)) - merged):
            yield path, a[path], b[path]

    def columns(self, what, a, b, skip=(), only=None, is_lost=lambda name, a, b: False):
        """Of the columns that both have, but those of skip."""
        self.report.check(len(a.rows) == len(b.rows), *what, len(a.rows), "rows", len(b.rows))
        for name in a.header:
            if name not in b.header or name in skip or (only and name not in only):
                continue
            wrong = [(i, x[name], y[name]) for i, (x, y) in enumerate(zip(a.rows, b.rows))
                     if x[name] != y[name] and not is_lost(name, x[name], y[name])]
            self.report.check(not wrong, *what, name, len(wrong), "cells:", wrong[:3])

    def bytes(self, one, other):
        for path, a, b in self.pair(one, other):
            self.report.same(b, a, other, path)

    def legacy_parquet(self):
        """No nulls, and Athena's names."""
        def is_lost(name, a, b):
            return a == "" and b == "0.00" and (
                name in COSTS[1:] or name not in COSTS and NUMERIC.match(name))

        for path, a, b in self.pair("legacy-csv", "legacy-parquet", fold_keys=True):
            what, file = ("legacy-parquet", path), os.path.basename(path)
            if file in LINES:
                a, b = Table(a).folded(), Table(b)
                self.report.check(a.header == b.header, *what, "header", a.header, b.header)
                self.columns(what, a, b, is_lost=is_lost)
            elif file == "tag-coverage.csv":
                self.coverage(what, Table(a), Table(b))
            elif path.endswith(".csv"):
                a, b = Table(a), Table(b)
                self.report.check(a.header == b.header, *what, "header", a.header, b.header)
                self.columns(what, a, b, is_lost=is_lost)
            elif not path.startswith("reports/"):  # they are made of what is compared here
                self.report.same(b, a, *what)

    def coverage(self, what, a, b):
        """Of keys that stay one."""
        keys = [(athena(row["tag_key"]), row["currency"]) for row in a.rows]
        for row, key in zip(a.rows, keys):
            row["tag_key"] = key[0]
        a.rows = [row for row, key in zip(a.rows, keys) if keys.count(key) == 1]
        known = [(row["tag_key"], row["currency"]) for row in a.rows]
        b.rows = [row for row in b.rows if (row["tag_key"], row["currency"]) in known]
        self.columns(what, a.sorted_by("tag_key", "currency"),
                     b.sorted_by("tag_key", "currency"))

    def cur2(self):
        """As legacy CSV; tags as legacy Parquet, whose names it has."""
        for path, a, b in self.pair("legacy-csv", "cur2-csv", fold_keys=True):
            if os.path.basename(path) in LINES:
                self.columns(("cur2-csv", path), Table(a).folded(), Table(b))
            elif os.path.basename(path) != "tag-coverage.csv" and path.endswith(".csv"):
                self.columns(("cur2-csv", path), Table(a), Table(b), OF_NAMES)
        for path, a, b in self.pair("legacy-parquet", "cur2-parquet"):
            if KEYS.match(path) or path.endswith("/tag-coverage.csv"):
                self.columns(("cur2-parquet", path), Table(a), Table(b), ["list_cost"])

    def focus(self):
        """As legacy CSV, whose tags it spells alike. Cost categories are gone in 1.2; rows of
        split cost, whose costs we leave empty, are 0 and cannot be told from others."""
        def is_lost(name, a, b):
            return (a, b) == (("global", "") if name == "region" else ("", "0.00"))

        a, b = self.trees["legacy-csv"], self.trees["focus-csv"]
        gone = {path for path in a if "/by-cost-category/" in path}
        self.report.check(set(a) - gone == set(b), "focus-csv files",
                          sorted((set(a) - gone) ^ set(b))[:4])
        skip = OF_NAMES + COSTS_NOT_IN_FOCUS
        for path in sorted(set(a) & set(b)):
            file = os.path.basename(path)
            if file in NOT_IN_FOCUS or not path.endswith(".csv"):
                continue
            if file in OTHER_WORDS:
                self.other_words(path, *OTHER_WORDS[file])
                continue
            one, other, only = Table(a[path]), Table(b[path]), None
            if file in LINES:
                only = LINES_OF_FOCUS
            else:
                keys = [name for name in one.header if name in other.header
                        and name not in skip + ("region",) and name not in COSTS]
                one.sorted_by(*keys), other.sorted_by(*keys)
            self.columns(("focus-csv", path), one, other, skip, only, is_lost)


    @functools.lru_cache(None)
    def lines_in_focus(self, folder):
        tree = self.trees["legacy-csv"]
        text = next(tree[folder + "/" + file] for file in LINES if folder + "/" + file in tree)
        return [in_focus(line) for line in Table(text).rows]

    def other_words(self, path, keys, stands_there):
        """A roll-up of FOCUS, and that of the same scope's lines of legacy CSV."""
        lines = self.lines_in_focus(os.path.dirname(path))
        is_ = add_up(Table(self.trees["focus-csv"][path]).rows, keys)
        wanted = add_up(filter(stands_there, lines), keys)
        wrong = [(key, is_.get(key), wanted.get(key)) for key in {*is_, *wanted}
                 if is_.get(key) != wanted.get(key)]
        self.report.check(not wrong, "focus-csv", path, len(wrong), "sums:", wrong[:2])


def main(tool, *flags):
    if not can_mount():
        print("skipped: no /dev/fuse")
        sys.exit(SKIPPED)
    report = Report()
    with Workshop(tool) as shop:
        trees = {format_: read_tree(shop, flags, format_) for format_ in FORMATS}
    check = Check(report, trees)
    check.bytes("cur2-csv", "cur2-parquet")
    check.bytes("focus-csv", "focus-parquet")
    check.legacy_parquet()
    check.cur2()
    check.focus()
    report.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
