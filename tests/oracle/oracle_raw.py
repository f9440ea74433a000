#!/usr/bin/env python3
"""Reads the export's own files, works out every line of every costs.csv, and compares: nothing is
lost, nothing is added, every cell is right. Usage: oracle_raw.py COSTFS [DEMO-EXPORT-FLAG…]"""
import csv
import sys

from costtree import Report, Workshop, can_mount, open_tree, record
from figures import MONEY, Sum, plain, units
from raw import RawMonth, keys_of_manifests


def slices_of(month):
    """{(account, service): text below the header}"""
    texts = {}
    for account, service, _, line in month.lines():
        texts.setdefault((account, service), []).append(line)
    return {key: "".join(lines) for key, lines in texts.items()}


def months_of(root):
    return {name: RawMonth(root, keys) for name, keys in keys_of_manifests(root).items()}


def check_lines(report, tree, name, month):
    wanted, seen = slices_of(month), set()
    header = month.header()
    for directory in tree.list("accounts"):
        if name not in tree.list(f"accounts/{directory}"):
            continue
        base = f"accounts/{directory}/{name}/services"
        for service in tree.list(base):
            path = f"{base}/{service}/costs.csv"
            text = tree.read(path)
            top, rest = text.split("\n", 1)
            report.same(top + "\n", header, path, "header")
            key = tuple(next(csv.reader([rest.split("\n", 1)[0]]))[2:4])
            report.same(rest, wanted.get(key, ""), path)
            seen.add(key)
    report.check(seen == set(wanted), name, "slices", seen ^ set(wanted))


def rows_in(month):
    return sum(len(chunk.rows) for chunk in month.chunks)


def check_total(report, tree, name, month):
    """Straight from the raw column, by currency."""
    totals, lines = {}, {}
    for _, _, row, _ in month.lines():
        currency = row["line_item_currency_code"]
        cost = units(row["line_item_unblended_cost"]) or 0
        split = row["line_item_operation"] in ("EKSPod-EC2", "ECSTask-EC2")
        totals[currency] = totals.get(currency, 0) + (0 if split else cost)
        lines[currency] = lines.get(currency, 0) + 1
    rows = [row.split(",") for row in tree.read(f"months/{name}/total.csv").splitlines()[1:]]
    got = {row[8]: (row[3], row[9]) for row in rows}
    report.check(got == {c: (plain(totals[c]), str(lines[c])) for c in totals},
                 name, "total.csv", got, totals, lines)
    report.check(sum(lines.values()) == rows_in(month), name, "rows in and rows out")


def check_split(report, tree, name, month):
    """Their own costs stand empty, and split-costs.csv adds up what they are shares of."""
    total, rows = 0, 0
    for _, _, row, line in month.lines():
        if row["line_item_operation"] in ("EKSPod-EC2", "ECSTask-EC2"):
            total += units(row.get("split_line_item_split_cost", "")) or 0
            rows += 1
    table = list(csv.reader(tree.read(f"months/{name}/split-costs.csv").splitlines()))[1:]
    report.check(sum(units(row[3]) or 0 for row in table) == total, name, "split-costs.csv")
    report.check(sum(int(row[-1]) for row in table) == rows, name, "split rows", rows)


def check_unconnected(report, shop, root, months):
    """Two accounts of many: what is not theirs stands in unconnected.csv alone."""
    name = max(months)
    sums, labels = {}, {}
    for account, _, row, line in months[name].lines():
        total = sums.setdefault((account, row["line_item_currency_code"]), Sum())
        cells = line_costs(line)
        total.add(cells, (False, False))
        labels[account] = max(labels.get(account, ("", "")), (
            row["line_item_usage_start_date"], row.get("line_item_usage_account_name", "")))
    accounts = sorted({account for account, _ in sums})
    chosen = accounts[:2]
    with open_tree(shop, root, "--accounts", ",".join(chosen)) as tree:
        tree.read(f"months/{name}/total.csv")
        listed = [d.rsplit("_", 1)[-1] for d in tree.list("accounts")]
        report.check(sorted(listed) == chosen, "connected accounts", listed)
        rows = [f"account_id,{MONEY},name\n"]
        for (account, currency), total in sorted(
                sums.items(), key=lambda e: (-e[1].values[0], e[0][0].encode())):
            if account not in chosen:
                rows.append(record([account] + total.money(currency) + [labels[account][1]]))
        report.same(tree.read(f"months/{name}/unconnected.csv"), "".join(rows),
                    "unconnected.csv")
        wanted = sum(total.lines for (a, _), total in sums.items() if a in chosen)
        lines = tree.read(f"months/{name}/lines.csv").count("\n") - 1
        report.check(lines == wanted, "lines of connected accounts", lines, wanted)


def line_costs(line):
    return [units(cell) for cell in next(csv.reader([line]))[12:17]]


def main(tool, *flags):
    report = Report()
    if not can_mount():
        flags += "--months", "1"
    with Workshop(tool) as shop:
        root = shop.demo(*flags)
        months = months_of(root)
        with open_tree(shop, root) as tree:
            report.check(sorted(tree.list("months")) == sorted(months), "months")
            for name, month in sorted(months.items()):
                check_total(report, tree, name, month)
            for name, month in sorted(months.items()):
                check_split(report, tree, name, month)
                check_lines(report, tree, name, month)
        check_unconnected(report, shop, root, months)
        print(sum(map(rows_in, months.values())), "line items")
    report.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
