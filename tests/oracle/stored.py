"""What the cells of a CSV have to be in a workbook: of which kind, and how they are shown."""
from decimal import Decimal

from workbook import EXACT, days, digits_of

COUNTS = ("lines", "tagged_lines", "untagged_lines")
DECIMALS = ("usage_amount", "tagged_percent")
DATES = {"date": "yyyy-mm-dd", "first_day": "yyyy-mm-dd", "last_day": "yyyy-mm-dd",
         "month": "yyyy-mm", "first_month": "yyyy-mm", "last_month": "yyyy-mm",
         "as_of": "yyyy-mm-dd hh:mm:ss", "usage_start": "yyyy-mm-dd hh:mm:ss",
         "usage_end": "yyyy-mm-dd hh:mm:ss"}
REPORT = ("unblended_cost_before", "change")
FREE = ("tag_", "tags_", "cost_category_")


def is_money(name):
    return name in ("invoice_amount", *REPORT) or \
        name.endswith("_cost") and not name.startswith(FREE)


def is_number(name):
    return is_money(name) or name in COUNTS or name in DECIMALS


def stored(name, text, has_digits):
    """As it should be stored; styles tell what it is taken for."""
    if is_number(name):
        number = Decimal(text) / (100 if name == "tagged_percent" else 1)
        return ("n", float(number), "0.00%" if name == "tagged_percent" else
                "#,##0" if name in COUNTS else
                "#,##0.00" + "#" * 16 if has_digits else "#,##0.00")
    if name in DATES:
        return ("n", round(days(text) * 86400), DATES[name])
    return ("t", text, "@")


def difference(table, exact, header, rows, has_digits=False):
    """The first cell that is another one, or "". exact: the sheet of numbers with more digits
    than one can have, or None; it has nothing else. has_digits: money is shown whole."""
    cells = {(r, i): (n, c) for r, row in enumerate(rows, 1)
             for i, (n, c) in enumerate(zip(header, row)) if c}
    wanted = {(0, i): ("t", n, "@") for i, n in enumerate(header)}
    wanted.update((at, stored(n, c, has_digits)) for at, (n, c) in cells.items())
    lost = {at: ("t", c, "@") for at, (n, c) in cells.items()
            if is_number(n) and digits_of(c) > EXACT}
    for at in lost:
        wanted[at] = wanted[at][:1] + (float(f"{wanted[at][1]:.16g}"),) + wanted[at][2:]
    got = {at: c if c.kind != "n" else c._replace(
        value=round(c.value * 86400) if c.style.startswith("yyyy") else float(c.value))
           for at, c in table.cells.items()}
    kept = {at: c for at, c in exact.cells.items() if at[0]} if exact else {}
    for of, want in ((got, wanted), (kept, lost)):
        for at in sorted(of.keys() | want.keys()):
            if of.get(at) != want.get(at):
                return f"{at}: {of.get(at)}, not {want.get(at)}"
    return ""
