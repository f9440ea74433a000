"""A bucket of 10,000 keys and 120 months: mounted and listed without an object of data."""
import json
import os
import subprocess
import threading
import time

import strict  # noqa: F401 - sets the path of the next ones
import harness
from server import Bucket

MONTHS = [f"{year}-{month:02}" for year in range(2016, 2026) for month in range(1, 13)]
OBJECTS = 10000
PER_MONTH = OBJECTS // len(MONTHS)


def following(month):
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


def legacy_keys():
    keys = {}
    for month in MONTHS:
        start, end = (m.replace("-", "") + "01" for m in (month, following(month)))
        folder = f"billing/big/{start}-{end}/"
        data = [f"{folder}big-{n:05}.csv.gz" for n in range(1, PER_MONTH + 1)]
        keys.update({key: 50_000_000 for key in data})
        keys[folder + "big-Manifest.json"] = json.dumps({
            "assemblyId": "20260101T000000Z", "account": "111122223333", "columns": [],
            "charset": "UTF-8", "compression": "GZIP", "contentType": "text/csv",
            "reportId": "0" * 64, "reportName": "big", "bucket": "costs",
            "reportKeys": data, "additionalArtifactKeys": [],
            "billingPeriod": {"start": f"{start}T000000.000Z", "end": f"{end}T000000.000Z"},
        }).encode()
    return keys


def cur2_keys():
    keys = {}
    for month in MONTHS:
        data = f"billing/big/data/BILLING_PERIOD={month}/"
        names = [f"{data}big-{n:05}.csv.gz" for n in range(1, PER_MONTH + 1)]
        keys.update({key: 50_000_000 for key in names})
        about = f"billing/big/metadata/BILLING_PERIOD={month}/big-Manifest.json"
        keys[about] = json.dumps({
            "contentType": "text/csv", "compression": "GZIP",
            "dataFiles": [f"s3://costs/{key}" for key in names],
            "exportArn": "arn:aws:bcm-data-exports:us-east-1:111122223333:export/big-1",
            "exportName": "big", "columns": [], "billingPeriod": month,
        }).encode()
    return keys


class ManyKeys(strict.Case):
    def check(self, keys):
        self.assertGreaterEqual(len(keys), OBJECTS)
        server = self.serve({"costs": Bucket(objects=keys)})
        listed = threading.Event()

        def hold(record):
            # The newest month is read in the background; nothing here may wait for it.
            if strict.is_data(record):
                listed.wait(60)

        server.on_request = hold
        self.addCleanup(listed.set)
        begun = time.monotonic()
        m = self.mount("s3://costs/billing/big")
        mounted = time.monotonic() - begun
        found = subprocess.run(
            ["find", m / "months", "-maxdepth", "1", "-printf", "%f %s\n"],
            capture_output=True, check=True, timeout=30,
        ).stdout.decode().split("\n")[1:-1]
        self.assertEqual(sorted(line.split()[0] for line in found), MONTHS)
        self.assertLessEqual({"README.txt", "months", "accounts"}, set(os.listdir(m)))
        m.text("STATUS.txt"), m.text("months.csv"), m.text("README.txt")
        took = time.monotonic() - begun
        of_data = [r["key"] for r in server.requests() if strict.is_data(r)]
        self.assertEqual([k for k in of_data if MONTHS[-1] not in k
                          and MONTHS[-1].replace("-", "") not in k], [])
        self.assertEqual(server.requests("HeadObject"), [])
        self.assertFalse([r for r in server.requests() if r["refused"]])
        counts = server.counts()
        counts["GetObject"] = counts.get("GetObject", 0) - len(of_data)
        print(f"{len(keys)} keys, {len(MONTHS)} months: mounted after {mounted:.2f} s, "
              f"listed after {took:.2f} s, {counts}; {len(of_data)} of the newest month "
              "held back")
        self.assertLess(took, 15 * harness.SLOWNESS)
        self.assertLess(sum(counts.values()), 40)
        server.forget()
        m.close()
        again = self.mount("s3://costs/billing/big", "again")
        self.assertEqual(sorted(os.listdir(again / "months")), MONTHS)
        others = [r["key"] for r in server.requests("GetObject")
                  if MONTHS[-1] not in r["key"] and MONTHS[-1].replace("-", "") not in r["key"]]
        print(f"again: {server.counts()}")
        self.assertEqual(others, [])

    def test_a_legacy_report(self):
        self.check(legacy_keys())

    def test_a_data_export(self):
        self.check(cur2_keys())


if __name__ == "__main__":
    harness.main()
