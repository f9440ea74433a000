#!/usr/bin/env python3
"""Every figure of reports/MONTH.html, and of its .xlsx where that is built, beside the CSVs of
the months, added up by Python.
Usage: oracle_report.py COSTFS"""
import calendar
import csv
import decimal
import html.parser
import io
import re
import sys
from decimal import ROUND_HALF_EVEN, Decimal

import awkward
import delivery
from costtree import Mount, Report, Workshop, can_mount
from report_book import Book, plain

decimal.getcontext().prec = 60  # amounts of 38 digits
SKIPPED = 77
ROWS, RESOURCES, LABEL, CHARTS = 25, 20, 120, 4
NOTES = {"estimated": "Amounts may change until AWS has invoiced them.",
         "final": "AWS has invoiced this month.",
         "mixed": "AWS has invoiced a part; the rest may change."}
# Of an export whose names would like to be markup.
HOSTILE = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</td></table>",
           "&lt;b&gt;&#60;", "' onmouseover='x", "]]><!--", "\u202ednatsrekcu", "a\u0007b"]
HEADER = """identity/LineItemId bill/BillingEntity bill/BillingPeriodStartDate
bill/BillingPeriodEndDate lineItem/UsageAccountId lineItem/LineItemType lineItem/UsageStartDate
lineItem/UsageEndDate lineItem/ProductCode lineItem/ResourceId lineItem/CurrencyCode
lineItem/UnblendedCost lineItem/LineItemDescription product/ProductName product/region
resourceTags/user:Name resourceTags/user:<i>team</i>""".split()


class Page(html.parser.HTMLParser):
    """rows: (section, heading, caption, cells), cells are (text, exact, title); figures: of what is
    no cell, by section; notes: texts of paragraphs and of lists, by section."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.attributes, self.titles = [], [], [], []
        self.rows, self.figures, self.notes = [], [], []
        self.section = self.heading = self.caption = ""
        self.text, self.feet = {}, []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.elements.append(tag)
        self.attributes += [(tag, name) for name in attributes]
        if tag in ("meta",):
            return
        self.open.append((tag, attributes))
        self.text[len(self.open)] = ""
        if tag == "tr":
            self.rows.append((self.section, self.heading, self.caption, []))
            self.feet.append(any(t == "tfoot" for t, _ in self.open))

    def handle_startendtag(self, tag, attributes):
        self.elements.append(tag)
        self.attributes += [(tag, name) for name, _ in attributes]

    def handle_data(self, data):
        """What is small beside a name is no part of it."""
        small = next((i for i, (tag, _) in enumerate(self.open) if tag == "small"), -1)
        for depth in range(small + 2, len(self.open) + 1):
            self.text[depth] += data

    def handle_endtag(self, tag):
        assert self.open and self.open[-1][0] == tag, (tag, self.open[-1:])
        text, (_, attributes) = self.text[len(self.open)], self.open.pop()
        if tag == "h2":
            self.section, self.heading = text, ""
        elif tag == "h3":
            self.heading = text
        elif tag == "caption":
            self.caption = text
        elif tag in ("td", "th"):
            self.rows[-1][3].append((text.strip(), attributes.get("data-v", ""),
                                     attributes.get("title")))
        elif tag == "data":
            self.figures.append((self.section, text, attributes["value"],
                                 attributes.get("title")))
        elif tag in ("p", "dd", "dt"):
            self.notes.append((self.section, text))
        elif tag == "title" and any(t == "svg" for t, _ in self.open):
            self.titles.append(text)


def rounded(value):
    if value and not value.quantize(Decimal("0.01"), ROUND_HALF_EVEN):
        return "<0.01" if value > 0 else ">−0.01"
    value = value.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    return f"{value + 0 if value else abs(value):,}".replace("-", "−")


def percent(part, whole):
    """To two places, and as it is shown."""
    exact = (part * 100 / whole).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    half = Decimal("0.05") if exact >= 0 else Decimal("-0.05")
    shown = int((exact + half) * 10) / Decimal(10)
    text = f"{shown:,.1f}%".replace("-", "−")
    return str(exact if exact else abs(exact)), text


def amount(text):
    return Decimal(text) if text else None


def add(values):
    known = [v for v in values if v is not None]
    return sum(known, Decimal(0)) if known else None


class Check:
    def __init__(self, report, mount, month):
        self.report, self.mount, self.month = report, mount, month
        year, number = map(int, month.split("-"))
        self.before = f"{year - (number == 1)}-{(number + 10) % 12 + 1:02}"
        self.days = calendar.monthrange(year, number)[1]
        self.has_before = self.before in mount.list("months")
        text = mount.read(f"reports/{month}.html")
        report.check(text == mount.read(f"reports/{month}.html"), month, "twice the same")
        self.page = Page(text)
        self.total = self.table("total")
        self.currencies = [row["currency"] for row in self.total]

    def table(self, name, month=None):
        text = self.mount.read(f"months/{month or self.month}/{name}.csv")
        return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))

    def check(self, condition, *what):
        return self.report.check(condition, self.month, *what)

    def cost(self, rows, currency, column="unblended_cost"):
        return add(amount(row[column]) for row in rows if row["currency"] == currency)

    # What each kind of cell has to be

    @staticmethod
    def money(value, is_change=False):
        """(text, exact); a title where they differ is checked by figures()."""
        if value is None:
            return "", ""
        sign = "+" if is_change and value > 0 and rounded(value)[0] != "<" else ""
        return sign + rounded(value), plain(value)

    @staticmethod
    def share(value, whole):
        if value is None or whole is None or whole <= 0:
            return "", ""
        return percent(value, whole)[::-1]

    def change(self, now, before):
        if now is None and before is None:
            return [self.money(before), ("", ""), ("", "")]
        moved = (now or Decimal(0)) - (before or Decimal(0))
        cells = [self.money(before), self.money(moved, True)]
        if before is None or before <= 0:
            return [*cells, ("", "")]
        exact, shown = percent(moved, before)
        return [*cells, (("+" if moved > 0 else "") + shown, exact)]

    # Tables

    def shown(self, section, heading=""):
        """The tables below a heading, as [caption, head, rows, foot]."""
        tables = []
        for (where, below, caption, cells), is_foot in zip(self.page.rows, self.page.feet):
            if (where, below) != (section, heading):
                continue
            if not tables or tables[-1][0] != caption:
                tables.append([caption, [c[0] for c in cells], [], []])
            else:
                tables[-1][3 if is_foot else 2].append([(c[0], c[1]) for c in cells])
        return tables

    def items(self, section, heading, name, key, label, texts=(), most=ROWS, what=("row", "rows"),
              has_share=False, has_rest=True, is_compared=False, is_last_first=False):
        got = self.shown(section, heading)
        is_compared &= self.has_before
        rows = self.table(name)
        if name == "by-resource":
            rows = [row for row in rows if row["resource_id"]]
        before = self.table(name, self.before) if is_compared else []
        tables = 0
        for currency in self.currencies:
            of = [row for row in rows if row["currency"] == currency]
            if is_last_first:
                of.reverse()
            if not of:
                continue
            if not self.check(tables < len(got), section, heading, currency, "is missing"):
                return
            self.item_table(got[tables], of, currency, before, dict(
                key=key, label=label, texts=texts, most=most, what=what, has_share=has_share,
                has_rest=has_rest, is_compared=is_compared))
            tables += 1
        self.check(tables == len(got), section, heading, "has more tables", tables, len(got))

    def item_table(self, got, rows, currency, before, how):
        caption, head, lines, foot = got
        of_before = [row for row in before if row["currency"] == currency]
        whole, most = self.cost(self.total, currency), how["most"]
        many = f"{len(rows)} {how['what'][len(rows) != 1]}"
        if len(rows) > most:
            many = f"the {most} largest of {many}" if how["has_rest"] else \
                f"the {most} dearest {how['what'][1]}"
        self.check(caption == f"{currency}, {many}", "caption", caption, currency, many)

        def figures(cost, then):
            cells = [self.money(cost)]
            if how["has_share"]:
                cells.append(self.share(cost, whole))
            return cells + (self.change(cost, then) if how["is_compared"] else [])

        sums = []
        for row, line in zip(rows[:most], lines):
            then = next((amount(r["unblended_cost"]) for r in of_before
                         if r[how["key"]] == row[how["key"]]), None)
            cost = amount(row["unblended_cost"])
            sums.append((cost, then))
            wanted = figures(cost, then)
            texts = [row[how["label"]] or row[how["key"]], *(row[t] for t in how["texts"])]
            self.check(line[len(texts):] == wanted, caption, "row", line, wanted)
            for cell, text in zip(line, texts):
                self.check(is_label(cell[0], text), caption, "label", cell[0], text)
        self.check(len(lines) == min(len(rows), most), caption, "rows", len(lines), len(rows))
        self.check(len(head) == 1 + len(how["texts"]) + len(figures(None, None)), caption, head)
        if not how["has_rest"]:
            self.check(not foot, caption, "has a foot")
            return
        total, then = self.cost(rows, currency), self.cost(of_before, currency)
        rest = add(amount(r["unblended_cost"]) for r in rows[most:])
        rest_then = None if then is None else then - (add(t for _, t in sums) or 0)
        if len(rows) > most and rest is None and total is not None:
            rest = Decimal(0)
        wanted = [figures(total, then)]
        if len(rows) > most or rest_then:
            wanted.insert(0, figures(rest if len(rows) > most else None, rest_then))
        got = [line[1 + len(how["texts"]):] for line in foot]
        self.check(got == wanted, caption, "foot", got, wanted)

    def rows_of(self, section, name, columns, last_is_percent=False):
        tables, rows = self.shown(section), self.table(name)
        if not rows:
            self.check(not tables, section, "has tables")
            return
        self.check(len(tables) == len(self.currencies), section, "tables", len(tables))
        for (_, _, lines, _), currency in zip(tables, self.currencies):
            of = [row for row in rows if row["currency"] == currency]
            wanted = []
            for row in of[:ROWS] if last_is_percent else of:
                cells = [self.money(amount(row[c])) for c in columns]
                if last_is_percent:
                    share = row["tagged_percent"]
                    cells.append((percent(Decimal(share), Decimal(100))[1], share)
                                 if share else ("", ""))
                wanted.append(cells)
            self.check([line[1:] for line in lines] == wanted, section, currency, lines, wanted)

    # Totals

    def cards(self):
        daily, then = self.table("daily"), []
        last = max([int(row["date"][8:]) for row in daily if row["date"][:7] == self.month],
                   default=0)
        if self.has_before:
            then = self.table("daily", self.before)
        for row in self.total:
            currency, section = row["currency"], f"Total in {row['currency']}"
            now, wanted = amount(row["unblended_cost"]), []
            wanted.append(now)
            before = self.cost(self.table("total", self.before), currency) \
                if self.has_before else None
            notes = " ".join(n for s, n in self.page.notes if s == section)
            if before is not None:
                wanted += [(now or 0) - before, before]
            elif self.has_before:
                self.check("has no costs in this currency" in notes, notes)
            else:
                self.check("is not in the export" in notes, notes)
            if 0 < last < self.days and row["as_of"][:7] <= self.month:
                self.check(f"{last} of {self.days} days so far." in notes, notes)
                same = add(amount(r["unblended_cost"]) for r in then
                           if r["currency"] == currency and r["date"] and
                           (r["date"][:7] < self.before or
                            r["date"][:7] == self.before and int(r["date"][8:]) <= last))
                if same is not None:
                    wanted += [(now or 0) - same, same]
            wanted.append(amount(row["amortized_cost"]))
            for name in ("credits", "refunds", "tax", "fees", "marketplace"):
                wanted.append(self.cost(self.table(name), currency))
            got = [Decimal(exact) for s, _, exact, _ in self.page.figures if s == section]
            wanted = [v for v in wanted if v is not None]
            self.check(got == wanted, section, got, wanted)

    # The page itself

    def figures(self):
        """What is shown is what is exact, to the cent; a title says it where that differs."""
        cells = [(text, exact, title) for *_, row in self.page.rows for text, exact, title in row]
        cells += [(text, exact, title) for _, text, exact, title in self.page.figures]
        for text, exact, title in cells:
            if not exact or text.endswith("%"):
                continue
            self.check(text.lstrip("+") == rounded(Decimal(exact)), "shown", text, exact)
            differs = exact != str(Decimal(exact).quantize(Decimal("0.01"), ROUND_HALF_EVEN))
            self.check(title == (exact if differs else None), "title", title, exact)

    def chart(self):
        rows = self.table("daily-by-service")
        wanted = sum(Decimal(row["unblended_cost"]) for row in rows
                     if row["unblended_cost"] and row["currency"] in self.drawn(rows))
        got = sum(Decimal(t.rsplit(": ", 1)[1]) for t in self.page.titles)
        self.check(got == wanted, "chart", got, wanted)

    @staticmethod
    def drawn(rows):
        return list(dict.fromkeys(row["currency"] for row in rows if row["currency"]))[:CHARTS]

    def whole(self):
        page = self.page
        self.check(not page.open, "ends everything", page.open)
        self.check(page.elements.count("script") == 1, "has one script")
        self.check(page.elements.count("h1") == 1, "has one heading")
        self.check(page.elements.count("table") == page.elements.count("caption"), "captions")
        for tag, name in page.attributes:
            self.check(not name.startswith("on") and name not in ("href", "src", "style"),
                       "has", tag, name)
        self.check({"img", "link", "iframe", "object", "form", "a"}.isdisjoint(page.elements),
                   "has an element that it should not have")
        status = self.total[0]["status"] if self.total else ""
        note = next((n for s, n in page.notes if NOTES.get(status, "?") in n), None)
        self.check(status not in NOTES or note == status + NOTES[status], "status", note)
        self.check(any(self.month in n for _, n in page.notes), "says the month")

    def run(self):
        self.whole()
        self.figures()
        self.cards()
        self.chart()
        of = dict(has_share=True, is_compared=True)
        self.items("By service", "", "by-service", "service", "name",
                   what=("service", "services"), **of)
        self.items("By account", "", "by-account", "account_id", "name",
                   what=("account", "accounts"), **of)
        self.items("Dearest resources", "", "by-resource", "resource_id", "name",
                   ("service", "region"), RESOURCES, ("resource", "resources"), has_share=True,
                   has_rest=False)
        for name in ("credits", "refunds", "tax", "fees"):
            self.items("Credits, refunds, tax and fees", name.capitalize(), name, "description",
                       "description", ("service",), is_last_first=name in ("credits", "refunds"))
        self.items("Marketplace", "", "marketplace", "description", "description", ("service",))
        self.rows_of("Tags", "tag-coverage", ("tagged_cost", "untagged_cost"), True)
        self.rows_of("Day by day", "daily", ("unblended_cost", "amortized_cost"))


def is_label(shown, text):
    """Characters that turn or hide what follows are '?'; what is long is cut."""
    clean = re.sub("[\x00-\x1f\x7f\u0080-\u009f\u202a-\u202e\u2066-\u2069]", "?", text)
    clean = clean.strip()
    return shown == clean or shown.endswith("…") and clean.startswith(shown[:-1]) and \
        len(text) > LABEL // 2


def hostile(root):
    rows = []
    for i, text in enumerate(HOSTILE):
        for kind, cost in (("Usage", f"{i}.12345"), ("Credit", f"-{i}.5"), ("Tax", "0.001")):
            rows.append([f"item{i}{kind}", "AWS Marketplace" if i % 2 else "AWS",
                         "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z", "000000000012", kind,
                         "2024-02-01T00:00:00Z", "2024-02-01T01:00:00Z", text, text,
                         "USD" if i % 3 else "<EUR>", cost, text, text, "eu", text, text])
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(rows)
    return delivery.write(root, [text.getvalue().encode()], awkward.RANGE)


def main(tool):
    if not can_mount():
        print("skipped: no /dev/fuse")
        sys.exit(SKIPPED)
    report = Report()
    with Workshop(tool) as shop:
        sources = [shop.demo("--rows", "4000"),
                   shop.demo("--rows", "2000", "--format", "cur2-csv", "--accounts", "40",
                             "--months", "2", "--seed", "5"),
                   shop.demo("--rows", "1000", "--format", "focus-csv", "--months", "1"),
                   awkward.write(shop.fresh("awkward")), hostile(shop.fresh("hostile"))]
        for source in sources:
            with Mount(shop, source) as mount:
                months = sorted(mount.list("months"))
                for month in months:
                    mount.read(f"months/{month}/total.csv")
                endings = (".html", ".xlsx") if ".xlsx" in mount.read("README.txt") else \
                    (".html",)
                report.check(sorted(mount.list("reports")) ==
                             [m + e for m in months for e in endings], "lists",
                             mount.list("reports"))
                for month in months:
                    check = Check(report, mount, month)
                    check.run()
                    if ".xlsx" in endings:
                        Book(check.check, mount, month,
                             check.before if check.has_before else None).run()
    report.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
