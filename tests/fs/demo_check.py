#!/usr/bin/env python3
"""Reads demo exports with Python's own gzip, zipfile, csv, json and decimal, and checks
that they are what AWS would deliver: layout, manifests, dialect, money, dates.
Usage: demo_check.py TOOL"""
import collections
import csv
import datetime
import decimal
import functools
import glob
import gzip
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile

decimal.getcontext().prec = 60
D = decimal.Decimal
TYPES = set("""Usage Tax Credit Refund Fee RIFee DiscountedUsage SavingsPlanUpfrontFee
SavingsPlanRecurringFee SavingsPlanCoveredUsage SavingsPlanNegation EdpDiscount
BundledDiscount PrivateRateDiscount SppDiscount Discount FlatRateSubscription""".split())
NUMBER = re.compile(r"-?\d+(\.\d+)?(E-?\d+)?$")
failures = 0


def check(condition, *what):
    global failures
    if not condition:
        failures += 1
        print("FAILED:", *what)


def snake(name):
    name = re.sub("[A-Z]", lambda m: "_" + m.group().lower(), name)
    return re.sub("_+", "_", re.sub("[^a-z0-9]", "_", name)).strip("_")


def read_text(path):
    if path.endswith(".gz"):
        return gzip.open(path, "rb").read().decode("utf-8")
    if path.endswith(".zip"):
        with zipfile.ZipFile(path) as z:
            check(z.testzip() is None and len(z.namelist()) == 1, path, "is not one CSV")
            check(z.namelist()[0] == os.path.basename(path)[:-4], path, z.namelist())
            return z.read(z.namelist()[0]).decode("utf-8")
    return open(path, encoding="utf-8", newline="").read()


@functools.lru_cache(maxsize=None)
def number(text):
    if text == "":
        return D(0)
    check(NUMBER.match(text), "not a number:", text)
    return D(text)


@functools.lru_cache(maxsize=None)
def instant(text):
    return datetime.datetime.strptime(text.replace(".000Z", "Z"), "%Y-%m-%dT%H:%M:%SZ")


class Export:
    """A tree on disk; months: {month: [row by snake_case name]}."""

    def __init__(self, tool, root, *flags):
        subprocess.run([tool, *flags, root], check=True)
        self.flags, self.root, self.months, self.headers = flags, root, {}, {}
        self.named = set()
        pattern = root + "/**/*-Manifest.json"
        for path in sorted(glob.glob(pattern, recursive=True)):
            self.read_manifest(path)
        on_disk = set(filter(os.path.isfile, glob.glob(root + "/**", recursive=True)))
        manifests = {p for p in on_disk if p.endswith("-Manifest.json")}
        check(on_disk - manifests == self.named, flags, "files and manifests differ")
        if "plain" not in flags:
            check(not [p for p in on_disk if p.endswith(".csv")], "plain files")

    def read_manifest(self, path):
        manifest = json.load(open(path, encoding="utf-8"))
        keys = manifest.get("reportKeys") or manifest.get("dataFiles")
        keys = [re.sub("^s3://[^/]*/", "", k) for k in keys]
        files = [os.path.join(self.root, k) for k in keys]
        self.named.update(files)
        times = [os.stat(f).st_mtime for f in files]
        check(max(times) <= os.stat(path).st_mtime, path, "is older than its data")
        match = re.search(r"(\d{4})(\d\d)01-\d{8}/[^/]*$|=(\d{4})-(\d\d)/[^/]*$", path)
        if not match:
            return  # the copy beside a delivery
        month = "-".join(g for g in match.groups() if g)
        columns = [c["category"] + "/" + c["name"] if "category" in c else c["name"]
                   for c in manifest["columns"]]
        rows = []
        for file in files:
            rows += self.read_chunk(file, columns)
        self.months[month], self.headers[month] = rows, columns
        if "billingPeriod" in manifest:
            check(manifest["billingPeriod"]["start"][:6] == month.replace("-", ""), path)

    def read_chunk(self, path, columns):
        text = read_text(path)
        check(text.endswith("\n") and not text.startswith("\ufeff"), path)
        records = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        check(records[0] == columns, path, "header differs from the manifest")
        check(len(set(columns)) == len(columns), path, "column twice")
        check(all(len(r) == len(columns) for r in records), path, "ragged")
        names = [c if c.startswith("resourceTags/") else snake(c) for c in columns]
        return [dict(zip(names, r)) for r in records[1:]]

    def rows(self):
        return [row for rows in self.months.values() for row in rows]


def check_dates(month, row):
    start = instant(row["line_item_usage_start_date"])
    end = instant(row["line_item_usage_end_date"])
    first = instant(row["bill_billing_period_start_date"])
    last = instant(row["bill_billing_period_end_date"])
    check(first.strftime("%Y-%m") == month and first.day == last.day == 1, first, last)
    check(start < end and first <= start < last, row)
    kind = row["line_item_line_item_type"]
    yearly = kind == "SavingsPlanUpfrontFee" or (
        kind == "Fee" and row["reservation_reservation_a_r_n"])
    check(end <= last or yearly, row)
    if (end - start) <= datetime.timedelta(days=1) and month == "2026-11":
        check(end <= datetime.datetime(2026, 11, 24), row)
    interval = row["identity_time_interval"].split("/")
    check([instant(t) for t in interval] == [start, end], row["identity_time_interval"])


@functools.lru_cache(maxsize=None)
def numbers_of(names):
    return [n for n in names
            if re.search("(cost|amount|rate|fee|commitment|quantity|ratio)$", n)]


def check_row(month, open_month, row):
    check_dates(month, row)
    check((row["bill_invoice_id"] == "") == open_month, month, row["bill_invoice_id"])
    for name in ("bill_payer_account_id", "line_item_usage_account_id"):
        check(re.match(r"\d{12}$", row[name]), row[name])
    for name in numbers_of(tuple(row)):
        number(row[name])
    check(row["line_item_product_code"] and row["line_item_unblended_cost"], row)


def total(rows, column, **where):
    return sum(number(r.get(column, "")) for r in rows
               if all(r["line_item_" + k] == v for k, v in where.items()))


def check_plans(month, rows):
    """The negation cancels the usage, and each hour's fee tells what was used."""
    cost, used, fees = collections.Counter(), collections.Counter(), {}
    for r in rows:
        kind = r["line_item_line_item_type"]
        arn = r.get("savings_plan_savings_plan_a_r_n")
        hour = r["line_item_usage_start_date"]
        group = (arn, hour, r["line_item_usage_type"], r["line_item_usage_account_id"],
                 r["line_item_availability_zone"])
        if kind in ("SavingsPlanCoveredUsage", "SavingsPlanNegation"):
            cost[group] += number(r["line_item_unblended_cost"])
        if kind == "SavingsPlanCoveredUsage":
            used[arn, hour] += number(r["savings_plan_savings_plan_effective_cost"])
        if kind == "SavingsPlanRecurringFee":
            fees[arn, hour] = (number(r["savings_plan_total_commitment_to_date"]),
                               number(r["savings_plan_used_commitment"]))
    check(all(v == 0 for v in cost.values()), month, "negation")
    check(set(used) == set(fees), month, "hours of fees")
    for key, (commitment, amount) in fees.items():
        check(used[key] == amount <= commitment, key, used[key], amount, commitment)


def check_reservations(month, rows):
    """Used and unused hours are all hours; effective costs are their parts."""
    used = collections.Counter()
    for r in rows:
        if r["line_item_line_item_type"] != "DiscountedUsage":
            continue
        used[r["reservation_reservation_a_r_n"]] += 1
        check(number(r["line_item_unblended_cost"]) == 0, "reserved usage is free")
        parts = number(r["reservation_amortized_upfront_cost_for_usage"]) + \
            number(r["reservation_recurring_fee_for_usage"])
        check(number(r["reservation_effective_cost"]) == parts > 0, "effective cost")
    hours = 23 * 24 if month == "2026-11" else None
    for r in rows:
        if r["line_item_line_item_type"] != "RIFee":
            continue
        whole = hours or number(r["reservation_units_per_reservation"])
        count = number(r["reservation_number_of_reservations"])
        arn = r["reservation_reservation_a_r_n"]
        unused = number(r["reservation_unused_quantity"])
        check(used[arn] + unused == whole * count, month, arn)


def check_discounts(rows):
    """Where discounts are rows of their own, net is what usage and discount leave."""
    gross, net = collections.Counter(), collections.Counter()
    accounts = {r["line_item_usage_account_id"] for r in rows
                if r["line_item_line_item_type"] == "EdpDiscount"}
    for r in rows:
        if r["line_item_line_item_type"] in ("Usage", "EdpDiscount"):
            account = r["line_item_usage_account_id"]
            gross[account] += number(r["line_item_unblended_cost"])
            net[account] += number(r["line_item_net_unblended_cost"])
    check(accounts, "no discounts")
    for account in accounts:
        check(gross[account] == net[account] > 0, account, gross[account], net[account])


def check_money(rows):
    for kind in ("Credit", "Refund", "EdpDiscount", "BundledDiscount",
                 "PrivateRateDiscount", "SppDiscount", "Discount", "SavingsPlanNegation"):
        check(total(rows, "line_item_unblended_cost", line_item_type=kind) < 0, kind)
    for kind in ("Usage", "Tax", "Fee", "RIFee", "SavingsPlanUpfrontFee",
                 "SavingsPlanRecurringFee", "SavingsPlanCoveredUsage",
                 "FlatRateSubscription"):
        check(total(rows, "line_item_unblended_cost", line_item_type=kind) > 0, kind)
    usage = total(rows, "line_item_unblended_cost", line_item_type="Usage")
    tax = total(rows, "line_item_unblended_cost", line_item_type="Tax")
    check(tax < usage / 4, "tax", tax, usage)
    for r in rows:
        split = r["line_item_operation"] in ("EKSPod-EC2", "ECSTask-EC2")
        check(split == (r["split_line_item_split_cost"] != ""), "split cost", r)
        check(not split or number(r["line_item_unblended_cost"]) == 0, "split rows")


def check_variety(export):
    rows = export.rows()
    check({r["line_item_line_item_type"] for r in rows} == TYPES, "types:",
          TYPES ^ {r["line_item_line_item_type"] for r in rows})
    check(len({r["line_item_product_code"] for r in rows}) >= 30, "services")
    check(any(r["line_item_usage_account_id"][0] == "0" for r in rows), "leading zeros")
    refunds = [r for r in rows if r["line_item_line_item_description"].startswith(
        "Refund for one-time fee for Savings Plan ID")]
    products = [r["line_item_product_code"] for r in refunds]
    check(products == ["ComputeSavingsPlans"], products)
    check(any("\n" in r["line_item_line_item_description"] for r in rows), "newline")
    check(any('"' in r["line_item_line_item_description"] for r in rows), "quotes")
    check(any("E-" in r["line_item_unblended_cost"] for r in rows), "E notation")
    check(any(r["line_item_unblended_cost"].endswith("00000") for r in rows), "fixed")
    check(any(r["bill_billing_entity"] == "AWS Marketplace" for r in rows), "Marketplace")
    check(any(r["line_item_resource_id"] == "" for r in rows), "without resource")
    lambdas = collections.defaultdict(set)
    for r in rows:
        if ":function:nightly-report" in r["line_item_resource_id"]:
            lambdas[r["line_item_usage_account_id"]].add(r["line_item_resource_id"])
    check(max(map(len, lambdas.values())) >= 2, "one function's name in two regions")
    ids = collections.Counter((r["identity_line_item_id"], r["identity_time_interval"])
                              for r in rows)
    check(max(ids.values()) == 1, "line items twice", ids.most_common(3))


def check_tags(rows, get):
    values = collections.defaultdict(set)
    for r in rows:
        for key, value in get(r):
            values[key].add(value)
    wanted = {"Zürich", "東京", "../../etc", "=1+1", " leading space", '"growth"',
              "ops, night shift"}
    check(wanted <= values["team"], "teams", wanted - values["team"])
    return values


def check_all(export, count):
    months = sorted(export.months)
    check(months == ["2026-09", "2026-10", "2026-11"], months)
    check(len(export.rows()) == count, "rows", len(export.rows()))
    for month, rows in export.months.items():
        for row in rows:
            check_row(month, month == months[-1], row)
        check_plans(month, rows)
        check_reservations(month, rows)
    check_discounts(export.rows())


def check_legacy(tool, root):
    export = Export(tool, root, "--rows", "60000")
    check_all(export, 60000)
    empty = dict.fromkeys(export.months["2026-11"][0], "")
    rows = [empty | r for r in export.rows()]
    check_money(rows)
    check_variety(export)
    check("savingsPlan/" not in " ".join(export.headers["2026-09"]), "plans")
    values = check_tags(rows, lambda r: [
        (k.split(":")[-1].lower(), v) for k, v in r.items() if "resourceTags/" in k])
    check({"resourceTags/user:Owner", "resourceTags/user:owner"} <= set(rows[0]), "owner")
    check(len(values["cost center"]) >= 4, "cost centers")
    for file in export.named:
        check(re.search(r"/exports/demo/\d{8}-\d{8}/demo-0000\d\.csv\.gz$", file), file)


def check_cur2(tool, root):
    export = Export(tool, root, "--rows", "40000", "--format", "cur2-csv", "--layout",
                    "create-new")
    check_all(export, 40000)
    rows = export.rows()
    check_money(rows)
    check_variety(export)
    for r in rows:
        for name in ("product", "resource_tags", "cost_category", "discount"):
            r[name] = json.loads(r[name])
            check(isinstance(r[name], dict), name)
    check_tags(rows, lambda r: [
        (k.replace("user_", ""), v) for k, v in r["resource_tags"].items()])
    check(any("edp_discount" in r["discount"] for r in rows), "discount map")
    check(all(r["product"]["product_name"] for r in rows), "product names")
    names = {r["line_item_usage_account_name"] for r in rows}
    check({"東京-prod", "Zürich Labs"} <= names, "account names")
    for file in export.named:
        check(re.search(r"/data/BILLING_PERIOD=2026-\d\d/2026-\d\d-\d\dT\d\d:\d\d:\d\d\."
                        r"\d{3}Z-[0-9a-f-]{36}/demo-0000\d\.csv\.gz$", file), file)


def check_shapes(tool, root):
    for rows, months, compression in (
            (1, 1, "plain"), (2, 1, "zip"), (3, 2, "gzip"), (1, 3, "plain"),
            (399, 1, "plain"), (1300, 3, "zip"), (5000, 2, "plain")):
        folder = os.path.join(root, "%d-%d" % (rows, months))
        export = Export(
            tool, folder, "--rows", str(rows), "--months", str(months), "--compression",
            compression, "--layout", "create-new", "--accounts", "1")
        check(len(export.rows()) == rows, rows, len(export.rows()))
        check(len(export.months) == months, rows, "months")
        for month, lines in export.months.items():
            check_plans(month, lines)
    export = Export(tool, os.path.join(root, "euro"), "--rows", "4000",
                    "--second-currency", "--prefix", "", "--rows-per-chunk", "100")
    currencies = {r["line_item_currency_code"] for r in export.rows()}
    check(currencies == {"USD", "EUR"}, currencies)
    check(len(export.named) >= 40, "chunks")


MONTH = r"2026-(?:09|10|11)"
RANGE = r"(?:20260901-20261001|20261001-20261101|20261101-20261201)"
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z-[0-9a-f-]{36}"
# Format and layout; keys that data and all other files have, below the prefix and the name.
LAYOUTS = (
    ("legacy-parquet", "overwrite", r"demo/year=2026/month=(?:9|10|11)/demo-\d{5}\.snappy\.parquet",
     RANGE + r"/demo-(?:Manifest\.json|create-table\.sql)|"
     r"cost_and_usage_data_status/cost_and_usage_data_status\.parquet"),
    ("legacy-parquet", "create-new", RANGE + r"/2026\d{4}T\d{6}Z/demo-\d{5}\.snappy\.parquet",
     RANGE + r"/(?:2026\d{4}T\d{6}Z/)?demo-Manifest\.json"),
    ("cur2-parquet", "overwrite", rf"data/BILLING_PERIOD={MONTH}/demo-\d{{5}}\.snappy\.parquet",
     rf"metadata/BILLING_PERIOD={MONTH}/demo-Manifest\.json"),
    ("cur2-parquet", "create-new",
     rf"data/BILLING_PERIOD={MONTH}/{STAMP}/demo-\d{{5}}\.snappy\.parquet",
     rf"metadata/BILLING_PERIOD={MONTH}/(?:{STAMP}/)?demo-Manifest\.json"),
    ("focus-csv", "overwrite", rf"data/billing_period={MONTH}/demo-\d{{5}}\.csv\.gz",
     rf"metadata/billing_period={MONTH}/demo-Manifest\.json"),
    ("focus-parquet", "create-new",
     rf"data/billing_period={MONTH}/{STAMP}/demo-\d{{5}}\.snappy\.parquet",
     rf"metadata/billing_period={MONTH}/(?:{STAMP}/)?demo-Manifest\.json"),
)


def check_layouts(tool, root):
    """Data is what manifests name; Parquet begins and ends as such."""
    for kind, layout, data, other in LAYOUTS:
        folder = os.path.join(root, kind + "-" + layout)
        subprocess.run([tool, "--rows", "3000", "--format", kind, "--layout", layout, folder],
                       check=True)
        files = filter(os.path.isfile, glob.glob(folder + "/**", recursive=True))
        keys = {os.path.relpath(path, folder) for path in files}
        named = set()
        for key in keys:
            if key.endswith("-Manifest.json"):
                with open(os.path.join(folder, key), encoding="utf-8") as file:
                    manifest = json.load(file)
                named |= {re.sub("^s3://[^/]*/", "", k)
                          for k in manifest.get("reportKeys") or manifest["dataFiles"]}
                check(manifest.get("compression", "Parquet") == "Parquet", kind, manifest)
        check(named == {k for k in keys if re.fullmatch("exports/demo/(?:" + data + ")", k)}, kind,
              layout, "data", named ^ keys)
        rest = {k for k in keys - named if not re.fullmatch("exports/demo/(?:" + other + ")", k)}
        check(not rest, kind, layout, rest)
        for key in keys:
            if key.endswith(".parquet"):
                with open(os.path.join(folder, key), "rb") as file:
                    content = file.read()
                check(content[:4] == content[-4:] == b"PAR1", key)


def main():
    with tempfile.TemporaryDirectory(prefix="demo-check-", dir="/tmp") as root:
        check_legacy(sys.argv[1], os.path.join(root, "legacy"))
        check_cur2(sys.argv[1], os.path.join(root, "cur2"))
        check_shapes(sys.argv[1], os.path.join(root, "shapes"))
        check_layouts(sys.argv[1], os.path.join(root, "layouts"))
    print("failures:", failures)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
