"""A month's report as a workbook, beside the CSVs of the months."""
import csv
import io
from decimal import Decimal

from stored import difference
from workbook import Workbook

SHEETS = ["total", "services", "accounts", "days", "resources", "tags", "charges", "about"]
CHARGES = ("credits", "refunds", "tax", "fees", "marketplace")
RESOURCES = 20


def plain(value):
    """As in a CSV: at least two places, no further zeros."""
    text = f"{value:f}"
    whole, _, places = text.partition(".")
    text = f"{whole}.{places.rstrip('0').ljust(2, '0')}"
    return text.lstrip("-") if not value else text


class Book:
    """check(condition, *what) fails; before: the month before, or None if it is not there."""

    def __init__(self, check, mount, month, before):
        self.check, self.mount, self.month, self.before = check, mount, month, before
        self.book = Workbook(mount.bytes_of(f"reports/{month}.xlsx"))

    def table(self, name, month=None):
        text = self.mount.read(f"months/{month or self.month}/{name}.csv")
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        return header, [dict(zip(header, row)) for row in rows]

    def sheet(self, name, header, rows):
        wrong = difference(self.book.sheet(name), self.book.sheet(name + " exact"), header,
                           [[row.get(n, "") for n in header] for row in rows])
        self.check(not wrong, "sheet", name, wrong)
        self.check(self.book.sheet(name).frozen_rows == 1, "frozen", name)

    def compared(self, sheet, name, key):
        header, rows = self.table(name)
        if self.before:
            then = {(key and row[key], row["currency"]): row
                    for row in self.table(name, self.before)[1]}
            for row in rows:
                put_change(row, then.pop((key and row[key], row["currency"]), None))
            for row in then.values():
                gone = {n: row[n] for n in (key, "name", "currency") if n in row}
                put_change(gone, row)
                rows.append(gone)
            header = [*header, "unblended_cost_before", "change"]
        self.sheet(sheet, header, rows)

    def resources(self):
        header, rows = self.table("by-resource")
        dearest = []
        for total in self.table("total")[1]:
            dearest += [row for row in rows if row["resource_id"]
                        and row["currency"] == total["currency"]][:RESOURCES]
        self.sheet("resources", header, dearest)

    def charges(self):
        rows = []
        for name in CHARGES:
            header, of = self.table(name)
            rows += [{"charge": name, **row} for row in of]
        self.sheet("charges", ["charge", *header], rows)

    def about(self):
        texts = self.book.sheet("about").texts()
        said = f"unblended_cost_before is that of {self.before}." if self.before else \
            "is not in the export, so nothing is compared."
        self.check(any(text.endswith(said) for text in texts), "about", texts)
        self.check(self.month in texts[1], "about", texts[:2])
        for sheet in self.book.sheets:
            if sheet.name.endswith(" exact"):
                lost = sum(at[0] > 0 for at in sheet.cells)
                self.check(any(text.startswith(f"{lost} numbers") and f'"{sheet.name}"' in text
                               for text in texts), "about", sheet.name, texts)

    def run(self):
        names = [s.name for s in self.book.sheets if not s.name.endswith(" exact")]
        self.check(names == SHEETS, "sheets", names)
        self.check(all(c.kind != "f" for s in self.book.sheets for c in s.cells.values()),
                   "formulas")
        self.compared("total", "total", "")
        self.compared("services", "by-service", "service")
        self.compared("accounts", "by-account", "account_id")
        self.sheet("days", *self.table("daily"))
        self.resources()
        self.sheet("tags", *self.table("tag-coverage"))
        self.charges()
        self.about()


def put_change(row, then):
    cost, before = row.get("unblended_cost"), then["unblended_cost"] if then else ""
    row["unblended_cost_before"] = before
    row["change"] = plain(Decimal(cost or 0) - Decimal(before or 0)) if cost or before else ""
