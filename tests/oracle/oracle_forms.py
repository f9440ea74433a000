#!/usr/bin/env python3
"""Each CSV of the kit says the same under every other ending, to the last digit.
Usage: oracle_forms.py COSTFS [DEMO-EXPORT-FLAG…]"""
import collections
import csv
import io
import json
import os
import re
import sys
import unicodedata
import xml.etree.ElementTree
from decimal import ROUND_HALF_EVEN, Decimal

from costtree import Mount, Report, Workshop, can_mount
from stored import COUNTS, difference, is_money, is_number
from workbook import Workbook

SKIPPED = 77
RESOURCES = 1  # of each service
CELL = 48
LINES = ("costs.csv", "lines.csv")
ROOT = ("accounts.csv", "services.csv", "months.csv")


def paths_of(top):
    """All CSVs of the kit below top, of a few resources of each service."""
    for where, directories, names in os.walk(top):
        if os.path.basename(where) == "resources":
            directories[:] = sorted(directories)[:RESOURCES]
        directories[:] = [d for d in directories if d != ".costfs"]
        for name in sorted(names):
            if name.endswith(".csv") and (where != top or name in ROOT):
                yield os.path.relpath(os.path.join(where, name), top)


class Check:
    def __init__(self, report, mount, path):
        self.report, self.path, self.mount = report, path, mount
        self.header, *self.rows = list(csv.reader(io.StringIO(mount.read(path), newline=""),
                                                  strict=True))
        self.is_lines = os.path.basename(path) in LINES

    def form(self, ending):
        return self.mount.read(self.path[:-len("csv")] + ending)

    def json(self):
        text = self.form("json")
        wanted = [{n: None if not c else Decimal(c) if is_number(n) else c
                   for n, c in zip(self.header, row)} for row in self.rows]
        got = json.loads(text, parse_float=Decimal, parse_int=Decimal)
        self.report.check(got == wanted, self.path, "as JSON")
        self.report.check(all(list(x) == self.header for x in got), self.path, "order of keys")
        self.report.check(text.count("\n") == len(self.rows) + (2 if self.rows else 1),
                          self.path, "a JSON row a line")

    def tsv(self):
        table = [[re.sub(r"\\(.)", lambda m: {"t": "\t", "\\": "\\"}[m[1]], c)
                  for c in line.split("\t")] for line in self.form("tsv").split("\n")[:-1]]
        self.report.check(table == [self.header, *self.rows], self.path, "as TSV")

    def md(self):
        table = [line for line in self.form("md").split("\n") if line.startswith("|")]
        cells = [[re.sub(r"\\(.)", r"\1", c.strip()) for c in
                  re.split(r"(?<!\\)(?:\\\\)*\|", line)[1:-1]] for line in table]
        wanted = [self.header, ["--:" if is_number(n) else "---" for n in self.header],
                  *self.rows]
        wanted = [[c.strip() for c in row] for row in wanted]
        self.report.check(cells == wanted, self.path, "as Markdown")

    def shown(self, name, text):
        if (is_money(name) or name in COUNTS) and text:
            if name in COUNTS:
                return f"{int(text):,}"
            if not self.is_lines:
                return cents(Decimal(text))
            whole, dot, rest = text.partition(".")
            sign = "-" if whole.startswith("-") else ""
            return f"{sign}{int(whole.lstrip('-')):,}{dot}{rest}"
        return cut(text)

    def wanted_txt(self):
        """The columns as cells, totals last."""
        kept = [i for i in range(len(self.header))
                if not self.rows or any(row[i] for row in self.rows)]
        money = next(i for i, n in enumerate(self.header) if is_money(n))
        currency = self.header.index("currency")
        wholes = collections.OrderedDict()
        for row in self.rows:
            wholes.setdefault(row[currency], []).append(row)
        has_share = "/by-" in "/" + self.path

        sums = {of: sum(Decimal(r[money]) for r in rows if r[money])
                for of, rows in wholes.items()}

        def share(of, part):
            return "" if part is None or not sums[of] else cents(part * 100 / sums[of])

        def line(cells, of, part):
            out = []
            for i in kept:
                out.append(cells[i])
                if has_share and i == money:
                    out.append(share(of, part))
            return out

        table = [[x for i in kept for x in ([cut(self.header[i]), "%"] if has_share and i == money
                                            else [cut(self.header[i])])]]
        for row in self.rows:
            table.append(line([self.shown(n, c) for n, c in zip(self.header, row)],
                              row[currency], Decimal(row[money]) if row[money] else None))
        totals = []
        if any(len(x) > 1 for x in wholes.values()) and "tagged_cost" not in self.header:
            for of, rows in wholes.items():
                if not any(r[money] for r in rows):
                    continue
                cells = []
                for i, name in enumerate(self.header):
                    values = [Decimal(r[i]) for r in rows if r[i]] if (
                        is_money(name) or name in COUNTS) else []
                    total = sum(values)
                    cells.append(of if i == currency else "total" if i == kept[0] else
                                 "" if not values else f"{int(total):,}" if name in COUNTS
                                 else cents(total))
                totals.append(line(cells, of, sums[of]))
        return table, totals

    def txt(self):
        lines = self.form("txt").split("\n")
        rules = [i for i, x in enumerate(lines) if x and not x.strip("- ")]
        starts = [(m.start(), m.end()) for m in re.finditer("-+", lines[rules[0]])]
        self.report.check(lines[0] and lines[rules[0] - 2] == "", self.path, "title")
        table, totals = self.wanted_txt()
        end = rules[1] if totals else len(lines) - 1
        got = [slices(x, starts) for x in [lines[rules[0] - 1], *lines[rules[0] + 1:end]]]
        self.report.check(got == [[c.strip() for c in r] for r in table], self.path, "as text",
                          next(((g, w) for g, w in zip(got, table) if g != w), ""))
        if totals:
            got = [slices(x, starts) for x in lines[end + 1:-1]]
            self.report.check(got == totals, self.path, "totals", got, totals)

    def html(self):
        page = xml.etree.ElementTree.fromstring(self.form("html"))
        money = next(i for i, n in enumerate(self.header) if is_money(n))
        kept = [i for i in range(len(self.header))
                if not self.rows or any(row[i] for row in self.rows)]
        rows = []
        for row in page.findall(".//tbody/tr"):
            cells = [c.get("data-v") or c.text or "" for c in row]
            if "/by-" in "/" + self.path and money in kept:
                del cells[kept.index(money) + 1]
            rows.append(cells)
        same = [[Decimal(c) if c and is_number(self.header[i]) else c
                 for i, c in zip(kept, row)] for row in rows]
        self.report.check(same == [[Decimal(row[i]) if row[i] and is_number(self.header[i])
                                    else row[i] for i in kept] for row in self.rows],
                          self.path, "as HTML")
        self.report.check(len(page.findall(".//script")) == 1, self.path, "one script")

    def svg(self):
        """What is drawn adds up to what the file does, or is its percentages."""
        path = os.path.join(self.mount.dir, self.path[:-len("csv")] + "svg")
        if self.is_lines:
            self.report.check(not os.path.exists(path), self.path, "has no chart")
            return
        picture = xml.etree.ElementTree.fromstring(self.form("svg"))
        titles = list(picture.iter("{http://www.w3.org/2000/svg}title"))
        drawn = [t.text.rsplit(": ", 1)[1] for t in titles[1:]]
        money = next(i for i, n in enumerate(self.header) if is_money(n))
        if "tagged_percent" in self.header:
            at = self.header.index("tagged_percent")
            wanted = sorted(row[at] + "%" for row in self.rows if row[at])
            self.report.check(sorted(drawn) == wanted, self.path, "percentages as SVG", drawn)
        elif os.path.basename(self.path) == "total.csv":
            wanted = [c for row in self.rows for n, c in zip(self.header, row)
                      if is_money(n) and c]
            self.report.check(drawn == wanted, self.path, "costs as SVG", drawn)
        else:
            wanted = sum(Decimal(row[money]) for row in self.rows if row[money])
            self.report.check(sum(map(Decimal, drawn)) == wanted, self.path, "as SVG", wanted)

    def xlsx(self):
        """Every cell; of numbers with more digits than one can have, the text as well."""
        book = Workbook(self.mount.bytes_of(self.path[:-len("csv")] + "xlsx"))
        wrong = difference(book.sheets[0], book.sheet("exact"), self.header, self.rows,
                           self.is_lines)
        self.report.check(not wrong, self.path, "as a workbook", wrong)


def cents(value):
    rounded = value.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    return f"{rounded + 0 if rounded else abs(rounded):,}"


def width(c):
    return 0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1


def cut(text):
    if text.isascii():
        return text if len(text) <= CELL else text[:CELL - 1] + "…"
    if sum(map(width, text)) <= CELL:
        return text
    kept = ""
    for c in text:
        if sum(map(width, kept + c)) + 1 > CELL:
            break
        kept += c
    return kept + "…"


def slices(line, starts):
    if line.isascii():
        return [line[a:b].strip() for a, b in starts]
    cells = [c + "\0" * (width(c) - 1) for c in line if width(c)]
    flat = "".join(cells)
    return [flat[a:b].replace("\0", "").strip() for a, b in starts]


def main(tool, *flags):
    if not can_mount():
        print("skipped: no /dev/fuse")
        sys.exit(SKIPPED)
    report = Report()
    with Workshop(tool) as shop, Mount(shop, shop.demo(*flags)) as mount:
        paths = list(paths_of(mount.dir))
        has_xlsx = os.path.exists(os.path.join(mount.dir, "accounts.xlsx"))
        for path in paths:
            check = Check(report, mount, path)
            for form in (check.json, check.tsv, check.md, check.txt, check.html,
                         check.svg, *([check.xlsx] if has_xlsx else [])):
                form()
        report.check(len(paths) > 200, "there are files", len(paths))
    report.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
