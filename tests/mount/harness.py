"""Real mounts for tests: every mount has its own directory, cache and daemon, every wait an end.

A test file ends with: if __name__ == "__main__": harness.main()
The path of costfs is the first argument, or $COSTFS. Exit code 77 means: nothing could be run.
"""
import csv
import decimal
import errno
import faulthandler
import gzip
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zipfile

SKIPPED = 77
COMMAND_SECONDS = 60
# A file that takes longer hangs: its daemons are killed, which ends all system calls on mounts.
WATCHDOG_SECONDS = int(os.environ.get("COSTFS_TEST_SECONDS", "280"))

_costfs = os.environ.get("COSTFS")
_daemons = set()


def costfs_path():
    return _costfs


def run(*command, check=False, timeout=COMMAND_SECONDS, **more):
    """A finished process with stdout and stderr as bytes."""
    more.setdefault("stdin", subprocess.DEVNULL)
    if "stdout" not in more:
        more.setdefault("capture_output", True)
    words = [os.fspath(word) for word in command]
    done = subprocess.run(words, timeout=timeout, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{words}: exit {done.returncode}: {done.stderr!r}")
    return done


def costfs(*arguments, **more):
    return run(_costfs, *arguments, **more)


def wait_until(condition, seconds=20, what="it"):
    """Polls; answers the first true value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come within {seconds} s")
        time.sleep(0.02)


def mounts_below(directory):
    """Mount points of costfs below the directory, innermost first."""
    found = []
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split(" ")
        kind = fields[fields.index("-") + 1]
        if kind in ("fuse.costfs", "tmpfs") and fields[4].startswith(str(directory) + "/"):
            found.append(fields[4])
    return found[::-1]


def is_mounted(directory):
    return str(directory) in mounts_below(os.path.dirname(str(directory)))


class Mount:
    """A mount of costfs, in the foreground below us unless background is asked for."""

    def __init__(self, source, directory, cache, *options, refresh="0", environment=None,
                 background=False, prefix=()):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(exist_ok=True) if not is_mounted(directory) else None
        self.log = pathlib.Path(str(directory) + ".log")
        self.process = None
        words = [*prefix, _costfs, "mount", source, directory, "--cache", cache,
                 "--refresh", refresh, *options]
        if background:
            run(*words, check=True, env=environment)
            self.pid = self.status()["pid"]
        else:
            self._start(words + ["--foreground"], environment)
        _daemons.add(self.pid)

    def _start(self, words, environment):
        stale = is_mounted(self.directory)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([os.fspath(w) for w in words], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=environment)
        self.pid = self.process.pid
        _daemons.add(self.pid)

        def answers():
            if self.process.poll() is not None:
                raise AssertionError(
                    f"costfs mount ended with {self.process.returncode}: {self.log.read_text()}")
            try:
                return (stale or is_mounted(self.directory)) and os.stat(self.directory / "README.txt")
            except OSError as e:
                if e.errno in (errno.ENOTCONN, errno.ECONNABORTED, errno.ENOENT):
                    return False
                raise
        wait_until(answers, what="the mount")

    def __truediv__(self, name):
        return self.directory / name

    def __fspath__(self):
        return str(self.directory)

    def read(self, name):
        return (self.directory / name).read_bytes()

    def text(self, name):
        return self.read(name).decode()

    def table(self, name):
        return read_table(self.read(name))

    def status(self):
        return json.loads(self.text(".costfs/status.json"))

    def month(self, name):
        """The month's entry in status.json."""
        return next(m for m in self.status()["months"] if m["month"] == name)

    def wait_for(self, name, state, seconds=30):
        return wait_until(lambda: self.month(name)["state"] == state, seconds, f"{name} {state}")

    def errors(self):
        """What errors.log says now, not what the kernel remembers of a second ago."""
        time.sleep(1.1)
        return self.text(".costfs/errors.log")

    def refresh(self):
        costfs("refresh", self.directory, check=True)

    def kill(self):
        """kill -9, with the mount left behind."""
        os.kill(self.pid, signal.SIGKILL)
        self._gone()

    def terminate(self, seconds=10):
        os.kill(self.pid, signal.SIGTERM)
        return self._gone(seconds)

    def _gone(self, seconds=10):
        status = None
        if self.process is not None:
            status = self.process.wait(seconds)
        else:
            wait_until(lambda: not is_running(self.pid), seconds, "the end of the daemon")
        _daemons.discard(self.pid)
        return status

    def close(self):
        """Whatever became of it: unmounted, and no daemon is left."""
        for _ in range(3):
            if is_mounted(self.directory):
                run("umount", "-l", self.directory)
        if self.pid in _daemons:
            try:
                self.terminate()
            except (AssertionError, ProcessLookupError, subprocess.TimeoutExpired):
                try:
                    self.kill()
                except ProcessLookupError:
                    _daemons.discard(self.pid)
        if self.log.exists():
            said = self.log.read_text(errors="replace")
            if "Sanitizer" in said or "runtime error" in said:
                raise AssertionError(said)


def is_running(pid):
    """Zombies of others do not count."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")


class Case(unittest.TestCase):
    """A directory of its own, self.tmp, and mounts that end with the test."""

    def setUp(self):
        self.tmp = scratch(self)

    def mount(self, source, name="mnt", *options, cache=None, **more):
        m = Mount(source, self.tmp / name, cache or self.tmp / "cache", *options, **more)
        self.addCleanup(m.close)
        return m

    def assert_errno(self, number, call, *arguments):
        with self.assertRaises(OSError) as caught:
            call(*arguments)
        self.assertEqual(errno.errorcode[caught.exception.errno], errno.errorcode[number])


def scratch(owner):
    """A temporary directory that goes with the test (an instance) or all of its tests (a class)."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="costfs-mount-"))
    add = owner.addClassCleanup if isinstance(owner, type) else owner.addCleanup

    def remove():
        for _ in range(3):
            for directory in mounts_below(path):
                run("umount", "-l", directory)
        shutil.rmtree(path, ignore_errors=True)
    add(remove)
    return path


def demo_export(directory, rows=3000, *options):
    costfs("demo-export", directory, "--rows", str(rows), "--quiet", *options, check=True)
    return pathlib.Path(directory)


def read_table(raw):
    """Rows of a CSV as dicts."""
    return list(csv.DictReader(io.StringIO(raw.decode(), newline="")))


def total(rows, column="unblended_cost"):
    return sum((decimal.Decimal(row[column]) for row in rows if row[column]), decimal.Decimal(0))


# Deliveries by hand.

LEGACY_HEADER = [
    "identity/LineItemId", "bill/InvoiceId", "bill/PayerAccountId", "bill/BillingPeriodStartDate",
    "lineItem/UsageAccountId", "lineItem/LineItemType", "lineItem/UsageStartDate",
    "lineItem/UsageEndDate", "lineItem/ProductCode", "lineItem/UsageType", "lineItem/Operation",
    "lineItem/ResourceId", "lineItem/UsageAmount", "lineItem/CurrencyCode",
    "lineItem/UnblendedCost", "lineItem/LineItemDescription", "product/region",
    "resourceTags/user:Team"]
CUR2_HEADER = [
    "identity_line_item_id", "bill_invoice_id", "bill_payer_account_id", "bill_payer_account_name",
    "bill_billing_period_start_date", "line_item_usage_account_id", "line_item_usage_account_name",
    "line_item_line_item_type", "line_item_usage_start_date", "line_item_usage_end_date",
    "line_item_product_code", "line_item_usage_type", "line_item_operation",
    "line_item_resource_id", "line_item_usage_amount", "line_item_currency_code",
    "line_item_unblended_cost", "line_item_line_item_description", "product_region_code",
    "resource_tags"]


def next_month(month):
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


def legacy_row(month, cost="1.5", account="111122223333", service="AmazonEC2", day=1,
               resource="i-0aa", **more):
    start = f"{month}-{day:02}T00:00:00Z"
    row = {
        "identity/LineItemId": "id", "bill/PayerAccountId": "111122223333",
        "bill/BillingPeriodStartDate": f"{month}-01T00:00:00Z",
        "lineItem/UsageAccountId": account, "lineItem/LineItemType": "Usage",
        "lineItem/UsageStartDate": start, "lineItem/UsageEndDate": f"{month}-{day:02}T01:00:00Z",
        "lineItem/ProductCode": service, "lineItem/UsageType": "BoxUsage:t3.micro",
        "lineItem/Operation": "RunInstances", "lineItem/ResourceId": resource,
        "lineItem/UsageAmount": "1.0", "lineItem/CurrencyCode": "USD",
        "lineItem/UnblendedCost": cost, "lineItem/LineItemDescription": "a line",
        "product/region": "eu-west-1", "resourceTags/user:Team": "blue"}
    row.update(more)
    return row


def cur2_row(month, cost="1.5", account="111122223333", name="prod-eu", service="AmazonEC2",
             day=1, resource="i-0aa", **more):
    row = {
        "identity_line_item_id": "id", "bill_payer_account_id": "111122223333",
        "bill_payer_account_name": "payer",
        "bill_billing_period_start_date": f"{month}-01T00:00:00.000Z",
        "line_item_usage_account_id": account, "line_item_usage_account_name": name,
        "line_item_line_item_type": "Usage",
        "line_item_usage_start_date": f"{month}-{day:02}T00:00:00.000Z",
        "line_item_usage_end_date": f"{month}-{day:02}T01:00:00.000Z",
        "line_item_product_code": service, "line_item_usage_type": "BoxUsage:t3.micro",
        "line_item_operation": "RunInstances", "line_item_resource_id": resource,
        "line_item_usage_amount": "1.0", "line_item_currency_code": "USD",
        "line_item_unblended_cost": cost, "line_item_line_item_description": "a line",
        "product_region_code": "eu-west-1", "resource_tags": '{"user_team":"blue"}'}
    row.update(more)
    return row


def csv_bytes(rows, header):
    text = io.StringIO(newline="")
    out = csv.DictWriter(text, header, restval="", lineterminator="\n")
    out.writeheader()
    out.writerows(rows)
    return text.getvalue().encode()


def pack(raw, compression):
    if compression == "gzip":
        return gzip.compress(raw, 6, mtime=0)
    if compression == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("part.csv", raw)
        return packed.getvalue()
    return raw


def put(path, content):
    """As an upload does: the object is there at once, or not."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name("." + path.name)
    fresh.write_bytes(content)
    os.replace(fresh, path)
    return path


_SUFFIX = {"gzip": ".csv.gz", "zip": ".csv.zip", "plain": ".csv"}


def legacy_delivery(root, month, chunks, assembly="20261101T000000Z", name="report",
                    prefix="exports", layout="overwrite", compression="gzip", manifest=True,
                    header=None):
    """Writes one delivery of one month. A chunk is a list of rows, or the bytes of the object.

    manifest: True, False for none, bytes to be put in its place. Answers the month's folder."""
    folder = (pathlib.Path(root) / prefix / name /
              f"{month.replace('-', '')}01-{next_month(month).replace('-', '')}01")
    data = folder / assembly if layout == "create-new" else folder
    keys = []
    for number, chunk in enumerate(chunks, 1):
        raw = chunk if isinstance(chunk, bytes) else pack(
            csv_bytes(chunk, header or LEGACY_HEADER), compression)
        path = put(data / f"{name}-{number:05}{_SUFFIX[compression]}", raw)
        keys.append(str(path.relative_to(root)))
    text = json.dumps({
        "assemblyId": assembly, "account": "111122223333", "columns": [], "charset": "UTF-8",
        "compression": "GZIP", "contentType": "text/csv", "reportId": "0" * 64,
        "reportName": name, "bucket": "billing", "reportKeys": keys,
        "billingPeriod": {"start": month.replace("-", "") + "01T000000.000Z",
                          "end": next_month(month).replace("-", "") + "01T000000.000Z"},
        "additionalArtifactKeys": []}, indent=1).encode()
    if manifest is not False:
        text = text if manifest is True else manifest
        if layout == "create-new":
            put(data / f"{name}-Manifest.json", text)
        put(folder / f"{name}-Manifest.json", text)
    return folder


def cur2_delivery(root, month, chunks, execution="11111111-2222-3333-4444-555555555555",
                  timestamp="2026-11-20T01:02:03.004Z", name="cur2", prefix="exports",
                  layout="overwrite", manifest=True, header=None):
    """The same for Data Exports."""
    base = pathlib.Path(root) / prefix / name
    part = f"BILLING_PERIOD={month}"
    run_name = f"{timestamp}-{execution}"
    data = base / "data" / part / run_name if layout == "create-new" else base / "data" / part
    files = []
    for number, chunk in enumerate(chunks, 1):
        raw = chunk if isinstance(chunk, bytes) else pack(
            csv_bytes(chunk, header or CUR2_HEADER), "gzip")
        path = put(data / f"{name}-{number:05}.csv.gz", raw)
        files.append("s3://billing/" + str(path.relative_to(root)))
    text = json.dumps({
        "executionId": execution,
        "exportArn": f"arn:aws:bcm-data-exports:us-east-1:111122223333:export/{name}-0",
        "columns": [], "dataFiles": files, "additionalOutputFiles": []}, indent=1).encode()
    if manifest is not False:
        text = text if manifest is True else manifest
        if layout == "create-new":
            put(base / "metadata" / part / run_name / f"{name}-Manifest.json", text)
        put(base / "metadata" / part / f"{name}-Manifest.json", text)
    return data


def _bite():
    sys.stderr.write(f"\nstill running after {WATCHDOG_SECONDS} s: its daemons are killed\n")
    faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
    for pid in list(_daemons):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def main():
    """Runs the tests of the calling file."""
    global _costfs
    if len(sys.argv) > 1 and os.access(sys.argv[1], os.X_OK) and os.path.isfile(sys.argv[1]):
        _costfs = os.path.abspath(sys.argv.pop(1))
    if _costfs is None:
        sys.exit("usage: " + sys.argv[0] + " COSTFS [TEST...]")
    if not os.path.exists("/dev/fuse"):
        print("skipped: /dev/fuse is not there")
        sys.exit(SKIPPED)
    if os.geteuid() != 0:
        print("skipped: only root may mount here without further ado")
        sys.exit(SKIPPED)
    for name in [n for n in os.environ if n.startswith(("COSTFS_CACHE", "XDG_", "AWS_"))]:
        del os.environ[name]
    os.environ["HOME"] = "/nonexistent"
    os.environ["LC_ALL"] = "C.UTF-8"
    watchdog = threading.Timer(WATCHDOG_SECONDS, _bite)
    watchdog.daemon = True
    watchdog.start()
    ran = unittest.main(verbosity=2, exit=False).result
    if not ran.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if ran.testsRun and len(ran.skipped) == ran.testsRun else 0)
