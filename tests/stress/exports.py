"""Exports of several versions: a month is delivered again and again, in turns, each time the
same bytes and times for the same version."""
import csv
import decimal
import gzip
import io
import json
import os
import pathlib
import re
import shutil

import deliveries
import harness

# Of the first delivery; a version is a minute later than the one before.
FIRST_TIME = 1795000000
SPLITS = ("EKSPod-EC2", "ECSTask-EC2")  # shares of what stands in other rows


def month_of(path):
    """The month of a path of an export, or None."""
    found = re.search(r"/(\d{4})(\d\d)01-\d{8}/|/BILLING_PERIOD=(\d{4})-(\d\d)/", path)
    return found and f"{found[1] or found[3]}-{found[2] or found[4]}"


class Export:
    """Versions in directory/raw, made by costfs; versions[k][month] is what one delivers."""

    def __init__(self, directory, form, versions, rows, months):
        self.directory = pathlib.Path(directory)
        self.form = form
        self.versions = []
        for number in range(versions):
            raw = self.directory / f"raw-{number}"
            harness.demo_export(raw, rows + number * rows // 8, "--format", form,
                                "--layout", "create-new", "--accounts", "3",
                                "--months", str(months))
            self.versions.append(self._read(raw, number))
            shutil.rmtree(raw)
        self.months = sorted(self.versions[0])

    @staticmethod
    def _read(raw, number):
        """{month: (mark of the delivery, manifest's path, {path: bytes})}: the delivery that
        the manifest names, with a mark of its own."""
        files = {p.relative_to(raw).as_posix(): p.read_bytes()
                 for p in sorted(raw.rglob("*")) if p.is_file()}
        found = {}
        for path, text in files.items():
            told = json.loads(text) if path.endswith("-Manifest.json") else {}
            mark = told.get("assemblyId") or told.get("executionId")
            if not mark or mark in path:
                continue
            fresh = re.sub("[0-9a-f]{2}(Z?)$", rf"{number:02}\1", mark)

            def put(bytes_):
                return bytes_.replace(mark.encode(), fresh.encode())

            data = {p.replace(mark, fresh): put(b) if p.endswith(".json") else b
                    for p, b in files.items() if mark in p}
            found[month_of("/" + path)] = fresh, path, put(text), data
        return found

    def _put(self, root, path, content, at):
        deliveries.put(root / path, content)
        os.utime(root / path, (at, at))

    def deliver(self, root, month, number):
        """As AWS does: the data first, the manifest last."""
        _, manifest, text, data = self.versions[number][month]
        at = FIRST_TIME + number * 60
        for path, content in data.items():
            if not (root / path).exists():
                self._put(root, path, content, at)
        self._put(root, manifest, text, at)

    def remove(self, root, month, number):
        """The files of a delivery that no manifest names any more."""
        for path in self.versions[number][month][3]:
            (root / path).unlink(missing_ok=True)

    def make(self, root, number, swapped):
        """These months in one version, and all others in the first."""
        for month in self.months:
            self.deliver(root, month, number if month in swapped else 0)
        return root

    def sums(self, number, month):
        """(unblended cost, rows), by Python's csv and decimal, of a version's legacy CSV."""
        cost, rows = decimal.Decimal(0), 0
        for path, content in self.versions[number][month][3].items():
            if not path.endswith(".csv.gz"):
                continue
            text = io.StringIO(gzip.decompress(content).decode(), newline="")
            for row in csv.DictReader(text):
                rows += 1
                if row["lineItem/Operation"] not in SPLITS:
                    cost += decimal.Decimal(row["lineItem/UnblendedCost"] or 0)
        return cost, rows
