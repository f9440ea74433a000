"""A roll-up of a month of Parquet that nobody has read: what is fetched over S3 for it, beside
what the columns of the sums take by the files' own footers; and that it says what the whole month
says. What the whole month takes, too: no byte twice."""
import os
import pathlib
import subprocess
import sys
import tempfile

for folder in ("mount", "oracle"):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / folder))

import bucket
import harness
from oracle_duckdb import find_duckdb

MONTH = "2026-10"
WHOLE = 64 * 1024  # files that come with their footers
FIRST = 32 * 1024  # of the end of a small file, for its footer
MORE = 0.1  # of the columns, beside them: footers, and gaps between columns
SMALL = 512 * 1024  # files whose footers are more than that,
SMALL_MORE = 0.1  # and these gaps alone
MIB = 1024 * 1024
# (rows, rows a file, rows a group): two files of some MB, two of one or two, many far smaller, and
# some with more groups than the first read has footers of.
SHAPES = {
    "large": (160000, 80000, 1000000),
    "middle": (100000, 50000, 65536),
    "small": (20000, 2500, 65536),
    "groups": (20000, 10000, 2000),
}
ONLY = ("by-resource.csv", "lines.csv")  # of the whole month
FILES = """total by-account by-service by-region by-usage-type by-operation by-charge-type daily
daily-by-service credits refunds tax fees marketplace invoices unconnected""".split()
OF_ACCOUNT = "by-region", "total", "by-service", "daily"  # one of each kind
# The columns that the costs and names in by-service.csv come from, by AWS's documentation.
OF_CUR = """line_item_usage_start_date line_item_usage_account_id line_item_product_code
    line_item_operation line_item_line_item_type
    line_item_line_item_description line_item_unblended_cost line_item_net_unblended_cost
    line_item_currency_code pricing_public_on_demand_cost bill_invoice_id bill_invoicing_entity
    bill_billing_entity reservation_reservation_a_r_n
    reservation_effective_cost reservation_unused_amortized_upfront_fee_for_billing_period
    reservation_unused_recurring_fee reservation_net_effective_cost
    reservation_net_unused_amortized_upfront_fee_for_billing_period
    reservation_net_unused_recurring_fee savings_plan_savings_plan_effective_cost
    savings_plan_total_commitment_to_date savings_plan_used_commitment
    savings_plan_net_savings_plan_effective_cost""".split()
NEEDED = {
    "legacy-parquet": [*OF_CUR, "product_product_name"],
    "cur2-parquet": [*OF_CUR, "line_item_usage_account_name", "product"],
    "focus-parquet": """ChargePeriodStart SubAccountId SubAccountName BillingAccountId
        BillingAccountName x_ServiceCode ServiceName
        ChargeCategory ChargeClass PublisherName InvoiceId InvoiceIssuerName
        BilledCost EffectiveCost ListCost BillingCurrency""".split(),
}
# And in the other files of sums.
OTHERS = """line_item_usage_type product_region_code product_region x_UsageType SkuMeter x_Operation
    RegionId ChargeDescription""".split()


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
    """(column, offset, bytes) of all chunks of the file."""
    data = path.read_bytes()
    assert data[-4:] == b"PAR1"
    footer = Compact(data[-8 - int.from_bytes(data[-8:-4], "little") : -8]).struct()
    for group in footer[4]:
        for column in group[1]:
            meta = column[3]
            yield meta[3][0].decode(), min(meta[9], meta.get(11) or meta[9]), meta[7]


def needed(path, columns):
    """Bytes of the chunks of these columns, and in how many runs they stand side by side."""
    wanted = sorted((at, size) for name, at, size in chunks(path) if name in columns)
    ends = {at + size for at, size in wanted}
    return sum(size for _, size in wanted), sum(at not in ends for at, _ in wanted)


def sort_by_account(ask, path):
    ask(
        f"COPY (SELECT * FROM read_parquet('{path}', hive_partitioning=false) "
        f"ORDER BY line_item_usage_account_id) TO '{path}.new' "
        "(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 2048)"
    )
    pathlib.Path(f"{path}.new").replace(path)


def most(path, size):
    """What may be fetched of the file where that many bytes are needed."""
    if path.stat().st_size <= WHOLE:
        return path.stat().st_size
    footer = int.from_bytes(path.read_bytes()[-8:-4], "little") + 8
    gaps = SMALL_MORE * size if path.stat().st_size <= SMALL else 0
    return size + max(MORE * size, gaps + max(FIRST, footer))


class Sums(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.made = tempfile.TemporaryDirectory(prefix="costfs-sums-")
        cls.addClassCleanup(cls.made.cleanup)

    def export(self, table, shape, last=MONTH):
        """The files of MONTH. last: of its months; a newer one is what accounts are known by."""
        root = pathlib.Path(self.made.name) / f"{table}-{shape}-{last}"
        if not root.exists():
            tool = pathlib.Path(harness.costfs_path()).parents[2] / "tests/tools/demo_export"
            names = ("--rows", "--rows-per-chunk", "--rows-per-group")
            words = [word for pair in zip(names, map(str, SHAPES[shape])) for word in pair]
            subprocess.run(
                [tool, "--format", table, "--accounts", "9", "--last-month", last, "--months",
                 "1" if last == MONTH else "2", *words, root],
                check=True,
            )
        self.server = bucket.Bucket(root)
        self.addCleanup(self.server.close)
        # Legacy exports have a status beside the data.
        files = [f for f in sorted(root.glob("**/*.parquet")) if "status" not in f.name]
        return [f for f in files if f.parent.name.endswith("=" + MONTH.split("-")[1])
                or f.parent.name.endswith("=" + MONTH)]

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

    def fetched(self, files):
        """(first, behind the last) of each request for data."""
        sizes = {f"{f.parent.name}/{f.name}": f.stat().st_size for f in files}
        found = []
        for name, range_ in self.server.gets:
            if name in sizes:
                first, last = map(int, (range_ or f"bytes=0-{sizes[name] - 1}")[6:].split("-"))
                found.append((name, first, last + 1))
        return found

    def assert_once(self, gets):
        """No byte of any file twice."""
        before = {}
        for name, first, end in sorted(gets):
            self.assertLessEqual(before.get(name, 0), first, name)
            before[name] = end

    def test_no_more_is_fetched_than_the_columns_of_sums(self):
        for table in NEEDED:
            for shape in SHAPES:
                with self.subTest(f"{table} {shape}"):
                    files = self.export(table, shape)
                    self.cat("by-service.csv", f"{table}-{shape}")
                    gets = self.fetched(files)
                    wanted = [needed(f, NEEDED[table]) for f in files]
                    total = sum(size for size, _ in wanted)
                    taken = sum(end - first for _, first, end in gets)
                    print(f"{table} {shape}: {len(files)} files, {len(gets)} requests,"
                          f" {taken / total:.3f} of what is needed")
                    self.assertGreater(len(files), 1)
                    self.assertLessEqual(
                        taken, sum(most(f, size) for f, (size, _) in zip(files, wanted)))
                    if shape in ("large", "middle"):
                        self.assertLessEqual(taken, (1 + MORE) * total)
                    self.assert_once(gets)
                    # The end, perhaps more of the footer, and each run at most.
                    self.assertLessEqual(
                        len(gets), sum(runs for _, runs in wanted) + 2 * len(files))
                    self.server.forget()
                    for name in ("total.csv", "by-account.csv", "by-charge-type.csv"):
                        self.cat(name, f"{table}-{shape}")
                    self.assertEqual(self.fetched(files), [])

    def test_the_second_kind_of_sums_brings_all_others(self):
        for table in NEEDED:
            with self.subTest(table):
                files = self.export(table, "middle")
                self.cat("by-service.csv", f"{table}-sums")
                self.server.forget()
                self.cat("daily.csv", f"{table}-sums")
                wanted = [needed(f, NEEDED[table] + OTHERS) for f in files]
                taken = sum(end - first for _, first, end in self.fetched(files))
                self.assertGreater(taken, 0)
                self.assertLessEqual(taken, (1 + MORE) * sum(size for size, _ in wanted))
                self.server.forget()
                for name in FILES:
                    self.cat(name + ".csv", f"{table}-sums")
                self.assertEqual(self.fetched(files), [])

    def test_the_whole_month_is_fetched_once(self):
        for table in NEEDED:
            for shape in ("middle", "small"):
                with self.subTest(f"{table} {shape}"):
                    files = self.export(table, shape)
                    self.cat("by-resource.csv", f"{table}-{shape}-whole")
                    gets = self.fetched(files)
                    sizes = [f.stat().st_size for f in files]
                    # The footer of one whose end was not yet under way comes by itself.
                    footers = sum(max(FIRST, size // 64) for size in sizes)
                    taken = sum(end - first for _, first, end in gets)
                    print(f"{table} {shape}: {len(gets)} requests, {taken / sum(sizes):.3f}")
                    self.assertLessEqual(taken, sum(sizes) + footers)
                    self.assertLessEqual(len(gets), sum(size // MIB + 4 for size in sizes))

    def test_files_are_those_of_the_whole_month(self):
        for table in NEEDED:
            with self.subTest(table):
                self.export(table, "small")
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
        for table in NEEDED:
            with self.subTest(table):
                self.export(table, "small", "2026-11")
                accounts = self.cat("accounts.csv", table + "-whole").decode().splitlines()
                self.assertEqual(len(accounts), 10)
                folder = f"accounts/{accounts[2].split(',')[0]}/{MONTH}/"
                for name in OF_ACCOUNT:
                    whole = self.cat(folder + name + ".csv", table + "-whole")
                    self.assertGreater(len(whole.splitlines()), 1)
                    # From a cache that has nothing, and from one that has others.
                    for cache in ("-sums", f"-{name}"):
                        got = self.cat(folder + name + ".csv", table + cache)
                        self.assertEqual(got, whole, name + cache)

    def test_row_groups_without_the_account_are_not_fetched(self):
        ask = find_duckdb(self.tmp)
        if not ask:
            self.skipTest("no DuckDB")
        files = self.export("cur2-parquet", "middle", "2026-11")
        for path in files:
            sort_by_account(ask, path)
        # A delivery of its own, and not half of one.
        for path in files[0].parents[2].rglob("*"):
            os.utime(path)
        account = self.cat("accounts.csv", "all").decode().splitlines()[-1].split(",")[0]
        taken = []
        for path in f"accounts/{account}/{MONTH}/by-region.csv", "by-region.csv":
            self.server.forget()
            self.cat(path, "one" if "/" in path else "sums")
            taken.append(sum(end - first for _, first, end in self.fetched(files)))
        self.assertGreater(taken[0], 0)
        self.assertLess(taken[0], taken[1] / 2)


if __name__ == "__main__":
    harness.main()
