#!/usr/bin/env python3
"""What stands in the cells of a workbook, beside the CSV that it is made of: oracle_xlsx.py
MAKE_FORM. Values that were chosen for what spreadsheets make of them."""
import csv
import io
import subprocess
import sys
import time
import zipfile
from decimal import Decimal

from costtree import Report
from workbook import EXACT, MAIN, Workbook, days, digits_of

CELL = 32767
ROWS = 1048575

HOSTILE = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "=HYPERLINK(\"http://x/\",\"y\")", "\t=1", "'=1",
           "http://example.org/", "mailto:a@example.org", "external:c:\\x", "internal:Sheet1!A1",
           "{=1+1}", "000123456789", "1E5", "1.0", "TRUE", "#N/A", "2026-11-01", "<b>&amp;\"'",
           "]]>", "_x0041_", "_x000D_", "_x_", "__x0001__", " spaces ", "\x01\x1b[2J\x7f", "\x00",
           "e\u0301 \u202eabc 東京 \U0001f680", "\ufffe\uffff", "\u0085\u009b", "%s%n%d"]


class Made:
    def __init__(self, tool, report):
        self.tool, self.report = tool, report

    def bytes_of(self, content, name="by-service"):
        return subprocess.run([self.tool, "x.xlsx", name], input=content, check=True,
                              stdout=subprocess.PIPE, timeout=300).stdout

    def book(self, header, rows, name="by-service"):
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([header, *rows])
        return Workbook(self.bytes_of(text.getvalue().encode(), name))


def texts_are_texts(made):
    """Also in the header, and in columns that have numbers elsewhere."""
    book = made.book([*HOSTILE, "a_cost", "usage_start"],
                     [[*HOSTILE, "=1+1", "=1+1"], [*HOSTILE[::-1], "-x", "2026-13-01"]])
    sheet = book.sheets[0]
    for number, wanted in enumerate([[*HOSTILE, "a_cost", "usage_start"],
                                     [*HOSTILE, "=1+1", "=1+1"],
                                     [*HOSTILE[::-1], "-x", "2026-13-01"]]):
        for column, text in enumerate(wanted):
            cell = sheet.cells[number, column]
            made.report.check(cell == ("t", text, "@"), "a text", cell, text)
    made.report.check(not sheet.links, "no links")
    names = book.zip.namelist()
    made.report.check(not [n for n in names if "external" in n.lower()], names)
    made.report.check(not [c for s in book.sheets for c in s.cells.values() if c.kind == "f"],
                      "no formula anywhere")


def bytes_that_are_no_text(made):
    got = Workbook(made.bytes_of(b"id\n\xff\xc3(\xed\xa0\x80\n")).sheets[0]
    made.report.check(got.cells[1, 0].value == "\ufffd\ufffd(\ufffd\ufffd\ufffd", got.cells)


def numbers_are_numbers(made):
    """The nearest ones; where digits are lost the other sheet has the text."""
    amounts = ["0.00", "1.00", "-1.50", "0.1", "1234567.005", "0.000000000000000001",
               "123456789012345.00", "0.123456789012345", "99999999999999.9",
               "1234567890123456.00", "0.1234567890123456", "123456789012.123456789",
               "-98765432109876.54321", "100000000000000000000.00", "170000000000000000000.5",
               "9007199254740993.00", "0.30", "2.675", "1000000.0000000001", ""]
    rows = [[a, a, a, "1200"] for a in amounts]
    book = made.book(["a_cost", "usage_amount", "tagged_percent", "lines"], rows)
    table, exact = book.sheets[0], book.sheet("exact")
    for number, text in enumerate(amounts, 1):
        if not text:
            made.report.check((number, 0) not in table.cells, "empty stays empty")
            continue
        lost = digits_of(text) > EXACT
        for column, (style, factor) in enumerate([("#,##0.00", 1), ("#,##0.00" + "#" * 16, 1),
                                                  ("0.00%", 100)]):
            cell = table.cells[number, column]
            wanted = Decimal(text) / factor
            made.report.check(cell.kind == "n" and cell.style == style, text, cell)
            made.report.check(float(cell.value) == float(wanted) if not lost else
                              abs(cell.value - wanted) <= abs(wanted) * Decimal("5e-16"),
                              text, cell)
            beside = exact.cells.get((number, column))
            made.report.check(beside == (("t", text, "@") if lost else None), text, beside)
    made.report.check(table.cells[1, 3] == ("n", 1200, "#,##0"), table.cells[1, 3])
    made.report.check([s.name for s in book.sheets] == ["by-service", "exact", "about"])
    lost = sum(k[0] > 0 for k in exact.cells)
    made.report.check(any(t.startswith(f"{lost} numbers") for t in book.sheets[2].texts()),
                      book.sheets[2].texts())


def what_is_no_number_stays_a_text(made):
    odd = ["1e5", "1E5", "nan", "inf", "0x10", "1,5", "1 ", "--1", "1" * 41, "1.", "+1", ".5"]
    sheet = made.book(["a_cost"], [[o] for o in odd]).sheets[0]
    for number, text in enumerate(odd, 1):
        cell = sheet.cells[number, 0]
        made.report.check(cell == ("t", text, "@") or
                          text in ("1.", "+1", ".5") and cell.value == Decimal(text), text, cell)


def dates_are_dates(made):
    dates = ["2026-11-23", "1900-03-01", "9999-12-31", "2024-02-29"]
    times = ["2026-11-23T14:00:00Z", "2026-11-23T23:59:59Z", "1970-01-01T00:00:00Z",
             "2000-02-29T00:00:01Z"]
    months = ["2026-11", "1900-03", "9999-12", "2024-02"]
    book = made.book(["date", "usage_start", "month"], list(zip(dates, times, months)), "costs")
    for number, row in enumerate(zip(dates, times, months), 1):
        for column, (text, style) in enumerate(zip(row, ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss",
                                                         "yyyy-mm"))):
            cell = book.sheets[0].cells[number, column]
            made.report.check(cell.kind == "n" and cell.style == style and
                              abs(cell.value - days(text)) < Decimal("1e-9"), text, cell)
    odd = [["1900-02-28", "2026-11-23 14:00:00", "1900-02"],
           ["2026-02-30", "2026-11-23T14:00:00.5Z", "2026-13"],
           ["2026-11-23T00:00:00Z", "2026-11-23", "2026-1"],
           ["1899-12-31", "2026-11-23T14:00:00+0", "0000-01"]]
    sheet = made.book(["date", "usage_start", "month"], odd).sheets[0]
    for number, row in enumerate(odd, 1):
        for column, text in enumerate(row):
            cell = sheet.cells[number, column]
            made.report.check(cell == ("t", text, "@"), text, cell)
    made.report.check("Times are UTC." in book.sheets[-1].texts())


def long_texts_are_cut_and_that_is_said(made):
    whole = "x" * CELL
    cases = [(whole, whole), (whole + "y", "x" * (CELL - 1) + "…"),
             ("ü" * (CELL + 1), "ü" * (CELL - 1) + "…"),
             ("🚀" * (CELL // 2) + "a", "🚀" * (CELL // 2) + "a"),
             ("🚀" * (CELL // 2 + 1), "🚀" * (CELL // 2) + "…")]
    book = made.book(["id"], [[c] for c, _ in cases])
    for number, (_, wanted) in enumerate(cases, 1):
        got = book.sheets[0].cells[number, 0].value
        made.report.check(got == wanted, "long", number, len(got), len(wanted), got[-3:])
    made.report.check(any(t.startswith("3 texts") for t in book.sheets[-1].texts()))


def a_table_is_ready_to_use(made):
    book = made.book(["service", "b_cost", "currency"],
                     [["x", "1.00", "USD"], ["y", "2.50", "USD"], ["z", "4.00", "EUR"]])
    table, about = book.sheets
    made.report.check((table.frozen_rows, table.filter) == (1, "A1:C4"), table.filter)
    made.report.check([len(table.row(n)) for n in range(5)] == [3, 3, 3, 3, 0],
                      "no row of totals")
    rows = {r: about.row(r) for r, _ in about.cells}
    totals = {row[0].value: (row[1].value, row[2].value) for row in rows.values() if len(row) > 1}
    made.report.check(totals == {"total of b_cost, USD": (Decimal("3.5"), "3.50"),
                                 "total of b_cost, EUR": (4, "4.00")}, totals)
    fonts = book.part("xl/styles.xml").find(MAIN + "fonts")
    made.report.check(sum(f.find(MAIN + "b") is not None for f in fonts) == 1, "bold")
    empty = made.book(["a", "b"], [])
    made.report.check(empty.sheets[0].filter == "A1:B1" and len(empty.sheets[0].cells) == 2)


def names_of_sheets(made):
    for name, wanted in [("by-tag/team", "by-tag-team"),
                         ("by-tag/[a]:b*c?d\\e'", "by-tag--a--b-c-d-e-"),
                         ("by-tag/" + "ü" * 40, "by-tag-" + "ü" * 24),
                         ("by-tag/" + "🚀" * 40, "by-tag-" + "🚀" * 12),
                         ("by-tag/\x01<&>", "by-tag--<&>"), ("", "table")]:
        got = made.book(["id"], [["x"]], name).sheets[0].name
        made.report.check(got == wanted, got, wanted)


def the_same_table_gives_the_same_bytes(made):
    text = b"date,a_cost,currency\n2026-11-01,1.00,USD\n2026-11-02,12345678901234567.00,USD\n"
    first = made.bytes_of(text)
    time.sleep(2.1)  # an archive counts by two seconds
    made.report.check(made.bytes_of(text) == first, "the same bytes later")
    archive = zipfile.ZipFile(io.BytesIO(first))
    made.report.check({i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)})
    made.report.check(archive.read("docProps/core.xml").count(b"1980-01-01T00:00:00Z") == 2)


def what_no_sheet_can_hold_is_refused(made):
    for content, fits in [(b"a\n" + b"x\n" * ROWS, True), (b"a\n" + b"x\n" * (ROWS + 1), False),
                          (b"a,b,c\n" + b"x,y,<&>\n" * ROWS, False)]:
        done = subprocess.run([made.tool, "x.xlsx", "t"], input=content, timeout=300,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        made.report.check(done.returncode == (0 if fits else 1), done.stderr)
        made.report.check(fits or done.stderr.startswith(b"-27"), done.stderr)  # EFBIG


def main(tool):
    report = Report()
    made = Made(tool, report)
    for check in (texts_are_texts, bytes_that_are_no_text, numbers_are_numbers,
                  what_is_no_number_stays_a_text, dates_are_dates,
                  long_texts_are_cut_and_that_is_said, a_table_is_ready_to_use, names_of_sheets,
                  the_same_table_gives_the_same_bytes, what_no_sheet_can_hold_is_refused):
        check(made)
    report.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
