#!/usr/bin/env python3
"""FOCUS exports: every line and the roll-ups, worked out from the export's own files.
Usage: oracle_focus.py COSTFS [FILE.csv…]; without files a made-up export is read, as FOCUS 1.0
and as FOCUS 1.2, with names of folders as AWS has spelled them."""
import csv
import datetime
import decimal
import gzip
import io
import json
import os
import random
import sys

from costtree import Report, Workshop, open_tree, record
from figures import COSTS, LEAD, MONEY, add_up, by_day, hundredths, plain, table, units
from kit import encode

# Of the leading block: where its columns come from, the first that has a value.
SOURCES = {
    "usage_start": ["ChargePeriodStart"], "usage_end": ["ChargePeriodEnd"],
    "account_id": ["SubAccountId", "BillingAccountId"],
    "service": ["x_ServiceCode", "ServiceName"], "region": ["RegionId"],
    "availability_zone": ["AvailabilityZone"], "usage_type": ["x_UsageType", "SkuMeter"],
    "operation": ["x_Operation"], "resource_id": ["ResourceId"],
    "usage_amount": ["ConsumedQuantity"], "usage_unit": ["ConsumedUnit"],
    "unblended_cost": ["BilledCost"], "amortized_cost": ["EffectiveCost"],
    "list_cost": ["ListCost"], "currency": ["BillingCurrency"], "invoice_id": ["InvoiceId"],
}
LEADING = {names[0] for names in SOURCES.values()} | {"ChargeCategory"}
MAPS = {"Tags": "tag_", "x_CostCategories": "cost_category_", "x_Discounts": "x_Discounts_",
        "SkuPriceDetails": "SkuPriceDetails_"}
NUMBERS = ("Cost", "Quantity", "UnitPrice")
WORDS = ("NULL", "\\N", "None")


def moment(text):
    """Any spelling to ours."""
    return text[:10] + "T" + (text[11:19] or "00:00:00") + "Z" if text else ""


def exact(text):
    """All digits, unlike a cost, which has 18 places."""
    whole, _, places = f"{decimal.Decimal(text):f}".partition(".")
    if not (whole + places).strip("-0"):
        return "0.00"
    return whole + "." + places.rstrip("0").ljust(2, "0")


def maps_of(row):
    """{column: value} of the maps, without what has no value."""
    cells = {}
    for name, prefix in MAPS.items():
        for key, value in json.loads(row.get(name) or "{}", parse_float=str,
                                     parse_int=str).items():
            if name == "Tags" and key.startswith("user:"):
                key = key[5:]
            number = name == "x_Discounts" or (
                name == "SkuPriceDetails" and isinstance(value, str) and "e" in value.lower())
            cells[prefix + key] = exact(value) if number else value
    return {name: value for name, value in cells.items() if value}


class Line:
    """A row of the export, and what it becomes."""

    def __init__(self, row):
        self.row, self.maps = row, maps_of(row)
        self.cells = {name: next((row[s] for s in sources if row.get(s)), "")
                      for name, sources in SOURCES.items()}
        self.cells["charge_type"] = " ".join(filter(None, (
            row.get("ChargeCategory"), row.get("ChargeClass"))))
        for name in "usage_start", "usage_end":
            self.cells[name] = moment(self.cells[name])
        for name in COSTS + ["usage_amount"]:
            self.cells[name] = plain(units(self.cells.get(name, "")))
        self.costs = [units(self.cells[name]) for name in COSTS]
        self.lacks, self.day = (False, False), self.cells["usage_start"][:10]

    def __getitem__(self, name):
        return self.cells[name]

    def cell(self, name):
        text = self.row.get(name, "")
        if name in ("BillingPeriodStart", "BillingPeriodEnd"):
            return moment(text)
        if name.endswith(NUMBERS) and text:
            return exact(text)
        return text

    def other(self, names):
        return [self.maps.get(name, "") or self.cell(name) for name in names]


class Export:
    """files: texts of CSV."""

    def __init__(self, files):
        self.lines, self.columns = [], []
        for text in files:
            reader = csv.reader(io.StringIO(text, newline=""))
            header = next(reader)
            self.columns += [name for name in header if name not in self.columns]
            for cells in reader:
                cells = ["" if cell in WORDS else cell for cell in cells]
                self.lines.append(Line(dict(zip(header, cells))))
        plains = [n for n in self.columns if n not in LEADING and n not in MAPS]
        maps = sorted({name for line in self.lines for name in line.maps}, key=str.encode)
        self.header = [n for n in plains if n != "ChargeDescription"] + maps + [
            n for n in plains if n == "ChargeDescription"]

    def name_of_accounts(self):
        return self.latest("account_id", lambda l: l.row.get("SubAccountName")
                           if l.row.get("SubAccountId") else l.row.get("BillingAccountName"))

    def name_of_services(self):
        return self.latest("service", lambda l: l.row.get("ServiceName"))

    def latest(self, key, name):
        best = {}
        for line in self.lines:
            if name(line):
                seen = (line["usage_start"], name(line).encode(), name(line))
                best[line[key]] = max(best.get(line[key], seen), seen)
        return {key: seen[2] for key, seen in best.items()}


def is_seller(line):
    publisher = line.row.get("PublisherName") or "AWS"
    return publisher.upper() != "AWS" and not publisher.startswith("Amazon")


def is_refund(line):
    """As the specification's report on refunds has it."""
    return line.row.get("ChargeClass") == "Correction"


CHARGES = {
    "credits.csv": lambda l: l.row.get("ChargeCategory") == "Credit",
    "tax.csv": lambda l: l.row.get("ChargeCategory") == "Tax",
    "refunds.csv": is_refund,
    "fees.csv": lambda l: l.row.get("ChargeCategory") == "Purchase" and not is_refund(l),
    "marketplace.csv": is_seller,
}


class Check:
    def __init__(self, report, tree, month, export):
        self.report, self.tree, self.export = report, tree, export
        self.base = "months/" + month

    def same(self, file, wanted):
        self.report.same(self.tree.read(f"{self.base}/{file}"), wanted, file)

    def by(self, file, header, key, labels=None):
        sums = add_up(self.export.lines, lambda l: [(l[key],)])
        self.same(file, table(header + "," + MONEY + (",name" if labels is not None else ""), sums,
                              show=lambda k: [k[0] or ("_no-region" if key == "region" else "")],
                              label=labels and (lambda k, _: labels.get(k[0], ""))))

    def run(self):
        lines, export = self.export.lines, self.export
        text = self.tree.read(self.base + "/lines.csv").splitlines(keepends=True)
        self.report.same(text[0], record(LEAD + export.header), "header")
        wanted = sorted(lines, key=lambda l: (l["account_id"].encode(), l["service"].encode()))
        self.report.same("".join(text[1:]), "".join(
            record([l.cells[name] for name in LEAD] + l.other(export.header)) for l in wanted),
            "lines.csv")
        self.by("by-account.csv", "account_id", "account_id", export.name_of_accounts())
        self.by("by-service.csv", "service", "service", export.name_of_services())
        self.by("by-region.csv", "region", "region")
        self.by("by-usage-type.csv", "usage_type", "usage_type")
        self.by("by-operation.csv", "operation", "operation")
        self.by("by-charge-type.csv", "charge_type", "charge_type")
        self.charges()
        self.tags()
        self.invoices()

    def charges(self):
        for file, belongs in CHARGES.items():
            sums = add_up(filter(belongs, self.export.lines),
                          lambda l: [(l["service"], l.row.get("ChargeDescription", ""))])
            self.same(file, table("service," + MONEY + ",description", sums,
                                  show=lambda key: [key[0]], label=lambda key, _: key[1]))

    def tags(self):
        for prefix, folder in ("tag_", "by-tag"), ("cost_category_", "by-cost-category"):
            names = {n for line in self.export.lines for n in line.maps if n.startswith(prefix)}
            files = self.tree.list(self.base + "/" + folder) if names else []
            self.report.check(len(files) == len(names), folder, sorted(files))
            for name in names:
                sums = add_up(self.export.lines, lambda l: [(l.maps.get(name) or "_untagged",)])
                self.same(f"{folder}/{encode(name[len(prefix):])}.csv",
                          table("value," + MONEY, sums))

    def invoices(self):
        known = "InvoiceId" in self.export.columns
        sums = add_up(self.export.lines, lambda l: [
            (l["invoice_id"], l.row.get("InvoiceIssuerName", ""))])

        def show(key):
            status = ("final" if key[0] else "estimated") if known else ""
            amount = [t for (k, _), t in sums.items() if k == key]
            return [key[0], status, hundredths(amount[0].cost(0)) if key[0] else ""]
        self.same("invoices.csv", table("invoice_id,status,invoice_amount," + MONEY
                                        + ",invoicing_entity", sums, show,
                                        label=lambda key, _: key[1]))
        billed = {bool(line["invoice_id"]) for line in self.export.lines}
        status = "mixed" if len(billed) > 1 else "final" if billed == {True} else "estimated"
        total = self.tree.read(self.base + "/total.csv").splitlines()[1].split(",")
        self.report.check(total[1] == (status if known else ""), "status", total)
        days = [line.split(",")[0] for line in
                self.tree.read(self.base + "/daily.csv").splitlines()[1:]]
        self.report.check({l.day for l in self.export.lines} <= set(days), "days")


COMMON = """AvailabilityZone BilledCost BillingAccountId BillingAccountName BillingCurrency
BillingPeriodEnd BillingPeriodStart ChargeCategory ChargeClass ChargeDescription ChargeFrequency
ChargePeriodEnd ChargePeriodStart ConsumedQuantity ConsumedUnit ContractedCost EffectiveCost
InvoiceIssuerName ListCost ListUnitPrice PricingQuantity ProviderName PublisherName RegionId
RegionName ResourceId ResourceName ServiceCategory ServiceName SkuId SubAccountId SubAccountName
Tags x_Discounts x_Operation x_ServiceCode""".split()
ONLY = {"1.0": ["x_CostCategories", "x_UsageType"],
        "1.2": ["BillingAccountType", "InvoiceId", "SkuMeter", "SkuPriceDetails"]}


def number(dice):
    value = dice.choice([dice.random() * 10 ** dice.randint(-9, 4), -dice.random(), 0.0,
                         dice.randint(0, 50), 1.81e-8])
    return dice.choice([repr(value), repr(float(value)), f"{value:.10f}", f"{value:.3E}"])


def made_up_row(dice, version, month):
    service = dice.choice([("AmazonEC2", "Amazon Elastic Compute Cloud"),
                           ("AmazonS3", "Amazon Simple Storage Service"), ("", "Odd, Service")])
    start = datetime.datetime.fromisoformat(month + "-01") + datetime.timedelta(
        hours=dice.randrange(28 * 24))
    account = dice.choice(["111122223333", "012345678901", ""])
    maps = {"Tags": {"user:env": dice.choice(["prod", "dev, \"x\"", ""]), "team": "a\u00e9"},
            "x_Discounts": {"EdpDiscount": -1.5e-7, "Other": 0.25,
                            "Long": 1.2345678901234567e-5},
            "x_CostCategories": {"Team": dice.choice(["one", "two"])},
            "SkuPriceDetails": {"CoreCount": 4, "Factor": 1e-5, "OS": "Linux", "None": None}}
    row = {name: number(dice) for name in COMMON if name.endswith(NUMBERS)}
    for name in maps:
        row[name] = dice.choice(["", "{}", json.dumps(maps[name])])
    row.update({
        "AvailabilityZone": dice.choice(["", "eu-west-1a"]), "BillingAccountId": "999988887777",
        "BillingAccountName": "payer", "BillingCurrency": "USD", "BillingAccountType": "Payer",
        "BillingPeriodStart": month + "-01T00:00:00.000Z", "SubAccountId": account,
        "SubAccountName": account and "name of " + account[:3], "ChargeFrequency": "Usage-Based",
        "BillingPeriodEnd": dice.choice(["2026-06-01 00:00:00", "2026-06-01T00:00:00Z"]),
        "ChargeCategory": dice.choice("Usage Usage Usage Purchase Tax Credit Adjustment".split()),
        "ChargeClass": dice.choice(["", "", "", "Correction"]),
        "ChargeDescription": dice.choice(["$0.10, per hour", "say \"hi\"", ""]),
        "ChargePeriodStart": start.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "ChargePeriodEnd": (start + datetime.timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S"),
        "ConsumedUnit": "Hrs", "InvoiceId": dice.choice(["", "INV-1", "INV-2"]),
        "InvoiceIssuerName": "Amazon Web Services, Inc.", "ProviderName": "AWS",
        "PublisherName": dice.choice(["AWS", "", "Amazon Web Services EMEA SARL", "Acme, Inc."]),
        "RegionId": dice.choice(["", "eu-west-1", "us-east-1"]), "RegionName": "somewhere",
        "ResourceId": dice.choice(["", "i-1", "arn:aws:s3:::bucket"]), "ResourceName": "",
        "ServiceCategory": "Compute", "ServiceName": service[1], "x_ServiceCode": service[0],
        "SkuId": "SKU", "SkuMeter": "meter", "x_UsageType": dice.choice(["", "EUC1-Box"]),
        "x_Operation": dice.choice(["", "RunInstances", "EKSPod-EC2"]),
    })
    return [row.get(name, "") for name in COMMON + ONLY[version]]


def made_up(version, month, seed):
    dice = random.Random(seed)
    texts = []
    for _ in range(2):
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COMMON + ONLY[version])
        writer.writerows(made_up_row(dice, version, month) for _ in range(400))
        texts.append(out.getvalue())
    return texts


def write(root, month, label, texts, execution=None):
    """As Data Exports deliver; with a manifest where there is an execution."""
    folder = f"p/focus/data/{label}={month}/" + (execution + "/" if execution else "")
    os.makedirs(os.path.join(root, folder))
    names = []
    for index, text in enumerate(texts):
        names.append(folder + f"focus-{index + 1:05}.csv.gz")
        with open(os.path.join(root, names[-1]), "wb") as file:
            file.write(gzip.compress(text.encode(), mtime=0))
    if execution:
        metadata = os.path.join(root, f"p/focus/metadata/{label}={month}")
        os.makedirs(metadata)
        with open(os.path.join(metadata, "focus-Manifest.json"), "w") as file:
            json.dump({"executionId": execution[-36:], "exportArn": "arn:aws:x", "columns": [],
                       "dataFiles": ["s3://elsewhere/" + name for name in names],
                       "additionalOutputFiles": []}, file)


EXECUTION = "2026-06-01T23:48:02.356Z-9b6b32ef-2b70-3d10-9448-07e23ebce6b9"


def main(tool, *paths):
    report = Report()
    with Workshop(tool) as shop:
        cases = [("1.0", "BILLING_PERIOD", None), ("1.0", "billing_period", EXECUTION),
                 ("1.2", "billing_period", None), ("1.2", "BILLING_PERIOD", EXECUTION)]
        cases = [(made_up(version, "2026-05", seed), label, execution)
                 for seed, (version, label, execution) in enumerate(cases)]
        if paths:
            cases = [([open(path, encoding="utf-8-sig", newline="").read()], "billing_period", None)
                     for path in paths]
        for texts, label, execution in cases:
            root = shop.fresh("bucket")
            write(root, "2026-05", label, texts, execution)
            with open_tree(shop, root) as tree:
                Check(report, tree, "2026-05", Export(texts)).run()
    report.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
