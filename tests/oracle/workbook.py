"""Workbooks (.xlsx) by Python's own zip and XML readers: every cell as it is stored."""
import collections
import datetime
import io
import re
import zipfile
from decimal import Decimal
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
EPOCH = datetime.datetime(1899, 12, 30)
EXACT = 15  # significant digits that every double carries

# kind: "n" a number, "t" a text, "f" a formula. style: of numbers, as Excel writes it.
Cell = collections.namedtuple("Cell", "kind value style")


def unescape(text):
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m.group(1), 16)), text)


def place(reference):
    """(row, column) of "C12", from 0."""
    letters, digits = re.fullmatch(r"([A-Z]+)(\d+)", reference).groups()
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(digits) - 1, column - 1


def digits_of(text):
    """How many there are between the first and the last that is not 0."""
    return len(text.lstrip("-").replace(".", "").strip("0"))


class Sheet:
    def __init__(self, name, tree, book):
        self.name, self.cells = name, {}
        for c in tree.iter(MAIN + "c"):
            self.cells[place(c.get("r"))] = self.cell(c, book)
        pane = tree.find(f"{MAIN}sheetViews/{MAIN}sheetView/{MAIN}pane")
        self.frozen_rows = int(pane.get("ySplit", 0)) if pane is not None else 0
        found = tree.find(MAIN + "autoFilter")
        self.filter = found.get("ref") if found is not None else None
        self.links = list(tree.iter(MAIN + "hyperlink"))

    @staticmethod
    def cell(c, book):
        style = book.styles[int(c.get("s", 0))]
        if c.find(MAIN + "f") is not None:
            return Cell("f", c.find(MAIN + "f").text, style)
        if c.get("t") == "inlineStr":
            return Cell("t", unescape("".join(t.text or "" for t in c.iter(MAIN + "t"))), style)
        if c.get("t") == "s":
            return Cell("t", book.strings[int(c.find(MAIN + "v").text)], style)
        return Cell("n", Decimal(c.find(MAIN + "v").text), style)

    def row(self, number):
        return {column: cell for (row, column), cell in self.cells.items() if row == number}

    def texts(self):
        return [cell.value for _, cell in sorted(self.cells.items()) if cell.kind == "t"]


class Workbook:
    BUILT_IN = {0: "General", 3: "#,##0", 4: "#,##0.00", 10: "0.00%", 49: "@"}

    def __init__(self, content):
        self.zip = zipfile.ZipFile(io.BytesIO(content))
        assert self.zip.testzip() is None
        self.styles = self.read_styles()
        self.strings = []
        if "xl/sharedStrings.xml" in self.zip.namelist():
            self.strings = [unescape("".join(t.text or "" for t in si.iter(MAIN + "t")))
                            for si in self.part("xl/sharedStrings.xml").iter(MAIN + "si")]
        targets = {r.get("Id"): r.get("Target")
                   for r in self.part("xl/_rels/workbook.xml.rels")}
        self.sheets = [Sheet(s.get("name"),
                             self.part("xl/" + targets[s.get(OFFICE + "id")]), self)
                       for s in self.part("xl/workbook.xml").iter(MAIN + "sheet")]

    def part(self, name):
        return ElementTree.fromstring(self.zip.read(name))

    def read_styles(self):
        tree = self.part("xl/styles.xml")
        formats = dict(self.BUILT_IN)
        formats.update((int(f.get("numFmtId")), f.get("formatCode"))
                       for f in tree.iter(MAIN + "numFmt"))
        return [formats[int(x.get("numFmtId"))] for x in tree.find(MAIN + "cellXfs")]

    def sheet(self, name):
        return next((s for s in self.sheets if s.name == name), None)


def days(text):
    """A date, a month or a time of ours as the number of days that Excel counts."""
    shape = {7: "%Y-%m", 10: "%Y-%m-%d", 20: "%Y-%m-%dT%H:%M:%SZ"}[len(text)]
    since = datetime.datetime.strptime(text, shape) - EPOCH
    return Decimal(since.days) + Decimal(since.seconds) / 86400
