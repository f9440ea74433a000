"""An export as AWS delivers it, read straight from its files, and what each row ought to become."""
import csv
import decimal
import functools
import glob
import gzip
import io
import json
import os
import re
import zipfile

from costtree import record
from figures import LEAD, SPLIT_OPERATIONS, plain, units

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")
TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?(Z|\+00:00)?$")
# exports.md, types of CUR 2.0; rates and units too, attributes of products never.
NUMERIC = re.compile(
    r"(line_item|pricing|reservation|savings_plan|split_line_item|discount|capacity_reservation)_"
    r".*(_cost|_rate|_fee|_amount|_quantity|_commitment|_factor|_units|_ratio|_discount|_value|"
    r"_cost_for_usage|_fee_for_usage|_for_billing_period|_to_date|_per_reservation)$|"
    r"reservation_number_of_reservations$|split_line_item_.*_usage$|discount_")
TIMED = re.compile(r"_(date|time)$")
TAIL = re.compile(r"(description|legal_entity|invoicing_entity)$")
MAPS = {"resource_tags": "tag_", "tags": "tags_", "cost_category": "cost_category_",
        "product": "product_", "discount": "discount_"}
# Of the leading block: where its columns come from.
SOURCES = {
    "usage_start": "line_item_usage_start_date", "usage_end": "line_item_usage_end_date",
    "account_id": "line_item_usage_account_id", "service": "line_item_product_code",
    "availability_zone": "line_item_availability_zone", "usage_type": "line_item_usage_type",
    "operation": "line_item_operation", "charge_type": "line_item_line_item_type",
    "resource_id": "line_item_resource_id", "usage_amount": "line_item_usage_amount",
    "usage_unit": "pricing_unit", "unblended_cost": "line_item_unblended_cost",
    "net_unblended_cost": "line_item_net_unblended_cost",
    "list_cost": "pricing_public_on_demand_cost", "currency": "line_item_currency_code",
    "invoice_id": "bill_invoice_id",
}


def unpack(path):
    """By what it is, not by its name."""
    with open(path, "rb") as file:
        content = file.read()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    elif content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            name, = archive.namelist()
            content = archive.read(name)
    return content.decode("utf-8-sig")


@functools.lru_cache(maxsize=None)
def snake(header):
    """AWS's rule for Athena, and our names of tags and categories."""
    for prefix, own, ours in (("resourceTags/", "user:", "tag_"),
                              ("resource_tags_", "user_", "tag_"),
                              ("costCategory/", "", "cost_category_")):
        if header.startswith(prefix):
            return ours + header[len(prefix):].removeprefix(own)
    if "/" not in header:
        return header
    name = re.sub("([A-Z])", r"_\1", header).lower()
    return re.sub("_+", "_", re.sub("[^a-z0-9]", "_", name)).strip("_")


@functools.lru_cache(maxsize=None)
def instant(text):
    found = TIME.match(text)
    return f"{found[1]}T{found[2]}Z" if found else text


@functools.lru_cache(maxsize=None)
def decimal_text(text):
    """Every digit of it, without exponent."""
    if not NUMBER.match(text):
        return text
    number = decimal.Decimal(text)
    whole, _, places = f"{abs(number):f}".partition(".")
    minus = "-" if number < 0 else ""
    return minus + whole + "." + places.rstrip("0").ljust(2, "0")


def value(column, text):
    if text and NUMERIC.match(column):
        return decimal_text(text)
    if text and TIMED.search(column) and not NUMERIC.match(column):
        return instant(text)
    return text


def unique(header):
    """What stands twice, or is one of our own names, gets a number; what has no name, a place."""
    taken, names = set(LEAD), []
    for index, text in enumerate(header):
        name = plain_name = snake(text) or f"column_{index + 1}"
        number = 2
        while name in taken:
            name, number = f"{plain_name}_{number}", number + 1
        taken.add(name)
        names.append(name)
    return names


class Chunk:
    def __init__(self, path):
        rows = list(csv.reader(io.StringIO(unpack(path), newline=""), strict=True))
        self.header = rows[0] if rows else []
        self.names = unique(self.header)
        self.rows = [dict(zip(self.names, row)) for row in rows[1:]]
        self.has = set(self.names)
        self.maps = [name for name in self.names if name in MAPS and self.is_cur2()]

    def is_cur2(self):
        return "bill_payer_account_name" in self.names or "resource_tags" in self.names


def keys_of_manifests(root):
    """{month: keys of its data files}, of the manifests that are the current pointers."""
    found = {}
    for path in glob.glob(root + "/**/*anifest.json", recursive=True):
        with open(path) as file:
            manifest = json.load(file)
        folder = os.path.basename(os.path.dirname(path))
        period = re.fullmatch(r"(?i)billing_period=(\d{4}-\d\d)", folder)
        ranged = re.fullmatch(r"(\d{4})(\d\d)\d\d-\d{8}", folder)
        if period:
            found[period[1]] = [re.sub("^s3://[^/]*/", "", key)
                                for key in manifest["dataFiles"]]
        elif ranged:
            found[ranged[1] + "-" + ranged[2]] = manifest["reportKeys"]
    return found


class RawMonth:
    def __init__(self, root, keys):
        self.chunks = [Chunk(os.path.join(root, key)) for key in keys]
        self.has = set().union(*(chunk.has for chunk in self.chunks))
        self.columns = self.ordinary(tail=False) + self.of_maps() + self.ordinary(tail=True)

    def ordinary(self, tail):
        """In the order of first appearance, without what the leading block says."""
        names, leading = [], set(SOURCES.values()) | {"product_region_code"}
        for chunk in self.chunks:
            # Where there is no region code the leading block says the region.
            said = leading if "product_region_code" in chunk.has \
                else leading | {"product_region"}
            for name in chunk.names:
                own = name not in said and name not in names and name not in chunk.maps
                if own and is_tail(name) == tail:
                    names.append(name)
        return names

    def of_maps(self):
        keys = set()
        for chunk in self.chunks:
            for row in chunk.rows:
                if chunk.maps:
                    self.spread(chunk, row)
                    keys |= row["maps"].keys()
        return sorted(keys, key=str.encode)

    @staticmethod
    def spread(chunk, row):
        row["maps"] = {}
        for name in chunk.maps:
            pairs = json.loads(row[name], parse_float=str, parse_int=str) if row[name] else {}
            for key, text in pairs.items():
                if text not in (None, ""):
                    key = key.removeprefix("user_") if name == "resource_tags" else key
                    if name == "discount":
                        text = decimal_text(text)
                    row["maps"][MAPS[name] + key] = text

    def header(self):
        return record(LEAD + self.columns)

    def lines(self):
        """(account, service, row before, line of text), in the order of the files."""
        for chunk in self.chunks:
            for row in chunk.rows:
                yield (row["line_item_usage_account_id"], row.get("line_item_product_code", ""),
                       row, self.line(chunk, row))

    def line(self, chunk, row):
        maps = row.get("maps", {})
        lead = {name: row.get(source, "") for name, source in SOURCES.items()}
        lead["usage_start"], lead["usage_end"] = map(
            instant, (lead["usage_start"], lead["usage_end"]))
        lead["region"] = row.get("product_region_code") or row.get("product_region") \
            or maps.get("product_region", "")
        lead["usage_amount"] = plain(units(lead["usage_amount"]))
        lead.update(self.costs(chunk, row, lead))
        # An empty object has no column: not even for a map's key of another chunk.
        cells = [maps[name] if name in maps else value(name, row.get(name, ""))
                 for name in self.columns]
        return record([lead[name] for name in LEAD] + cells)

    def costs(self, chunk, row, lead):
        if lead["operation"] in SPLIT_OPERATIONS:
            return dict.fromkeys(("unblended_cost", "net_unblended_cost", "amortized_cost",
                                  "net_amortized_cost", "list_cost"), "")
        unblended, net = units(lead["unblended_cost"]), units(lead["net_unblended_cost"])
        has_list = "pricing_public_on_demand_cost" in chunk.has
        negation = lead["charge_type"] == "SavingsPlanNegation"
        listed = 0 if negation and has_list else units(lead["list_cost"])
        has_net = "line_item_net_unblended_cost" in self.has
        return {
            "unblended_cost": plain(unblended), "net_unblended_cost": plain(net),
            "list_cost": plain(listed),
            "amortized_cost": plain(amortized(chunk.has, row, unblended, net=False)),
            "net_amortized_cost": plain(amortized(chunk.has, row, net, net=True))
            if has_net else "",
        }


def is_tail(name):
    return bool(TAIL.search(name)) and not name.startswith(("tag_", "cost_category_"))


def amortized(has, row, cost, net):
    """None where it cannot be known, or where there is no cost to begin with."""
    def one(plain_name, net_name):
        name = net_name if net and net_name in has else plain_name
        return (units(row[name]) or 0) if name in has else None

    def both(first, second, sign):
        return None if first is None or second is None else first + sign * second

    kind = row["line_item_line_item_type"]
    if kind == "SavingsPlanCoveredUsage":
        return one("savings_plan_savings_plan_effective_cost",
                   "savings_plan_net_savings_plan_effective_cost")
    if kind == "SavingsPlanRecurringFee":
        return both(one("savings_plan_total_commitment_to_date", ""),
                    one("savings_plan_used_commitment", ""), -1)
    if kind in ("SavingsPlanNegation", "SavingsPlanUpfrontFee"):
        return 0
    if kind == "DiscountedUsage":
        return one("reservation_effective_cost", "reservation_net_effective_cost")
    if kind == "RIFee":
        return both(one("reservation_unused_amortized_upfront_fee_for_billing_period",
                        "reservation_net_unused_amortized_upfront_fee_for_billing_period"),
                    one("reservation_unused_recurring_fee",
                        "reservation_net_unused_recurring_fee"), +1)
    if kind == "Fee" and row.get("reservation_reservation_a_r_n"):
        return 0
    if kind == "Refund" and row["line_item_product_code"] == "ComputeSavingsPlans" and \
            row.get("line_item_line_item_description", "").startswith(
                "Refund for one-time fee for Savings Plan ID"):
        return 0
    return cost
