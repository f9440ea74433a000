"""The tree as users walk it: sizes, each line once, sums, names, aliases, links,
accounts."""
import collections
import csv
import decimal
import errno
import glob
import io
import os
import pathlib
import re
import stat

import harness

LIVE = {"STATUS.txt", "status.json", "metrics.prom", "errors.log"}
MONTHS = ["2026-08", "2026-09", "2026-10"]
KIT_MONEY = [
    "unblended_cost",
    "net_unblended_cost",
    "amortized_cost",
    "net_amortized_cost",
    "list_cost",
    "currency",
    "lines",
]


def source_rows(export):
    """(account, service, cost) of all line items of a CUR 2.0 export, per month, read
    by Python."""
    import gzip
    import json

    found = {}
    for manifest in sorted(export.glob("exports/*/metadata/*/*Manifest.json")):
        rows = []
        for uri in json.loads(manifest.read_text())["dataFiles"]:
            path = export / uri.split("/", 3)[3]
            if not path.exists():
                path = export / uri[uri.index("exports/") :]
            with gzip.open(path, "rt", newline="") as f:
                rows += [
                    (
                        r["line_item_usage_account_id"],
                        r["line_item_product_code"],
                        r["line_item_unblended_cost"],
                    )
                    for r in csv.DictReader(f)
                ]
        found[manifest.parent.name.partition("=")[2]] = rows
    return found


class Tree(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.shared = harness.scratch(cls)
        cls.export = harness.demo_export(
            cls.shared / "export",
            4000,
            "--format",
            "cur2-csv",
            "--months",
            "3",
            "--last-month",
            MONTHS[-1],
        )
        cls.source = source_rows(cls.export)
        cls.mnt = harness.Mount(cls.export, cls.shared / "mnt", cls.shared / "cache")
        cls.addClassCleanup(cls.mnt.close)

    def files(self, mount=None):
        root = (mount or self.mnt).directory
        for top, _, names in os.walk(root):
            for name in names:
                path = pathlib.Path(top) / name
                if not path.is_symlink():
                    yield path

    # Sizes and bytes

    def test_every_size_is_that_of_the_bytes(self):
        for _ in range(2):
            sizes = {p: p.lstat().st_size for p in self.files()}
        self.assertGreater(len(sizes), 3000)
        for path, size in sizes.items():
            if path.name not in LIVE:
                self.assertEqual(len(path.read_bytes()), size, path)

    def test_every_table_is_of_the_dialect(self):
        for path in self.files():
            if path.suffix != ".csv":
                continue
            raw = path.read_bytes()
            self.assertTrue(raw.endswith(b"\n"), path)
            self.assertNotIn(b"\r", raw, path)
            self.assertFalse(raw.startswith(b"\xef\xbb\xbf"), path)
            raw.decode("utf-8")
            rows = list(csv.reader(io.StringIO(raw.decode(), newline=""), strict=True))
            self.assertEqual(len(rows), raw.count(b"\n"), path)
            self.assertEqual({len(r) for r in rows}, {len(rows[0])}, path)
            self.assertEqual(len(rows[0]), len(set(rows[0])), path)
            self.assertNotIn("", rows[0], path)

    def test_the_kit_has_the_same_columns_everywhere(self):
        columns = collections.defaultdict(set)
        for path in self.files():
            if path.suffix == ".csv" and path.name not in ("costs.csv", "lines.csv"):
                parent = path.parent.name if path.parent.name.startswith("by-") else ""
                with open(path, newline="") as f:
                    columns[parent or path.name].add(tuple(next(csv.reader(f))))
        for name, headers in columns.items():
            self.assertEqual(len(headers), 1, (name, headers))
        for name in (
            "by-service.csv",
            "by-region.csv",
            "by-resource.csv",
            "daily.csv",
            "by-tag",
            "total.csv",
            "tax.csv",
            "credits.csv",
            "by-account.csv",
        ):
            header = list(next(iter(columns[name])))
            at = header.index("unblended_cost")
            self.assertEqual(header[at : at + len(KIT_MONEY)], KIT_MONEY, name)

    # Each line once

    def test_each_line_stands_once_under_the_name_costs_csv(self):
        for month, rows in self.source.items():
            shown = []
            for path in glob.glob(
                f"{self.mnt.directory}/accounts/*/{month}/**/costs.csv", recursive=True
            ):
                shown += [
                    (r["account_id"], r["service"])
                    for r in harness.read_table(pathlib.Path(path).read_bytes())
                ]
            self.assertEqual(
                collections.Counter(shown),
                collections.Counter((a, s) for a, s, _ in rows),
                month,
            )

    def test_tools_find_each_costs_csv_once(self):
        everywhere = sum(len(rows) for rows in self.source.values())
        by_python = glob.glob(f"{self.mnt.directory}/**/costs.csv", recursive=True)
        lines = sum(pathlib.Path(p).read_bytes().count(b"\n") - 1 for p in by_python)
        self.assertEqual(lines, everywhere)
        bash = (
            harness.run(
                "bash",
                "-c",
                "shopt -s globstar; printf '%s\\n' **/costs.csv",
                cwd=self.mnt.directory,
                check=True,
            )
            .stdout.decode()
            .split("\n")[:-1]
        )
        find = (
            harness.run(
                "find", ".", "-name", "costs.csv", cwd=self.mnt.directory, check=True
            )
            .stdout.decode()
            .split("\n")[:-1]
        )
        expected = sorted(os.path.relpath(p, self.mnt.directory) for p in by_python)
        self.assertEqual(sorted(bash), expected)
        self.assertEqual(sorted(p[2:] for p in find), expected)

    def test_sums_are_exact(self):
        for month, rows in self.source.items():
            expected = collections.defaultdict(decimal.Decimal)
            for account, service, cost in rows:
                # The leading block of split cost rows is empty: their money stands in
                # others.
                expected[account, service] += decimal.Decimal(cost or 0)
            shown = collections.defaultdict(decimal.Decimal)
            for account, service in expected:
                base = f"accounts/{account}/{month}/services/{service}"
                table = self.mnt.table(base + "/costs.csv")
                shown[account, service] = harness.total(table)
                self.assertEqual(
                    harness.total(self.mnt.table(base + "/total.csv")),
                    shown[account, service],
                )
            self.assertEqual(dict(shown), {k: v for k, v in expected.items()})
            for name in (
                "total",
                "by-service",
                "by-account",
                "by-region",
                "by-usage-type",
                "by-operation",
                "by-charge-type",
                "by-resource",
                "daily",
                "daily-by-service",
                "lines",
            ):
                table = self.mnt.table(f"months/{month}/{name}.csv")
                self.assertEqual(
                    harness.total(table), sum(expected.values()), (month, name)
                )

    def test_roll_ups_agree_with_each_other(self):
        for account in (self.mnt / "accounts").iterdir():
            base = f"accounts/{account.name}/{MONTHS[-1]}"
            for column in KIT_MONEY[:5] + ["lines"]:
                want = harness.total(self.mnt.table(base + "/total.csv"), column)
                for name in (
                    "by-service",
                    "by-resource",
                    "daily",
                    "by-charge-type",
                    "lines",
                ):
                    if column == "lines" and name == "lines":
                        self.assertEqual(len(self.mnt.table(base + "/lines.csv")), want)
                    else:
                        self.assertEqual(
                            harness.total(self.mnt.table(f"{base}/{name}.csv"), column),
                            want,
                            (account, name, column),
                        )

    def test_lines_csv_is_the_costs_csv_of_its_scope(self):
        for account in (self.mnt / "accounts").iterdir():
            month = account / MONTHS[-1]
            body = b""
            for service in sorted(
                (month / "services").iterdir(),
                key=lambda p: os.getxattr(p, "user.costfs.id"),
            ):
                header, _, rows = (service / "costs.csv").read_bytes().partition(b"\n")
                body += rows
                by_resource = b"".join(
                    sorted(
                        (d / "lines.csv").read_bytes().partition(b"\n")[2]
                        for d in (service / "resources").iterdir()
                        if d.is_dir()
                    )
                )
                self.assertEqual(
                    sorted(by_resource.splitlines()), sorted(rows.splitlines())
                )
            self.assertEqual((month / "lines.csv").read_bytes(), header + b"\n" + body)

    # Names

    def resolves(self, alias, path):
        self.assertEqual(
            (self.mnt / alias).stat().st_mode, (self.mnt / path).stat().st_mode
        )
        self.assertEqual(
            sorted(os.listdir(self.mnt / alias)), sorted(os.listdir(self.mnt / path))
        )
        self.assertNotIn(
            os.path.basename(alias), os.listdir(self.mnt / os.path.dirname(alias))
        )

    def test_aliases_resolve_and_are_not_listed(self):
        account = next(
            p.name for p in sorted((self.mnt / "accounts").iterdir()) if "_" in p.name
        )
        name, _, number = account.rpartition("_")
        self.assertRegex(number, r"^\d{12}$")
        self.resolves(f"accounts/{number}", f"accounts/{account}")
        self.resolves(f"accounts/{name}", f"accounts/{account}")
        for base in (f"accounts/{account}/{MONTHS[-1]}", f"months/{MONTHS[-1]}"):
            for alias in ("amazonec2", "ec2", "EC2"):
                self.resolves(f"{base}/services/{alias}", f"{base}/services/AmazonEC2")
        self.assertEqual(
            (self.mnt / f"accounts/{number}/{MONTHS[-1]}/total.csv").read_bytes(),
            (self.mnt / f"accounts/{account}/{MONTHS[-1]}/total.csv").read_bytes(),
        )

    def test_resources_resolve_by_name_and_by_what_they_stand_for(self):
        arns = 0
        for index in glob.glob(
            f"{self.mnt.directory}/accounts/*/{MONTHS[-1]}/services/*/resources/"
            "index.csv"
        ):
            folder = pathlib.Path(index).parent
            rows = harness.read_table(pathlib.Path(index).read_bytes())
            column = next(
                c for c in rows[0] if c in ("resource", "resource_dir", "directory")
            )
            listed = {p.name for p in folder.iterdir() if p.is_dir()}
            self.assertEqual({r[column] for r in rows}, listed)
            for row in rows:
                here = folder / row[column]
                self.assertEqual(
                    sorted(os.listdir(here)), ["daily.csv", "lines.csv", "summary.csv"]
                )
                number = row["resource_id"]
                if not number:
                    self.assertEqual(row[column], "_no-resource")
                    continue
                self.assertEqual(os.getxattr(here, "user.costfs.id").decode(), number)
                for line in harness.read_table((here / "lines.csv").read_bytes()):
                    self.assertEqual(line["resource_id"], number)
                if "/" not in number:
                    self.assertEqual(
                        os.listdir(folder / number), os.listdir(here), number
                    )
                    arns += number.startswith("arn:")
        self.assertGreater(arns, 0)

    def test_names_are_safe(self):
        allowed = re.compile(r"^[A-Za-z0-9_.][A-Za-z0-9._%~-]*$")
        for top, directories, names in os.walk(self.mnt.directory):
            for name in directories + names:
                self.assertRegex(name, allowed)
                self.assertTrue(name == ".costfs" or not name.startswith("."), name)

    def test_links_at_the_root_lead_to_the_newest_months(self):
        self.assertEqual(os.readlink(self.mnt / "this-month"), "months/" + MONTHS[-1])
        self.assertEqual(os.readlink(self.mnt / "last-month"), "months/" + MONTHS[-2])
        self.assertEqual(
            (self.mnt / "this-month/total.csv").read_bytes(),
            (self.mnt / f"months/{MONTHS[-1]}/total.csv").read_bytes(),
        )
        for top, directories, names in os.walk(self.mnt / "accounts"):
            for name in directories + names:
                self.assertFalse(
                    stat.S_ISLNK(os.lstat(os.path.join(top, name)).st_mode)
                )

    # Texts

    def test_readme_and_status_are_one_screen_each(self):
        for name in ("README.txt", "STATUS.txt"):
            lines = self.mnt.text(name).splitlines()
            self.assertLessEqual(len(lines), 50, name)
            self.assertLessEqual(max(len(line) for line in lines), 100, name)
        for word in ("this-month", "costs.csv", "accounts/", "unblended_cost"):
            self.assertIn(word, self.mnt.text("README.txt"))

    def test_commands_of_the_readme_work(self):
        self.mnt.table(f"months/{MONTHS[-2]}/total.csv")
        text = self.mnt.text("README.txt")
        commands = text.partition("\nTry\n")[2].partition("\n\n")[0]
        commands = commands.replace("2026-11", MONTHS[-1]).splitlines()
        ran = 0
        for line in commands:
            command = line.partition("     (")[0].strip()
            if (
                not line.startswith("  ")
                or "column" in command
                and not harness.run("sh", "-c", "command -v column").stdout
            ):
                continue
            ran += 1
            with self.subTest(command=command):
                done = harness.run(
                    "bash", "-c", "set -o pipefail; " + command, cwd=self.mnt.directory
                )
                if (
                    "grep" not in command
                    and "i-0123" not in command
                    and "diff" not in command
                ):
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertTrue(done.stdout)
        self.assertGreaterEqual(ran, 8)

    def test_status_says_what_is_there(self):
        os.listdir(self.mnt / f"months/{MONTHS[0]}")
        status = harness.wait_until(
            lambda: (s := self.mnt.status())["months"][0]["state"] == "ready" and s
        )
        self.assertEqual([m["month"] for m in status["months"]], MONTHS)
        self.assertEqual(status["source"], str(harness.source(self.export)))
        self.assertEqual(status["pid"], self.mnt.pid)
        first = status["months"][0]
        self.assertEqual(first["lines"], len(self.source[MONTHS[0]]))
        self.assertEqual(
            (first["verified"], first["error"], first["stale"]), (True, None, False)
        )
        text = self.mnt.text("STATUS.txt")
        for month in MONTHS:
            self.assertIn(month, text)
        self.assertEqual(self.mnt.text(".costfs/errors.log"), "")

    def test_tables_of_the_root_agree_with_the_months(self):
        for month in MONTHS:
            os.listdir(self.mnt / f"months/{month}")
        harness.wait_until(
            lambda: all(r["unblended_cost"] for r in self.mnt.table("months.csv"))
        )
        months = self.mnt.table("months.csv")
        for row in months:
            total = self.mnt.table(f"months/{row['month']}/total.csv")
            self.assertEqual(
                decimal.Decimal(row["unblended_cost"]), harness.total(total)
            )
        newest = harness.total([r for r in months if r["month"] == MONTHS[-1]])
        self.assertEqual(harness.total(self.mnt.table("accounts.csv")), newest)
        self.assertEqual(harness.total(self.mnt.table("services.csv")), newest)
        for row in self.mnt.table("accounts.csv"):
            self.assertTrue((self.mnt / "accounts" / row["directory"]).is_dir())

    # Accounts

    def test_accounts_that_are_not_connected_are_told_and_not_shown(self):
        rows = self.source[MONTHS[-1]]
        accounts = sorted({a for a, _, _ in rows})
        chosen = accounts[:2]
        m = self.mount(self.export, "some", "--accounts", ",".join(chosen))
        month = f"months/{MONTHS[-1]}"
        self.assertEqual(
            sorted(p.rpartition("_")[2] for p in os.listdir(m / "accounts")), chosen
        )
        self.assertEqual(
            sorted(r["account_id"] for r in m.table(month + "/by-account.csv")), chosen
        )
        rest = m.table(month + "/unconnected.csv")
        self.assertEqual(
            {r["account_id"]: int(r["lines"]) for r in rest},
            dict(collections.Counter(a for a, _, _ in rows if a not in chosen)),
        )
        for row in rest:
            self.assertEqual(
                decimal.Decimal(row["unblended_cost"]),
                sum(
                    decimal.Decimal(c or 0)
                    for a, _, c in rows
                    if a == row["account_id"]
                ),
            )
        shown = sum(decimal.Decimal(c or 0) for a, _, c in rows if a in chosen)
        for name in ("total", "by-service", "daily", "lines"):
            self.assertEqual(harness.total(m.table(f"{month}/{name}.csv")), shown, name)
        self.assert_errno(errno.ENOENT, os.stat, m / "accounts" / accounts[-1])
        self.assertEqual(
            len(m.table(month + "/lines.csv")), sum(a in chosen for a, _, _ in rows)
        )

    def test_connecting_one_more_account_reads_nothing_again(self):
        """The data files are overwritten with rubbish, which nobody notices who does
        not read."""
        export = harness.demo_export(
            self.tmp / "export", 1500, "--months", "2", "--last-month", MONTHS[-1]
        )
        accounts = [row["account_id"] for row in self.mnt.table("accounts.csv")]
        before = self.mount(export, "before", "--accounts", accounts[0])
        full = {}
        for month in MONTHS[1:]:
            full[month] = before.read(f"months/{month}/total.csv")
        before.close()
        for path in export.rglob("*.csv.gz"):
            s = path.stat()
            with open(path, "r+b") as f:
                f.write(b"x" * s.st_size)
            os.utime(path, ns=(s.st_atime_ns, s.st_mtime_ns))
        after = self.mount(export, "after", "--accounts", ",".join(accounts))
        for month in MONTHS[1:]:
            self.assertNotEqual(after.read(f"months/{month}/total.csv"), full[month])
            self.assertEqual(
                after.text(f"months/{month}/unconnected.csv").count("\n"), 1
            )
            self.assertGreater(len(after.table(f"months/{month}/lines.csv")), 100)

    def test_an_account_that_the_export_does_not_name_can_be_named(self):
        export = harness.demo_export(self.tmp / "export", 500, "--months", "1")
        config = self.tmp / "config"
        account = self.mnt.table("accounts.csv")[0]["account_id"]
        config.write_text(f"[acme]\nsource = {export}\nname.{account} = Böse / Firma\n")
        m = self.mount("acme", "named", "--config", str(config))
        harness.wait_until(lambda: any("_" in n for n in os.listdir(m / "accounts")))
        names = [n for n in os.listdir(m / "accounts") if n.endswith(account)]
        self.assertEqual(len(names), 1)
        self.assertRegex(names[0], r"^b[^/]*firma_\d{12}$")


class Lazy(harness.Case):
    def test_only_the_month_that_is_stepped_into_is_read(self):
        export = harness.demo_export(
            self.tmp / "export", 1500, "--months", "4", "--last-month", "2026-10"
        )
        m = self.mount(export)
        os.listdir(m / "accounts")
        for top, directories, names in os.walk(m / "accounts"):
            if top.count("/") == str(m.directory).count("/") + 3:
                break
            for name in directories + names:
                os.lstat(os.path.join(top, name))
            if os.path.dirname(top) == str(m / "accounts"):
                directories.clear()
        for name in os.listdir(m / "months"):
            os.lstat(m / "months" / name)
            for attribute in os.listxattr(m / "months" / name):
                os.getxattr(m / "months" / name, attribute)
        m.text("README.txt"), m.text("months.csv"), m.text("accounts.csv")
        m.wait_for("2026-10", "ready")
        self.assertEqual(
            [x["state"] for x in m.status()["months"]],
            ["known", "known", "known", "ready"],
        )
        os.listdir(m / "months/2026-08")
        self.assertEqual(
            harness.wait_until(
                lambda: (s := [x["state"] for x in m.status()["months"]])[1] == "ready"
                and s
            ),
            ["known", "ready", "known", "ready"],
        )

    @harness.only_local("of a bucket nothing is read twice")
    def test_sums_of_a_large_month_come_first_and_are_those_of_all_of_it(self):
        files = [f"this-month/{name}.csv" for name in (
            "total", "by-service", "daily-by-service", "by-usage-type", "credits", "invoices")]
        export = harness.demo_export(self.tmp / "export", 20000, "--compression", "plain",
                                     "--months", "1", "--last-month", "2026-10")
        self.assertGreater(sum(f.stat().st_size for f in export.rglob("*.csv")), 16 << 20)
        cache = self.tmp / "cache"

        def cat(file):
            return harness.costfs("cat", "--cache", cache, export, file, check=True).stdout

        sums = {file: cat(file) for file in files}
        self.assertEqual([f for f in cache.rglob("*.data") if f.stat().st_size > 0], [])
        m = self.mount(export)
        self.assertEqual(m.read(files[0]), sums[files[0]])
        m.wait_for("2026-10", "ready")
        self.assertEqual({file: m.read(file) for file in files}, sums)
        self.assertEqual(m.read("this-month/lines.csv").count(b"\n"), 20001)
        self.assertNotEqual(cat("this-month/lines.csv"), b"")
        self.assertEqual({file: cat(file) for file in files}, sums)


if __name__ == "__main__":
    harness.main()
