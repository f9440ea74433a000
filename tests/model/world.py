"""A made-up export in a folder, and what may happen to it: deliveries, halves of them, damage.

All is drawn from one seed. Nothing here knows what costfs makes of it: see reference.py."""
import datetime
import json
import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mount"))

import deliveries

NAME = "report"
PREFIX = "exports"
BEGIN = datetime.datetime(2026, 11, 20, tzinfo=datetime.timezone.utc)
ACCOUNTS = {
    "000000000012": ["", "Prod EU", "prod-eu"],
    "111122223333": ["Prod EU", "Größe & Söhne", "payer"],
    "222233334444": ["日本", "-", "a" * 60],
    "999988887777": ["x/../y", "Prod  EU!", ""],
}
SERVICES = ["AmazonEC2", "AmazonEC2", "AmazonS3", "amazonec2", "ComputeSavingsPlans", "odd/code",
            "5hnnev4d0v7mapf09j0v8of0o", "Größe", "..", "-rf", "s" * 250, "AWSSupport", "", "5x",
            "5X", "MongoDB-Atlas_5x"]
PRODUCTS = ["", "MongoDB Atlas", "Elastic, \"Compute\"", "two\nlines", "ünï"]
RESOURCES = [
    "", "", "i-0abc", "vol-1", "-dash", ".", "..", "_no-resource", "_untagged", "a/b c", "ünï",
    "index.csv", "~tilde", "trailing.", "%2Fescaped", "r" * 200, "r" * 201, "ö" * 90,
    "arn:aws:sns:eu-west-1:111122223333:topic", "arn:aws:sns:us-east-1:111122223333:topic",
    "arn:aws:sqs:eu-west-1:111122223333:topic", "topic", "arn:aws:s3:::bucket/key",
    "arn:aws:x:::", "a,b", 'a"b', " spaces ", "i-0ABC", "i-0abc.",
]
REGIONS = ["", "eu-west-1", "us-east-1", "global", "_no-region"]
TYPES = ["Usage"] * 6 + ["Tax", "Credit", "Refund", "Fee", "RIFee", "DiscountedUsage",
                         "SavingsPlanCoveredUsage", "SavingsPlanNegation",
                         "SavingsPlanRecurringFee", "EdpDiscount", "NobodyKnowsThis"]
OPERATIONS = ["RunInstances", "RunInstances", "", "EKSPod-EC2", "ECSTask-EC2"]
TAG_KEYS = ["Owner", "owner", "Name", "a/b", "Größe", "-x", ".hidden", "k" * 240, "_untagged",
            "Cost Center"]
TAG_VALUES = ["", "", "", "_untagged", "%5Funtagged", "blue", "Team A, or so", "v" * 250,
              "_no-region", "日本", '"', "a\nb", " ", "Blue"]
CATEGORIES = ["Team, or so", "team"]

LEGACY = """identity/LineItemId identity/TimeInterval bill/InvoiceId bill/InvoicingEntity
bill/BillingEntity bill/PayerAccountId bill/BillingPeriodStartDate lineItem/UsageAccountId
lineItem/LineItemType lineItem/UsageStartDate lineItem/UsageEndDate lineItem/ProductCode
lineItem/UsageType lineItem/Operation lineItem/AvailabilityZone lineItem/ResourceId
lineItem/UsageAmount lineItem/CurrencyCode lineItem/UnblendedCost lineItem/LineItemDescription
product/ProductName product/region pricing/unit""".split()
LEGACY_MORE = """lineItem/NetUnblendedCost pricing/publicOnDemandCost reservation/EffectiveCost
reservation/UnusedAmortizedUpfrontFeeForBillingPeriod reservation/UnusedRecurringFee
savingsPlan/SavingsPlanEffectiveCost savingsPlan/TotalCommitmentToDate savingsPlan/UsedCommitment
splitLineItem/SplitCost""".split()
CUR2 = """bill_bill_type bill_billing_entity bill_billing_period_start_date bill_invoice_id
bill_invoicing_entity bill_payer_account_id bill_payer_account_name cost_category
identity_line_item_id line_item_availability_zone line_item_currency_code
line_item_line_item_description line_item_line_item_type line_item_operation
line_item_product_code line_item_resource_id line_item_unblended_cost line_item_usage_account_id
line_item_usage_account_name line_item_usage_amount line_item_usage_end_date
line_item_usage_start_date line_item_usage_type pricing_unit product product_region_code
resource_tags""".split()
CUR2_MORE = """line_item_net_unblended_cost pricing_public_on_demand_cost
reservation_effective_cost reservation_unused_amortized_upfront_fee_for_billing_period
reservation_unused_recurring_fee savings_plan_savings_plan_effective_cost
savings_plan_total_commitment_to_date savings_plan_used_commitment
split_line_item_split_cost""".split()
# The words of CUR 2.0 for what rows() draws, and those of a legacy report.
WORDS = {
    "bill_invoice_id": "bill/InvoiceId", "bill_invoicing_entity": "bill/InvoicingEntity",
    "bill_billing_entity": "bill/BillingEntity",
    "bill_payer_account_id": "bill/PayerAccountId",
    "bill_billing_period_start_date": "bill/BillingPeriodStartDate",
    "identity_line_item_id": "identity/LineItemId",
    "line_item_availability_zone": "lineItem/AvailabilityZone",
    "line_item_currency_code": "lineItem/CurrencyCode",
    "line_item_line_item_description": "lineItem/LineItemDescription",
    "line_item_line_item_type": "lineItem/LineItemType",
    "line_item_operation": "lineItem/Operation",
    "line_item_product_code": "lineItem/ProductCode",
    "line_item_resource_id": "lineItem/ResourceId",
    "line_item_unblended_cost": "lineItem/UnblendedCost",
    "line_item_usage_account_id": "lineItem/UsageAccountId",
    "line_item_usage_amount": "lineItem/UsageAmount",
    "line_item_usage_end_date": "lineItem/UsageEndDate",
    "line_item_usage_start_date": "lineItem/UsageStartDate",
    "line_item_usage_type": "lineItem/UsageType", "pricing_unit": "pricing/unit",
    "product_region_code": "product/region", **dict(zip(CUR2_MORE, LEGACY_MORE)),
}


def amount(draw):
    """Many digits, few, exponents, negative, none."""
    kind = draw.randrange(8)
    if kind == 0:
        return draw.choice(["", "0.0", "-0.0", "5E-19", "15E-19", "25E-19", "1.005", "1.015"])
    if kind == 1:
        return f"{draw.randrange(-10**12, 10**12)}.{draw.randrange(10**18):018}"
    if kind == 2:
        return f"{draw.randrange(1, 10**8) / 10**4}E-{draw.randrange(1, 15)}"
    if kind == 3:
        return f"-{draw.randrange(100)}.{draw.randrange(10**10):010}"
    if kind == 4:
        return f"{draw.randrange(1, 9)}.{draw.randrange(1000)}E{draw.randrange(11)}"
    return f"{draw.randrange(100)}.{draw.randrange(10**draw.randrange(1, 11))}"


class World:
    """kind: "legacy" or "cur2"; layout: "overwrite" or "create-new"."""

    def __init__(self, draw, root):
        self.draw, self.root = draw, pathlib.Path(root)
        self.kind = draw.choice(["legacy", "cur2"])
        self.layout = draw.choice(["overwrite", "create-new"])
        self.packing = "gzip" if self.kind == "cur2" else draw.choice(["gzip", "zip", "plain"])
        # Names of assemblies: times, or UUIDs in older reports.
        self.is_stamped = draw.choice([True, False])
        self.more = draw.sample(range(len(CUR2_MORE)), draw.randrange(len(CUR2_MORE) + 1))
        self.tags = draw.sample(TAG_KEYS, draw.randrange(1, len(TAG_KEYS) + 1))
        self.seconds = self.numbers = 0
        self.torn = set()  # months whose files are not those that the manifest was made for

    def __str__(self):
        return f"{self.kind} {self.layout} {self.packing}"

    # Rows

    def row(self, month):
        draw = self.draw
        start = datetime.datetime.fromisoformat(month + "-01") + datetime.timedelta(
            hours=draw.randrange(-30, 24 * 33))
        account = draw.choice(list(ACCOUNTS))
        service = draw.choice(SERVICES)
        self.numbers += 1
        row = {
            "bill_invoice_id": draw.choice(["", "77001"]),
            "bill_invoicing_entity": draw.choice(["AWS EMEA SARL", ""]),
            "bill_billing_entity": "AWS Marketplace" if service[:1] == "5" else "AWS",
            "bill_payer_account_id": "111122223333", "bill_payer_account_name": "payer",
            "bill_billing_period_start_date": f"{month}-01T00:00:00.000Z",
            "identity_line_item_id": f"item{self.numbers}",
            "line_item_availability_zone": draw.choice(["", "eu-west-1a"]),
            "line_item_currency_code": draw.choice(["USD"] * 5 + ["EUR"]),
            "line_item_line_item_description": draw.choice(
                ["", "a line", "two\nlines, or so", "Refund for one-time fee for Savings Plan ID"]),
            "line_item_line_item_type": draw.choice(TYPES),
            "line_item_operation": draw.choice(OPERATIONS),
            "line_item_product_code": service,
            "line_item_resource_id": draw.choice(RESOURCES),
            "line_item_unblended_cost": amount(draw),
            "line_item_usage_account_id": account,
            "line_item_usage_account_name": draw.choice(ACCOUNTS[account]),
            "line_item_usage_amount": amount(draw),
            "line_item_usage_start_date": f"{start:%Y-%m-%dT%H:00:00}Z",
            "line_item_usage_end_date": f"{start:%Y-%m-%dT%H:59:59}Z",
            "line_item_usage_type": draw.choice(["BoxUsage:t3.micro", "", "DataTransfer-Out"]),
            "pricing_unit": draw.choice(["Hrs", ""]),
            "product_region_code": draw.choice(REGIONS),
        }
        for name in CUR2_MORE:
            row[name] = amount(draw)
        tags = {key: draw.choice(TAG_VALUES) for key in self.tags}
        categories = {key: draw.choice(["", "one", "two"]) for key in CATEGORIES}
        return self.finish_row(row, tags, categories, draw.choice(PRODUCTS))

    def finish_row(self, row, tags, categories, product):
        """In the export's own words."""
        if self.kind == "cur2":
            row["resource_tags"] = json.dumps(
                {"user_" + k.replace("Name", "name"): v for k, v in tags.items() if v},
                ensure_ascii=False)
            row["cost_category"] = json.dumps({k: v for k, v in categories.items() if v})
            row["product"] = json.dumps({"product_name": product} if product else {})
            return row
        row = {WORDS[name]: text for name, text in row.items() if name in WORDS}
        row["product/ProductName"] = product
        row["identity/TimeInterval"] = "2026-10-01T00:00:00Z/2026-10-01T01:00:00Z"
        row.update({"resourceTags/user:" + k: v for k, v in tags.items()})
        row.update({"costCategory/" + k: v for k, v in categories.items()})
        return row

    def header(self):
        """Of one file: files of one month need not agree."""
        if self.kind == "cur2":
            return CUR2 + [CUR2_MORE[i] for i in self.more]
        tags = ["resourceTags/user:" + key for key in self.tags]
        header = LEGACY + [LEGACY_MORE[i] for i in self.more] + tags + [
            "costCategory/" + key for key in CATEGORIES]
        kind = self.draw.randrange(4)
        if kind == 0:
            return header[::-1]
        return header[:-1] + ["", "product/vcpu", "product/vcpu"] if kind == 1 else header

    def chunk(self, month, rows):
        """The bytes of a data file."""
        if rows == 0 and self.draw.randrange(2):
            return deliveries.pack(b"", self.packing)
        drawn = [self.row(month) for _ in range(rows)]
        header = self.header()
        drawn = [{k: v for k, v in row.items() if k in header} for row in drawn]
        return deliveries.pack(csv_bytes(drawn, header), self.packing)

    def chunks(self, month):
        counts = [self.draw.randrange(1, 50) for _ in range(self.draw.randrange(1, 4))]
        if not self.draw.randrange(3):
            counts.append(0)
        if not self.draw.randrange(20):
            counts = [0]
        return [self.chunk(month, count) for count in counts]

    # Places

    def folder(self, month):
        """Where the current manifest stands."""
        base = self.root / PREFIX / NAME
        if self.kind == "cur2":
            return base / "metadata" / f"BILLING_PERIOD={month}"
        span = f"{month}-01-{deliveries.next_month(month)}-01".split("-")
        return base / f"{''.join(span[:3])}-{''.join(span[3:])}"

    def data_folder(self, month):
        if self.kind == "cur2":
            return self.root / PREFIX / NAME / "data" / f"BILLING_PERIOD={month}"
        return self.folder(month)

    def manifest(self, month):
        return self.folder(month) / f"{NAME}-Manifest.json"

    def months(self):
        base = self.root / PREFIX / NAME
        if self.kind == "cur2":
            return sorted(p.name[-7:] for p in (base / "data").iterdir())
        return sorted(f"{p.name[:4]}-{p.name[4:6]}" for p in base.iterdir())

    def files(self, month):
        """All data files, also those of older deliveries."""
        return sorted(p for p in self.data_folder(month).rglob(f"{NAME}-*")
                      if not p.name.endswith(".json"))

    # Events

    def stamp(self, path, is_first=True):
        """A time of its own, later than all before: hours later, but for what is delivered in
        one go."""
        self.seconds += self.draw.randrange(2 * 3600, 10**5) if is_first else \
            self.draw.randrange(1, 500)
        when = BEGIN.timestamp() + self.seconds
        os.utime(path, (when, when))

    def deliver(self, month, manifest=True, chunks=None):
        """manifest: True, False for none (the upload is not over), bytes in its place."""
        before = set(self.root.rglob("*"))
        chunks = self.chunks(month) if chunks is None else chunks
        self.numbers += 1
        stamp = BEGIN + datetime.timedelta(seconds=self.seconds)
        execution = f"11111111-2222-3333-4444-{self.numbers:012}"
        more = {"name": NAME, "prefix": PREFIX, "layout": self.layout, "manifest": manifest}
        times = {p: p.stat().st_mtime_ns for p in before if p.is_file()}
        if self.kind == "cur2":
            deliveries.cur2_delivery(
                self.root, month, chunks, timestamp=f"{stamp:%Y-%m-%dT%H:%M:%S.000Z}",
                execution=execution, **more)
        else:
            deliveries.legacy_delivery(
                self.root, month, chunks, compression=self.packing,
                assembly=f"{stamp:%Y%m%dT%H%M%SZ}" if self.is_stamped else execution, **more)
        fresh = [p for p in self.root.rglob("*")
                 if p.is_file() and times.get(p) != p.stat().st_mtime_ns]
        # Manifests come last.
        fresh.sort(key=lambda p: (p.name.endswith(".json"), p))
        for path in fresh:
            self.stamp(path, path == fresh[0])
        if manifest is not False:
            self.torn.discard(month)
        elif self.layout == "overwrite":
            self.torn.add(month)

    def spoil_manifest(self, month):
        manifest = self.manifest(month)
        if not manifest.exists():
            return "nothing"
        text = manifest.read_bytes()
        told = json.loads(text) if text.endswith(b"}") else {}
        kind = self.draw.choice(["cut", "empty", "no json", "no files", "a file that is missing"])
        told.update({k: [] for k in ("reportKeys", "dataFiles") if k in told})
        spoilt = {"cut": text[:len(text) // 2], "empty": b"", "no json": b"<html></html>",
                  "no files": json.dumps(told).encode()}.get(kind)
        if spoilt is None:
            spoilt = text.replace(b"-00001.", b"-00077.")
        deliveries.put(manifest, spoilt)
        self.stamp(manifest)
        return "manifest: " + kind

    def spoil_data(self, month):
        """A new delivery, one file of which has not arrived whole."""
        chunks = self.chunks(month)
        if len(chunks[0]) < 200:
            chunks[0] = self.chunk(month, 9)
        kind = self.draw.choice(["0 bytes", "cut"] if self.packing != "plain" else ["0 bytes"])
        chunks[0] = b"" if kind == "0 bytes" else chunks[0][:-20]
        self.deliver(month, chunks=chunks)
        return "data: " + kind

    def lose_manifest(self, month, all_of_them):
        for path in list(self.folder(month).rglob("*.json")):
            if all_of_them or path == self.manifest(month):
                path.unlink()

    def lose_month(self, month):
        self.torn.discard(month)
        shutil.rmtree(self.data_folder(month))
        shutil.rmtree(self.folder(month), ignore_errors=True)

    def litter(self, month):
        """What stands beside deliveries and is none."""
        for name in (f"{NAME}-create-table.sql", f"{NAME}-RedshiftManifest.json", "crawler.yml"):
            deliveries.put(self.folder(month) / name, b"{}")
        deliveries.put(self.root / "aws-programmatic-access-test-object", b"test")


def csv_bytes(rows, header):
    """As deliveries.csv_bytes(), also of headers with a name twice."""
    import csv
    import io
    text = io.StringIO(newline="")
    out = csv.writer(text, lineterminator="\n")
    out.writerow(header)
    out.writerows([row.get(name, "") for name in header] for row in rows)
    return text.getvalue().encode()
