"""A bad export fails its month, by name and with a cure, and nothing else.

Each case stands in its own month of one export; a mount of all of them shows the
good ones."""
import errno
import gzip
import io
import json
import os
import struct
import time
import zipfile

import harness
from deliveries import LEGACY_HEADER, csv_bytes, cur2_delivery, cur2_row
from deliveries import legacy_delivery, legacy_row, pack

GOOD = "2026-11"
HEADER = ",".join(LEGACY_HEADER).encode()


def month_names():
    year, number = 2020, 1
    while True:
        yield f"{year:04}-{number:02}"
        year, number = (year, number + 1) if number < 12 else (year + 1, 1)


def zip_of(*members, method=zipfile.ZIP_DEFLATED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


def line(month, **more):
    return csv_bytes([legacy_row(month, **more)], LEGACY_HEADER).splitlines(
        keepends=True
    )[1]


class Bad(harness.Case):
    """Writes bad(month, folder) for each case, mounts them all, and looks at each."""

    def setUp(self):
        super().setUp()
        self.export = self.tmp / "export"
        legacy_delivery(self.export, GOOD, [[legacy_row(GOOD)] * 3])
        self.names = month_names()
        self.cases = []

    def bad(
        self,
        what,
        make,
        *hints,
        manifest=True,
        compression="gzip",
        lines=None,
        number=errno.EIO,
    ):
        """make(month) answers the chunks. hints must stand in errors.log; lines: it is
        no error."""
        month = next(self.names)
        legacy_delivery(
            self.export, month, make(month), manifest=manifest, compression=compression
        )
        self.cases.append((what, month, hints, lines, number))

    def check(self, *options):
        m = self.mount(self.export, "mnt", *options)
        self.assertEqual(len(m.table(f"months/{GOOD}/lines.csv")), 3)
        for what, month, hints, lines, number in self.cases:
            with self.subTest(what=what):
                if lines is not None:
                    self.assertEqual(len(m.table(f"months/{month}/lines.csv")), lines)
                    self.assertEqual(m.month(month)["error"], None)
                    continue
                self.assert_errno(number, os.listdir, m / f"months/{month}")
                self.assert_errno(number, os.stat, m / f"months/{month}/total.csv")
                self.assertIn(month, os.listdir(m / "months"))
        errors = m.errors()
        status = m.text("STATUS.txt")
        for what, month, hints, lines, _ in self.cases:
            with self.subTest(what=what, seen="errors.log"):
                said = [l for l in errors.splitlines() if l.startswith(month)]
                self.assertEqual(len(said), 0 if lines is not None else 1)
                for hint in hints:
                    self.assertIn(hint, said[0])
                if lines is None:
                    self.assertIn(" | ", said[0], "a cure")
                    self.assertIn(month, status)
                    self.assertEqual(m.month(month)["state"], "failed")
        self.assertEqual(len(m.table(f"months/{GOOD}/lines.csv")), 3)
        self.assertEqual(
            sorted(os.listdir(m / "months")),
            sorted([GOOD] + [month for _, month, *_ in self.cases]),
        )
        m.close()
        self.assertEqual(m.process.returncode, 0)
        return m

    def good_gzip(self, month, count=2000):
        return pack(
            csv_bytes(
                [
                    legacy_row(month, resource=f"i-{i * 2654435761 % 2**32:x}")
                    for i in range(count)
                ],
                LEGACY_HEADER,
            ),
            "gzip",
        )

    def test_packing(self):
        gz = ("report-00001.csv.gz",)
        for keep in ("1", "9", "10", "half", "less 9", "less 1"):

            def cut(month, keep=keep):
                raw = self.good_gzip(month)
                at = {
                    "half": len(raw) // 2,
                    "less 9": len(raw) - 9,
                    "less 1": len(raw) - 1,
                }
                return [raw[: at[keep] if keep in at else int(keep)]]

            self.bad(f"gzip cut to {keep}", cut, *gz)

        def flipped(month):
            raw = bytearray(self.good_gzip(month))
            raw[len(raw) // 2] ^= 0x10
            return [bytes(raw)]

        self.bad("gzip with a flipped bit", flipped, *gz)

        def wrong_sum(month):
            raw = self.good_gzip(month)
            return [raw[:-8] + struct.pack("<II", 1, 2)]

        self.bad("gzip with a wrong check sum", wrong_sum, *gz)
        self.bad("binary", lambda month: [os.urandom(5000)], *gz)
        self.bad(
            "gzip of binary", lambda month: [gzip.compress(bytes(range(256)) * 50)], *gz
        )
        self.bad("parquet", lambda month: [b"PAR1" + bytes(2000) + b"PAR1"], *gz)
        self.bad(
            "second chunk is cut",
            lambda month: [self.good_gzip(month), self.good_gzip(month)[:500]],
            "report-00002.csv.gz",
        )
        self.bad(
            "gzip in two members",
            lambda month: [
                gzip.compress(HEADER + b"\n") + gzip.compress(line(month) * 5)
            ],
            lines=5,
        )
        self.check()

    def test_zip(self):
        name = ("report-00001.csv.zip",)

        def part(month, count=5):
            return csv_bytes([legacy_row(month)] * count, LEGACY_HEADER)

        def bad(what, make, *hints, **more):
            self.bad(what, make, *hints, compression="zip", **more)

        bad("zip", lambda month: [zip_of(("x.csv", part(month)))], lines=5)
        bad("stored", lambda month: [zip_of(("x.csv", part(month)), method=0)], lines=5)
        bad(
            "absolute name",
            lambda month: [zip_of(("/etc/passwd", part(month)))],
            lines=5,
        )
        bad(
            "name that climbs",
            lambda month: [zip_of(("../../../x", part(month)))],
            lines=5,
        )
        bad(
            "two members",
            lambda month: [zip_of(("a.csv", part(month)), ("b.csv", part(month)))],
            *name,
        )
        bad("no member", lambda month: [zip_of()], *name)
        bad(
            "bzip2",
            lambda month: [zip_of(("x.csv", part(month)), method=zipfile.ZIP_BZIP2)],
            *name,
        )
        bad("cut", lambda month: [zip_of(("x.csv", part(month, 5000)))[:700]], *name)

        def wrong_sum(month):
            raw = bytearray(zip_of(("x.csv", part(month))))
            raw[14] ^= 1
            return [bytes(raw)]

        bad("wrong check sum", wrong_sum, *name)
        self.check()
        self.assertFalse(os.path.exists(self.tmp / "x"))

    def test_bombs(self):
        """Unpacked, each is hundreds of times its size: refused, or read in bounded
        memory."""
        self.bad(
            "one field without end",
            lambda month: [gzip.compress(HEADER + b"\n" + b"x" * (100 << 20), 1)],
            "report-00001.csv.gz",
        )
        self.bad(
            "one quoted field without end",
            lambda month: [gzip.compress(HEADER + b'\n"' + b"x\n" * (50 << 20), 1)],
            "report-00001.csv.gz",
        )
        self.bad(
            "zip of zeros",
            lambda month: [zip_of(("x.csv", bytes(200 << 20)))],
            "report-00001.csv.zip",
            compression="zip",
        )
        m = self.mount(self.export, "first")
        self.addCleanup(m.close)
        for _, month, *_ in self.cases:
            self.assert_errno(errno.EIO, os.listdir, m / f"months/{month}")
        with open(f"/proc/{m.pid}/status") as f:
            peak = next(int(l.split()[1]) for l in f if l.startswith("VmHWM"))
        m.close()
        if "asan" not in os.environ.get("COSTFS_TEST_BUILD", ""):
            self.assertLess(peak, 400 << 10)
        self.check()

    def test_csv(self):
        gz = ("report-00001.csv.gz",)

        def table(header, *rows):
            return [gzip.compress(b"\n".join((header,) + rows) + b"\n")]

        self.bad(
            "unterminated quote",
            lambda month: table(HEADER, line(month).rstrip(), b'"' + line(month)),
            *gz,
        )
        self.bad(
            "text behind a quote",
            lambda month: table(HEADER, b'"a"b' + line(month)[2:]),
            *gz,
        )
        self.bad(
            "NUL bytes",
            lambda month: table(
                HEADER, line(month).replace(b"a line", b"a\0line").rstrip()
            ),
            "NUL",
            *gz,
        )
        self.bad(
            "10,000 columns",
            lambda month: table(
                HEADER + b"," + b",".join(b"x%d" % i for i in range(10000)),
                line(month).rstrip() + b"," * 10000,
            ),
            *gz,
        )
        self.bad("too few fields", lambda month: table(HEADER, b"a,b,c"), *gz)
        self.bad(
            "too many fields",
            lambda month: table(HEADER, line(month).rstrip() + b",x,y"),
            *gz,
        )
        self.bad(
            "no newline at the end",
            lambda month: [gzip.compress(HEADER + b"\n" + line(month).rstrip())],
            lines=1,
        )
        self.bad(
            "CRLF",
            lambda month: [
                gzip.compress(
                    (HEADER + b"\n" + line(month) * 4).replace(b"\n", b"\r\n")
                )
            ],
            lines=4,
        )
        self.bad(
            "a byte order mark",
            lambda month: table(b"\xef\xbb\xbf" + HEADER, line(month).rstrip()),
            lines=1,
        )
        self.check()

    def test_headers(self):
        gz = ("report-00001.csv.gz",)

        def renamed(old, new):
            return lambda month: [
                gzip.compress(HEADER.replace(old, new) + b"\n" + line(month) * 2)
            ]

        def with_more(*names):
            return lambda month: [
                gzip.compress(
                    b",".join((HEADER,) + names)
                    + b"\n"
                    + (
                        line(month).rstrip()
                        + b","
                        + b",".join(b"v%d" % i for i in range(len(names)))
                        + b"\n"
                    )
                    * 2
                )
            ]

        self.bad(
            "no account column",
            renamed(b"lineItem/UsageAccountId", b"lineItem/Other"),
            "lineItem/UsageAccountId",
            *gz,
        )
        self.bad(
            "no cost column",
            renamed(b"lineItem/UnblendedCost", b"lineItem/Other"),
            "lineItem/UnblendedCost",
            *gz,
        )
        self.bad(
            "the cost column twice",
            with_more(b"lineItem/UnblendedCost"),
            "UnblendedCost",
            *gz,
        )
        self.bad(
            "another column twice", with_more(b"product/sku", b"product/sku"), lines=2
        )
        self.bad(
            "tags that differ in case",
            with_more(b"resourceTags/user:team", b"resourceTags/user:TEAM"),
            lines=2,
        )
        self.bad("columns without a name", with_more(b"", b"", b"product/sku"), lines=2)
        self.bad(
            "no export at all", lambda month: [gzip.compress(b"name,age\nbob,7\n")], *gz
        )
        self.bad(
            "FOCUS among the months of a report",
            lambda month: [
                gzip.compress(
                    b"BilledCost,BillingAccountId,BillingCurrency,ChargePeriodStart,"
                    b"ChargeCategory,ServiceName,SubAccountId\n"
                    b"1,2,USD,2026-01-01T00:00:00Z,Usage,EC2,3\n"
                )
            ],
            lines=1,
        )
        self.bad("header only", lambda month: [gzip.compress(HEADER + b"\n")], lines=0)
        self.bad(
            "header only in one of two",
            lambda month: [
                gzip.compress(HEADER + b"\n"),
                gzip.compress(HEADER + b"\n" + line(month)),
            ],
            lines=1,
        )
        self.bad(
            "header without newline", lambda month: [gzip.compress(HEADER)], lines=0
        )
        self.bad("nothing in a gzip", lambda month: [gzip.compress(b"")], *gz)
        m = self.check()
        self.assertFalse(harness.is_mounted(m.directory))

    def test_columns_that_appear_within_a_month(self):
        month = "2026-10"
        wide = LEGACY_HEADER + ["resourceTags/user:New"]
        legacy_delivery(
            self.export,
            month,
            [
                [legacy_row(month)],
                pack(
                    csv_bytes(
                        [legacy_row(month, **{"resourceTags/user:New": "x"})], wide
                    ),
                    "gzip",
                ),
            ],
        )
        m = self.mount(self.export)
        rows = m.table(f"months/{month}/lines.csv")
        column = next(c for c in rows[0] if c.lower().endswith("new"))
        self.assertEqual(sorted(r[column] for r in rows), ["", "x"])

    def test_values(self):
        gz = ("report-00001.csv.gz",)

        def cell(**more):
            return lambda month: [[legacy_row(month), legacy_row(month, **more)]]

        def named(column, value):
            return lambda month: [
                [legacy_row(month), legacy_row(month, **{column: value})]
            ]

        for value in ("abc", "1,5", "1.5.2", "--1", "0x10", "1e", "NaN", "inf", "$1"):
            self.bad(f"cost {value}", cell(cost=value), *gz)
        self.bad("cost of 30 digits", cell(cost="9" * 30), *gz)
        self.bad("cost 1e400", cell(cost="1e400"), *gz)
        self.bad(
            "costs whose sum does not fit",
            lambda month: [[legacy_row(month, cost="9" * 20)] * 10],
            *gz,
        )
        for value in ("1.81E-8", "+1", "-0.0", "", "00012.5", "1e2"):
            self.bad(f"cost {value or 'of nothing'}", cell(cost=value), lines=2)
        for value in (
            "yesterday",
            "2026-13-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "99999-01-01T00:00:00Z",
            "1066-10-14T00:00:00Z",
        ):
            self.bad(
                f"usage start {value}", named("lineItem/UsageStartDate", value), *gz
            )
        self.bad(
            "usage of a year",
            named("lineItem/UsageStartDate", "2019-12-31T23:59:59.000Z"),
            lines=2,
        )
        self.bad("no usage start", named("lineItem/UsageStartDate", ""), lines=2)
        for value in ("../..", "/etc", "a\nb", "x" * 5000, "..", "."):
            self.bad(
                f"account {value[:9]!r}", named("lineItem/UsageAccountId", value), *gz
            )
        for column in (
            "lineItem/ProductCode",
            "lineItem/ResourceId",
            "resourceTags/user:Team",
            "product/region",
            "lineItem/UsageType",
        ):
            for value in (
                "../../etc",
                "..",
                ".",
                "a/b",
                "~",
                "-rf",
                "\u00e4" * 3000,
                "%2F",
                "",
            ):
                self.bad(f"{column} {value[:9]!r}", named(column, value), lines=2)
        self.check()

    def test_names_from_hostile_values_stay_in_their_place(self):
        month = "2026-10"
        values = [
            "../../etc/passwd",
            "..",
            ".",
            "/",
            "a/b",
            "\u202eevil",
            "-rf",
            "~",
            "%2e%2e",
            "x" * 3000,
        ]
        legacy_delivery(
            self.export,
            month,
            [
                [
                    legacy_row(
                        month,
                        service=v,
                        resource=v,
                        **{"resourceTags/user:Team": v, "product/region": v},
                    )
                    for v in values
                ]
            ],
        )
        m = self.mount(self.export)
        count = 0
        for top, directories, names in os.walk(m / f"accounts/111122223333/{month}"):
            for name in directories + names:
                count += 1
                self.assertTrue(
                    name.isascii() and "/" not in name and len(name) <= 255, name
                )
                self.assertNotIn(name, (".", ".."))
                os.lstat(os.path.join(top, name))
        self.assertGreater(count, 100)
        services = [
            d for d in os.listdir(m / f"accounts/111122223333/{month}/services")
        ]
        self.assertEqual(len(services), len(values))
        for name in services:
            here = m / f"accounts/111122223333/{month}/services/{name}"
            self.assertIn(os.getxattr(here, "user.costfs.id").decode(), values)
            self.assertEqual(
                len(
                    m.table(f"accounts/111122223333/{month}/services/{name}/costs.csv")
                ),
                1,
            )

    def test_manifests(self):
        name = ("report-Manifest.json",)

        def one(month):
            return [[legacy_row(month)]]

        for what, text in (
            ("empty", b""),
            ("no JSON", b"hello"),
            ("half", b'{"reportKeys": ["a",'),
            ("an array", b"[]"),
            ("a number", b"1"),
            ("no keys", b"{}"),
            ("keys of another type", b'{"reportKeys": 7}'),
            ("keys that are numbers", b'{"reportKeys": [7]}'),
            ("binary", os.urandom(1000)),
            ("deep", b"[" * 100000),
            ("50 MiB", b'{"reportKeys": ["' + b"x" * (50 << 20) + b'"]}'),
        ):
            self.bad(f"manifest: {what}", one, *name, manifest=text)
        for what, key in (
            ("climbs", "../../../etc/passwd"),
            ("absolute", "/etc/passwd"),
            ("of another place", "exports/other/report-00001.csv.gz"),
        ):
            self.bad(
                f"key {what}",
                one,
                manifest=json.dumps({"assemblyId": "1", "reportKeys": [key]}).encode(),
            )
        self.bad(
            "no data", one, *name, manifest=b'{"assemblyId": "1", "reportKeys": []}'
        )
        self.check()

    def test_without_a_manifest_it_works_and_is_unverified(self):
        month = "2026-10"
        legacy_delivery(
            self.export,
            month,
            [[legacy_row(month)], [legacy_row(month, "2")]],
            manifest=False,
        )
        m = self.mount(self.export)
        self.assertEqual(len(m.table(f"months/{month}/lines.csv")), 2)
        self.assertFalse(m.month(month)["verified"])
        self.assertTrue(
            m.month(GOOD)["verified"] or m.month(GOOD)["state"] == "loading"
        )
        time.sleep(1.1)
        self.assertIn("unverified", m.text("STATUS.txt"))

    def test_cur2(self):
        """The same for what only CUR 2.0 has: maps, and manifests that list files by
        URI."""
        export = self.tmp / "cur2"
        cur2_delivery(export, GOOD, [[cur2_row(GOOD)] * 2])
        good = {
            "2026-10": '{"a":"b","c":"\\u00e4\\n,\\""}',
            "2026-09": "{}",
            "2026-08": "",
            "2026-07": '{"k":null}',
        }
        bad = {"2026-06": "{", "2026-05": '{"a":{"b":1}}x', "2026-04": "not json"}
        for month, tags in {**good, **bad}.items():
            cur2_delivery(export, month, [[cur2_row(month, resource_tags=tags)]])
        m = self.mount(export)
        self.assertEqual(len(m.table(f"months/{GOOD}/lines.csv")), 2)
        for month in good:
            self.assertEqual(len(m.table(f"months/{month}/lines.csv")), 1, month)
        for month in bad:
            with self.subTest(tags=bad[month]):
                self.assert_errno(errno.EIO, os.listdir, m / f"months/{month}")
        self.assertIn("cur2-00001.csv.gz", m.errors())


if __name__ == "__main__":
    harness.main()
