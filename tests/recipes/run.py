"""The recipes of examples/recipes on a real mount, against sums that Python works out.

run.py COSTFS RECIPE (a file). Exit code 77: the tool that the recipe needs is missing.
"""
import csv
import glob
import io
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
import zipfile
from collections import defaultdict
from decimal import Decimal

MONTHS = ("2026-10", "2026-11")
MONTH = MONTHS[1]
CENT = Decimal("0.01")
SECONDS = 120


class Skip(Exception):
    pass


def run(*words):
    done = subprocess.run([os.fspath(w) for w in words], stdin=subprocess.DEVNULL,
                          timeout=SECONDS, capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{words}: exit {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode()


def rows(text):
    return list(csv.reader(io.StringIO(text)))


def near(a, b, what):
    if abs(Decimal(a) - b) > CENT:
        raise AssertionError(f"{what}: got {a}, want {b}")


def same(got, want, what):
    if got != want:
        raise AssertionError(f"{what}:\ngot  {got}\nwant {want}")


class Facts:
    """Sums of the line items, by Python's own csv and decimal."""

    def __init__(self, mount):
        self.lines = []
        for name in sorted(glob.glob(f"{mount}/accounts/*/{MONTH}/services/*/costs.csv")):
            with open(name, newline="", encoding="utf-8") as file:
                self.lines += list(csv.DictReader(file))
        assert len(self.lines) > 500, "the export is too small to prove anything"

    def sums(self, *columns, cost="unblended_cost"):
        found = defaultdict(Decimal)
        for line in self.lines:
            key = tuple(line[c] for c in columns)
            key = key[0] if len(key) == 1 else key
            found[key] += Decimal(line[cost] or 0)
        return dict(found)


def compare(table, sums, what):
    """Rows of a key (or keys) and a sum; floating point is right to a cent."""
    same({k for k, _ in table}, set(sums), what)
    for key, value in table:
        near(value, sums[key], f"{what}: {key}")


def check_awk(out, facts):
    table = [tuple(line.split()) for line in out.splitlines()]
    compare(table, facts.sums("account_id"), "accounts")


def check_pandas(out, facts):
    compare(rows(out), facts.sums("account_id"), "accounts")


def check_total(out, facts):
    header, line = rows(out)
    same(header, ["month", "status", "unblended_cost", "amortized_cost"], "header")
    same(line[0], MONTH, "month")
    same(Decimal(line[2]), facts.sums()[()], "unblended cost")
    same(Decimal(line[3]), facts.sums(cost="amortized_cost")[()], "amortized cost")


def check_exact(out, facts):
    same(Decimal(out.strip()), facts.sums()[()], "the sum of all lines")


def check_movers(out, facts):
    table = rows(out)
    deltas = [Decimal(line[3]) for line in table]
    same(deltas, sorted(deltas, reverse=True), "the order")
    now = {line[0]: line[2] for line in table if Decimal(line[2]) != 0}
    sums = {k: v for k, v in facts.sums("service").items() if abs(v) >= CENT / 2}
    compare(now.items(), sums, "services")
    for line in table:
        near(line[3], Decimal(line[2]) - Decimal(line[1]), line[0])


def check_mlr(out, facts):
    table = [((line[0], line[1]), line[2]) for line in rows(out)[1:]]
    compare(table, facts.sums("tag_Team", "service"), "teams and services")


def check_duckdb(out, facts):
    table = rows(out)
    same(table[0], ["service", "cost"], "header")
    sums = {service: Decimal(cost or 0) for service, cost in table[1:]}
    same(sums, facts.sums("service"), "services, exactly")


def check_sqlite(out, facts):
    sums = sorted(facts.sums("usage_type").values(), reverse=True)[:5]
    for line, want in zip(rows(out), sums, strict=True):
        near(line[1], want, line[0])


def check_untagged(out, facts):
    tags = [c for c in facts.lines[0] if re.match("tag_(?!aws:)", c)]
    sums = defaultdict(Decimal)
    for line in facts.lines:
        if line["resource_id"] and not any(line[tag] for tag in tags):
            sums[line["resource_id"]] += Decimal(line["unblended_cost"] or 0)
    dearest = sorted(sums.values(), reverse=True)[:5]
    same([Decimal(line[4]) for line in rows(out)[1:]], dearest, "the five dearest")


def check_gnuplot(out, facts):
    xml.etree.ElementTree.fromstring(out)
    days = len({line["usage_start"][:10] for line in facts.lines})
    assert len(re.findall(r"<(?:polygon|path)", out)) >= days / 2, "the chart is empty"


def check_libreoffice(_, facts):
    """Column 5 of the first sheet adds up, and column 4 is text."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(pathlib.Path(os.environ["HOME"]) / "by-resource.xlsx") as book:
        sheet = xml.etree.ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    total = Decimal(0)
    for cell in sheet.iter(space + "c"):
        column = re.match("[A-Z]+", cell.get("r")).group(0)
        if column == "D":
            same(cell.get("t"), "s", f"the type of {cell.get('r')}")
        value = cell.find(space + "v")
        if column == "E" and cell.get("t", "n") == "n" and value is not None:
            total += Decimal(value.text)
    near(total, facts.sums()[()], "the sheet's total")


NEEDS = {"mlr": "mlr", "duckdb": "duckdb", "sqlite": "sqlite3", "gnuplot": "gnuplot",
         "libreoffice": "soffice", "exact": "bc"}


def find_pandas():
    """A python3 with pandas in front of the others, be it the second one."""
    for python in ("python3", "/usr/bin/python3"):
        path = shutil.which(python)
        if path and subprocess.run([path, "-c", "import pandas"], capture_output=True,
                                   check=False).returncode == 0:
            os.environ["PATH"] = os.path.dirname(path) + ":" + os.environ["PATH"]
            return
    raise Skip("not installed: pandas")


def find_tool(recipe):
    if recipe == "pandas":
        find_pandas()
    elif recipe in NEEDS and shutil.which(NEEDS[recipe]) is None:
        raise Skip(f"not installed: {NEEDS[recipe]}")


def try_recipe(costfs, script, scratch):
    mount = scratch / "costs"
    mount.mkdir()
    run(costfs, "demo-export", scratch / "bucket", "--rows", "4000", "-q",
        "--last-month", MONTH)
    run(costfs, "mount", scratch / "bucket", mount, "--cache", scratch / "cache")
    try:
        for month in MONTHS:
            run("stat", f"{mount}/months/{month}/total.csv")
        out = run("bash", script, mount)
        globals()["check_" + script.stem](out, Facts(mount))
    finally:
        run("umount", "-l", mount)


def main():
    costfs, script = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    if not os.path.exists("/dev/fuse"):
        print("there is no /dev/fuse")
        return 77
    try:
        find_tool(script.stem)
    except Skip as why:
        print(why)
        return 77
    with tempfile.TemporaryDirectory(prefix="costfs-recipe-") as scratch:
        os.environ["HOME"] = scratch
        try_recipe(costfs, script, pathlib.Path(scratch))
    return 0


if __name__ == "__main__":
    sys.exit(main())
