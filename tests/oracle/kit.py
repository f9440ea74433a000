"""What every file of the kit has to say about the line items of its scope."""
import hashlib
import re

from costtree import record
from figures import (MONEY, SPLITS, add_up, by_day, fill_days, hundredths, latest, percent, plain,
                     table, units)

RESOURCES = "service,region,resource,resource_id," + MONEY + ",name"
SPLIT_HEADER = ("service,operation,resource_id,split_cost,net_split_cost,unused_cost,"
                "net_unused_cost,public_on_demand_split_cost,currency,lines")
COVERAGE_HEADER = ("tag_key,tagged_cost,untagged_cost,tagged_percent,currency,tagged_lines,"
                   "untagged_lines")
CHARGES = {
    "credits.csv": lambda i: i["charge_type"] == "Credit",
    "refunds.csv": lambda i: i["charge_type"] == "Refund",
    "tax.csv": lambda i: i["charge_type"] == "Tax",
    "fees.csv": lambda i: i["charge_type"].endswith("Fee")
    or i["charge_type"] == "FlatRateSubscription",
    "marketplace.csv": lambda i: i["bill_billing_entity"].lower() == "aws marketplace",
}


def encode(value):
    """A value as a name."""
    def safe(character, first, last):
        if not (character.isascii() and (character.isalnum() or character in "-_.")):
            return False
        return character.isalnum() or not (first or last and character == ".")

    count, parts = len(value), []
    for index, character in enumerate(value):
        if safe(character, index == 0, index == count - 1):
            parts.append(character)
        else:
            parts.append("".join(f"%{byte:02X}" for byte in character.encode()))
    if sum(map(len, parts)) <= 200:
        return "".join(parts)
    while sum(map(len, parts)) > 180:
        parts.pop()
    return "".join(parts) + "~" + hashlib.sha256(value.encode()).hexdigest()[:12]


def of_export(text, own):
    """A key of the export's, or ours for none; one that could be taken for ours is encoded."""
    if text == own or re.fullmatch("%(25)*5F" + re.escape(own[1:]), text):
        return f"%{ord(text[0]):X}{text[1:]}"
    return text or own


def resource_directories(ids):
    """{id: directory} of one account's service."""
    names, taken = {}, {}
    for value in ids:
        parts = value.split(":", 5)
        name = parts[5] if parts[0] == "arn" and len(parts) == 6 and parts[5] else value
        names[value] = encode(name) if value else "_no-resource"
        taken.setdefault(names[value], []).append(value)
    for name, values in taken.items():
        for value in values if len(values) > 1 else ():
            parts = value.split(":", 5)
            digest = hashlib.sha256(value.encode()).hexdigest()[:12]
            region = parts[3] if parts[0] == "arn" and len(parts) == 6 and parts[5] else ""
            names[value] = f"{name}~{region or digest}"
    return names


class Slices:
    """Of the whole month: directories and names of resources, by account and service."""

    def __init__(self, month):
        self.items = {}
        for item in month.items:
            self.items.setdefault((item["account_id"], item["service"]), []).append(item)
        self.directories, self.names = {}, {}
        name_tag = "tag_Name" if "Name" in month.tags else "tag_name"
        for key, items in self.items.items():
            ids = {item["resource_id"] for item in items}
            self.directories[key] = resource_directories(ids)
            self.names[key] = latest(items, "resource_id", name_tag)

    def directory(self, item):
        return self.directories[item["account_id"], item["service"]][item["resource_id"]]

    def name(self, account, service, resource_id):
        return self.names.get((account, service), {}).get(resource_id, "")


def status(items):
    billed = {bool(item["invoice_id"]) for item in items}
    return "mixed" if len(billed) > 1 else "final" if billed == {True} else "estimated"


class Kit:
    """files: {name: text}, those in by-tag/ and by-cost-category/ with their folder."""

    def __init__(self, month, slices, items, account=None, service=None):
        self.month, self.slices, self.items, self.files = month, slices, items, {}
        self.whole = add_up(items, lambda i: [()])
        self.sums()
        self.days()
        self.resources()
        self.tags()
        self.charges()
        self.invoices()
        self.split()
        if account is None:
            self.put("by-account.csv", "account_id", "account_id", month.account_names)

    def put(self, file, header, column, labels=None, show=lambda text: text):
        sums = add_up(self.items, lambda i: [(show(i[column]),)])
        label = (lambda key, _: labels.get(key[0], "")) if labels is not None else None
        header += "," + MONEY + (",name" if label else "")
        self.files[file] = table(header, sums, label=label)

    def sums(self):
        month = self.month
        front = [month.month, status(self.items), month.as_of]
        self.files["total.csv"] = table("month,status,as_of," + MONEY, self.whole,
                                        show=lambda key: front)
        self.put("by-service.csv", "service", "service", month.service_names)
        self.put("by-region.csv", "region", "region",
                 show=lambda text: of_export(text, "_no-region"))
        self.put("by-usage-type.csv", "usage_type", "usage_type")
        self.put("by-operation.csv", "operation", "operation")
        self.put("by-charge-type.csv", "charge_type", "charge_type")

    def days(self):
        self.files["daily.csv"] = daily(self.month, self.items)
        sums = fill_days(self.month, add_up(self.items, lambda i: [(i.day, i["service"])]))
        self.files["daily-by-service.csv"] = table("date,service," + MONEY, sums, order=by_day)

    def resources(self):
        self.files["by-resource.csv"] = self.of_resources(self.items)
        own = ["tag_" + key for key in self.month.tags if not key.startswith(("aws:", "aws_"))]
        self.files["untagged.csv"] = self.of_resources(
            [i for i in self.items if i["resource_id"] and not any(i[tag] for tag in own)])

    def of_resources(self, items):
        sums = add_up(items, lambda i: [(i["service"], i["region"], self.slices.directory(i),
                                         i["resource_id"])])
        names = {}
        for i in sorted(items, key=lambda i: i["account_id"]):
            # One resource may be billed to several accounts: the first that names it.
            key = (i["service"], i["region"], self.slices.directory(i), i["resource_id"])
            name = self.slices.name(i["account_id"], i["service"], i["resource_id"])
            names[key, i["currency"]] = names.get((key, i["currency"])) or name

        def label(key, currency):
            return names[key, currency]
        return table(RESOURCES, sums, label=label)

    def tags(self):
        coverage = []
        for key in self.month.tags:
            column = "tag_" + key
            if any(item[column] for item in self.items):
                self.files[f"by-tag/{encode(key)}.csv"] = self.of_values(column)
                coverage += self.coverage(key, [i for i in self.items if i[column]])
        coverage.sort(key=lambda row: row[0])
        self.files["tag-coverage.csv"] = COVERAGE_HEADER + "\n" + "".join(
            record(cells) for _, cells in coverage)
        for name in self.month.categories:
            column = "cost_category_" + name
            if any(item[column] for item in self.items):
                file = f"by-cost-category/{encode(name)}.csv"
                self.files[file] = self.of_values(column)

    def of_values(self, column):
        sums = add_up(self.items, lambda i: [(of_export(i[column], "_untagged"),)])
        return table("value," + MONEY, sums)

    def coverage(self, key, tagged):
        """A row for each currency of the scope, also one that the tag does not know."""
        part, tagged = add_up(tagged, lambda i: [()]), set(map(id, tagged))
        rest = add_up([i for i in self.items if id(i) not in tagged], lambda i: [()])
        for (_, currency), whole in self.whole.items():
            total = whole.cost(0)
            nothing = None if total is None else 0
            here, there = part.get(((), currency)), rest.get(((), currency))
            cost = here.cost(0) if here else nothing
            other = there.cost(0) if there else nothing
            order = (cost is None, -(cost or 0), key.encode(), currency.encode())
            yield order, [key, plain(cost), plain(other), percent(cost, total), currency,
                          str(here.lines if here else 0), str(there.lines if there else 0)]

    def charges(self):
        for file, belongs in CHARGES.items():
            sums = add_up(filter(belongs, self.items),
                          lambda i: [(i["service"], i["line_item_line_item_description"])])
            self.files[file] = table("service," + MONEY + ",description", sums,
                                     show=lambda key: [key[0]], label=lambda key, _: key[1])

    def invoices(self):
        sums = add_up(self.items, lambda i: [(i["invoice_id"], i["bill_invoicing_entity"])])

        def show(key, total):
            cost = total.cost(0)
            amount = "" if not key[0] or cost is None else hundredths(cost)
            return [key[0], "final" if key[0] else "estimated", amount]
        rows = ["invoice_id,status,invoice_amount," + MONEY + ",invoicing_entity\n"]
        # By sum, invoice, entity: as dearest() has it.
        for (key, currency), total in sorted(sums.items(), key=lambda e: (
                e[1].cost(0) is None, -(e[1].cost(0) or 0), [k.encode() for k in e[0][0]],
                e[0][1].encode())):
            rows.append(record(show(key, total) + total.money(currency) + [key[1]]))
        self.files["invoices.csv"] = "".join(rows)

    def split(self):
        sums = add_up([i for i in self.items if i.is_split],
                      lambda i: [(i["service"], i["operation"], i["resource_id"])],
                      costs_of=lambda i: [units(i[name]) for name in SPLITS], knows_lack=False)
        self.files["split-costs.csv"] = table(SPLIT_HEADER, sums)


def daily(month, items):
    sums = fill_days(month, add_up(items, lambda i: [(i.day,)]))
    return table("date," + MONEY, sums, order=by_day)


def resource_index(slices, items):
    """resources/index.csv"""
    account, service = items[0]["account_id"], items[0]["service"]
    sums = add_up(items, lambda i: [(slices.directory(i), i["region"], i["resource_id"])])
    return table("resource,region,resource_id," + MONEY + ",name", sums,
                 label=lambda key, _: slices.name(account, service, key[2]))


def resource_summary(items):
    sums = add_up(items, lambda i: [(i["usage_type"], i["operation"])])
    return table("usage_type,operation," + MONEY, sums)
