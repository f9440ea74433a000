"""Roll-ups, worked out from line items by brute force: every file is added up anew from the rows
of its scope. Numbers are whole counts of 10^-18."""
import bisect
import datetime
import decimal
import functools

from costtree import record

decimal.getcontext().prec = 80
UNIT = decimal.Decimal(10) ** 18

LEAD = ("usage_start,usage_end,account_id,service,region,availability_zone,usage_type,operation,"
        "charge_type,resource_id,usage_amount,usage_unit,unblended_cost,net_unblended_cost,"
        "amortized_cost,net_amortized_cost,list_cost,currency,invoice_id").split(",")
COSTS = LEAD[12:17]
MONEY = ",".join(COSTS) + ",currency,lines"
SPLITS = ["split_line_item_" + name for name in (
    "split_cost", "net_split_cost", "unused_cost", "net_unused_cost",
    "public_on_demand_split_cost")]
SPLIT_OPERATIONS = ("EKSPod-EC2", "ECSTask-EC2")


@functools.lru_cache(maxsize=None)
def units(text):
    """None for an empty text."""
    if text == "":
        return None
    scaled = decimal.Decimal(text) * UNIT
    return int(scaled.to_integral_value(decimal.ROUND_HALF_EVEN))


def plain(number):
    """At least two decimals, no zeros behind them, no exponent."""
    if number is None:
        return ""
    text = f"{abs(number):019d}"
    whole, places = text[:-18], text[-18:].rstrip("0").ljust(2, "0")
    return ("-" if number < 0 else "") + whole + "." + places


def hundredths(number):
    """Half to even, exactly two decimals."""
    value = decimal.Decimal(number) / UNIT
    value = value.quantize(decimal.Decimal("0.01"), decimal.ROUND_HALF_EVEN)
    return f"{abs(value) if value == 0 else value:.2f}"


def percent(part, whole):
    if part is None or not whole:
        return ""
    share = decimal.Decimal(100 * part) / decimal.Decimal(whole)
    share = share.quantize(decimal.Decimal("0.01"), decimal.ROUND_HALF_EVEN)
    return f"{abs(share) if share == 0 else share:.2f}"


class Item:
    """A line item as it stands in costs.csv."""
    __slots__ = ("cells", "at", "costs", "lacks", "day")

    def __init__(self, cells, at):
        self.cells, self.at = cells, at
        self.costs = [units(cells[at[name]]) for name in COSTS]
        self.lacks = (self.costs[0] is not None and self.costs[2] is None,
                      self.costs[1] is not None and self.costs[3] is None)
        self.day = cells[0][:10]

    def __getitem__(self, name):
        index = self.at.get(name)
        return "" if index is None else self.cells[index]

    @property
    def is_split(self):
        return self["operation"] in SPLIT_OPERATIONS


class Sum:
    __slots__ = ("lines", "values", "filled", "lacks")

    def __init__(self):
        self.lines, self.values = 0, [0] * 5
        self.filled, self.lacks = [False] * 5, [False, False]

    def add(self, costs, lacks):
        self.lines += 1
        for index, cost in enumerate(costs):
            if cost is not None:
                self.values[index] += cost
                self.filled[index] = True
        for index in 0, 1:
            if lacks[index]:
                self.lacks[index] = True

    def cost(self, index):
        """None is null: no row has the value, or some row's cannot be known."""
        if not self.filled[index] or index in (2, 3) and self.lacks[index - 2]:
            return None
        return self.values[index]

    def money(self, currency):
        return [plain(self.cost(i)) for i in range(5)] + [currency, str(self.lines)]


def add_up(items, keys_of, costs_of=lambda item: item.costs, knows_lack=True):
    """{(key, currency): Sum}; keys_of gives the keys an item counts under."""
    sums = {}
    for item in items:
        for key in keys_of(item):
            total = sums.setdefault((key, item["currency"]), Sum())
            total.add(costs_of(item), item.lacks if knows_lack else (False, False))
    return sums


def dearest(entry):
    """Sort key of ((key, currency), Sum): null counts as the lowest, then keys as bytes."""
    (key, currency), total = entry
    cost = total.cost(0)
    return (cost is None, -(cost or 0), [part.encode() for part in key], currency.encode())


class Month:
    """All line items of a month, and what files of any scope need to know of the whole."""

    def __init__(self, month, as_of, items, header):
        self.month, self.as_of, self.items, self.header = month, as_of, items, header
        self.tags = [name[4:] for name in header if name.startswith("tag_")]
        self.categories = [name[14:] for name in header if name.startswith("cost_category_")]
        self.account_names = latest(items, "account_id", "line_item_usage_account_name")
        self.service_names = latest(items, "service", "product_product_name")
        self.last_day = max((item.day for item in items if item.day), default=None)

    def days(self):
        """From the first of the month to the last day known."""
        day = datetime.date.fromisoformat(self.month + "-01")
        month = day.month
        while day.month == month and self.last_day and day.isoformat() <= self.last_day:
            yield day.isoformat()
            day += datetime.timedelta(1)


def latest(items, key, name):
    """The name in the latest row that has one; of several the last in order of bytes."""
    best = {}
    for item in items:
        if item[name]:
            seen = (item["usage_start"], item[name].encode(), item[name])
            best[item[key]] = max(best.get(item[key], seen), seen)
    return {key: seen[2] for key, seen in best.items()}


def table(header, sums, show=lambda key: list(key), label=None, order=dearest):
    rows = [header + "\n"]
    for (key, currency), total in sorted(sums.items(), key=order):
        cells = show(key) + total.money(currency)
        rows.append(record(cells + ([label(key, currency)] if label else [])))
    return "".join(rows)


def fill_days(month, sums):
    """Days without cost become rows of zeros: in the columns that have a value anywhere."""
    filled, seconds = {}, set()
    for (key, currency), total in sums.items():
        columns = filled.setdefault(currency, [True, False, False, False, False])
        for index in range(5):
            columns[index] |= total.filled[index]
        seconds.add((key[1:], currency))
    for rest, currency in seconds:
        for day in month.days():
            if ((day,) + rest, currency) not in sums:
                zero = sums[((day,) + rest, currency)] = Sum()
                zero.filled = list(filled[currency])
    return sums


def by_day(entry):
    (key, currency), _ = entry
    return [part.encode() for part in key], currency.encode()
