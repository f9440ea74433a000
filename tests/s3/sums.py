"""A roll-up of a month of Parquet that nobody has read: what is fetched over S3 for it, beside
what the columns of the sums take by the files' own footers; and that it says what the whole month
says."""
import pathlib
import subprocess
import sys

for folder in ("mount", "oracle"):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / folder))

import bucket
import harness
from oracle_duckdb import find_duckdb

MONTH = "2026-10"
TAIL = 64 * 1024  # what is read for a footer; twice: for the names of the columns, and the rows
ONLY = ("by-resource.csv", "lines.csv")  # of the whole month
FILES = """total by-account by-service by-region by-usage-type by-operation by-charge-type daily
daily-by-service credits refunds tax fees marketplace invoices unconnected""".split()
OF_ACCOUNT = "by-region", "total", "by-service", "daily"  # one of each kind
# The columns that the costs and names in by-service.csv come from, by AWS's documentation.
NEEDED = {
    "cur2-parquet": """line_item_usage_start_date line_item_usage_account_id
        line_item_usage_account_name line_item_product_code
        line_item_operation line_item_line_item_type line_item_line_item_description
        line_item_unblended_cost line_item_net_unblended_cost line_item_currency_code
        pricing_public_on_demand_cost bill_invoice_id bill_invoicing_entity bill_billing_entity
        product reservation_reservation_a_r_n reservation_effective_cost
        reservation_unused_amortized_upfront_fee_for_billing_period
        reservation_unused_recurring_fee reservation_net_effective_cost
        reservation_net_unused_amortized_upfront_fee_for_billing_period
        reservation_net_unused_recurring_fee savings_plan_savings_plan_effective_cost
        savings_plan_total_commitment_to_date savings_plan_used_commitment
        savings_plan_net_savings_plan_effective_cost""".split(),
    "focus-parquet": """ChargePeriodStart SubAccountId SubAccountName BillingAccountId
        BillingAccountName x_ServiceCode ServiceName
        ChargeCategory ChargeClass PublisherName InvoiceId InvoiceIssuerName
        BilledCost EffectiveCost ListCost BillingCurrency""".split(),
}
# And in the other files of sums.
MORE = """line_item_usage_type product_region_code x_UsageType SkuMeter x_Operation RegionId
    ChargeDescription""".split()


class Compact:
    """Thrift's compact protocol, as far as footers have it: structs as {field id: value}."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def varint(self):
        n = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            n |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return n

    def value(self, kind):
        if kind in (1, 2):
            return kind == 1
        if kind == 3:
            self.at += 1
            return self.data[self.at - 1]
        if kind in (4, 5, 6):
            n = self.varint()
            return n >> 1 ^ -(n & 1)
        if kind == 7:
            self.at += 8
            return None
        if kind == 8:
            n = self.varint()
            self.at += n
            return self.data[self.at - n : self.at]
        if kind in (9, 10):
            head = self.data[self.at]
            self.at += 1
            n = head >> 4 if head >> 4 < 15 else self.varint()
            return [self.value(head & 15) for _ in range(n)]
        assert kind == 12, kind
        return self.struct()

    def struct(self):
        fields, field = {}, 0
        while True:
            head = self.data[self.at]
            self.at += 1
            if head == 0:
                return fields
            if head >> 4:
                field += head >> 4
            else:
                field = self.value(4)
            fields[field] = self.value(head & 15)


def chunks(path):
    """(column, bytes) of all chunks of the file."""
    data = path.read_bytes()
    assert data[-4:] == b"PAR1"
    footer = Compact(data[-8 - int.from_bytes(data[-8:-4], "little") : -8]).struct()
    for group in footer[4]:
        for column in group[1]:
            meta = column[3]
            yield meta[3][0].decode(), meta[7]


def needed(path, columns):
    return sum(size for name, size in chunks(path) if name in columns)


def sort_by_account(ask, path):
    ask(
        f"COPY (SELECT * FROM read_parquet('{path}', hive_partitioning=false) "
        f"ORDER BY line_item_usage_account_id) TO '{path}.new' "
        "(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 4096)"
    )
    pathlib.Path(f"{path}.new").replace(path)


class Sums(harness.Case):
    def export(self, table):
        root = self.tmp / table
        words = ("--format", table, "--rows", "120000", "--accounts", "9", "--months", "2")
        subprocess.run(
            [harness.costfs_path(), "demo-export", root, "-q", "--last-month", "2026-11", *words],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        self.server = bucket.Bucket(root)
        self.addCleanup(self.server.close)
        return root

    def cat(self, name, cache):
        path = name if "/" in name or name == "accounts.csv" else f"months/{MONTH}/{name}"
        return subprocess.run(
            [harness.costfs_path(), "cat", "s3://bucket", path, "--cache", self.tmp / cache],
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": str(self.tmp),
                "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{self.server.port}",
                "AWS_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "AK",
                "AWS_SECRET_ACCESS_KEY": "s",
                "AWS_EC2_METADATA_DISABLED": "true",
            },
        ).stdout

    def fetched(self):
        files = [(name, r) for name, r in self.server.gets if name.endswith(".parquet")]
        ranges = [r for name, r in files if MONTH in name]
        self.assertNotIn(None, ranges)
        pairs = [map(int, r.removeprefix("bytes=").split("-")) for r in ranges]
        return sum(last - first + 1 for first, last in pairs)

    def test_no_more_is_fetched_than_the_columns_of_sums(self):
        for table in NEEDED:
            with self.subTest(table):
                files = sorted(self.export(table).glob(f"**/*={MONTH}/*.parquet"))
                self.cat("by-service.csv", f"{table}-sums")
                most = 1.1 * sum(needed(f, NEEDED[table]) for f in files)
                footers = 2 * sum(min(TAIL, f.stat().st_size) for f in files)
                self.assertTrue(files)
                self.assertLessEqual(self.fetched() - footers, most)
                for name in ("total.csv", "by-account.csv", "by-charge-type.csv"):
                    self.server.forget()
                    self.cat(name, f"{table}-sums")
                    self.assertEqual(self.fetched(), 0, name)

    def test_the_second_kind_of_sums_brings_all_others(self):
        for table in NEEDED:
            with self.subTest(table):
                files = sorted(self.export(table).glob(f"**/*={MONTH}/*.parquet"))
                self.cat("by-service.csv", f"{table}-sums")
                self.server.forget()
                self.cat("daily.csv", f"{table}-sums")
                most = 1.1 * sum(needed(f, NEEDED[table] + MORE) for f in files)
                footers = 2 * sum(min(TAIL, f.stat().st_size) for f in files)
                self.assertGreater(self.fetched(), 0)
                self.assertLessEqual(self.fetched() - footers, most)
                for name in FILES:
                    self.server.forget()
                    self.cat(name + ".csv", f"{table}-sums")
                    self.assertEqual(self.fetched(), 0, name)

    def test_files_are_those_of_the_whole_month(self):
        for table in (*NEEDED, "legacy-parquet"):
            with self.subTest(table):
                self.export(table)
                sums = {name: self.cat(name + ".csv", table + "-sums") for name in FILES}
                for name in ONLY:
                    self.assertGreater(len(self.cat(name, table + "-whole")), 1000)
                for name in FILES:
                    whole = self.cat(name + ".csv", table + "-whole")
                    self.assertEqual(sums[name], whole, name)
                # And the whole month after its sums.
                self.assertEqual(
                    self.cat(ONLY[0], table + "-sums"), self.cat(ONLY[0], table + "-whole")
                )

    def test_files_of_an_account_are_those_of_the_whole_month(self):
        for table in (*NEEDED, "legacy-parquet"):
            with self.subTest(table):
                self.export(table)
                accounts = self.cat("accounts.csv", table + "-whole").decode().splitlines()
                self.assertEqual(len(accounts), 10)
                folder = f"accounts/{accounts[2].split(',')[0]}/{MONTH}/"
                self.cat(folder + ONLY[0], table + "-whole")
                for name in OF_ACCOUNT:
                    whole = self.cat(folder + name + ".csv", table + "-whole")
                    self.assertGreater(len(whole.splitlines()), 1)
                    # From a cache that has nothing, and from one that has others.
                    for cache in ("-sums", f"-{name}"):
                        got = self.cat(folder + name + ".csv", table + cache)
                        self.assertEqual(got, whole, name + cache)

    def test_row_groups_without_the_account_are_not_fetched(self):
        root = self.export("cur2-parquet")
        ask = find_duckdb(self.tmp)
        if not ask:
            self.skipTest("no DuckDB")
        for path in root.glob(f"**/*={MONTH}/*.parquet"):
            sort_by_account(ask, path)
        account = self.cat("accounts.csv", "all").decode().splitlines()[-1].split(",")[0]
        self.cat(f"accounts/{account}/{MONTH}/by-region.csv", "one")
        one = self.fetched()
        self.server.forget()
        self.cat("by-region.csv", "all")
        self.assertGreater(one, 0)
        self.assertLess(one, self.fetched() / 2)
        self.assertEqual(
            self.cat(f"accounts/{account}/{MONTH}/by-region.csv", "one"),
            self.cat(f"accounts/{account}/{MONTH}/by-region.csv", "all"),
        )


if __name__ == "__main__":
    harness.main()
