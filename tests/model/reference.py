"""What the tree has to be, by the promises of docs/formats.md and AWS's own layout, worked out
anew from the export's files with Python's csv, gzip, zipfile and decimal (tests/oracle).

Slow and simple: a delivery becomes a dict of all its files."""
import csv
import datetime
import errno
import hashlib
import io
import json
import pathlib
import re
import sys
import zipfile
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "oracle"))

import kit
from costtree import record
from figures import MONEY, Item, Month, add_up, dearest, plain
from kit import Kit, Slices, daily, encode, resource_index, resource_summary, status
from raw import RawMonth

csv.field_size_limit(1 << 27)
NAMED = re.compile(r"([^/]*-)?Manifest\.json$")
STAMPED = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d):?(\d\d)(\.\d+)?Z")


class Damaged(Exception):
    """The month cannot be read."""

    errno = errno.EIO


class Torn(Damaged):
    """Nor can it be told from another one, which is being written."""

    errno = errno.EBUSY


def slug(text, lower):
    parts, name = re.findall("[A-Za-z0-9]+", text), ""
    for part in parts:
        joined = name + ("-" if name else "") + part
        if len(joined) > 40:
            # Cut where it is full; not behind a dash.
            name = joined[:40].rstrip("-")
            break
        name = joined
    return name.lower() if lower else name


def named(front, value, lower):
    front = slug(front, lower)
    return f"{front}_{encode(value)}" if front else encode(value)


def instant(seconds):
    return f"{datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


def time_in(text):
    found = STAMPED.match(text)
    return found and "{}-{}-{}T{}:{}:{}Z".format(*found.groups()[:6])


# Which files make up a month

def is_newer(a, b):
    """Of two manifests of assemblies."""
    return b is None or a.stat().st_mtime > b.stat().st_mtime


def manifest_of(world, month):
    """The pointer; else the newest of the assemblies' own."""
    pointer = world.manifest(month)
    if pointer.exists():
        return pointer
    best = None
    for path in sorted(world.folder(month).glob("*/*")):
        if NAMED.match(path.name) and is_newer(path, best):
            best = path
    return best


def keys_of(world, month, manifest):
    try:
        told = json.loads(manifest.read_bytes())
        keys = told["dataFiles"] if world.kind == "cur2" else told["reportKeys"]
        assembly = told["executionId" if world.kind == "cur2" else "assemblyId"]
    except (ValueError, KeyError, TypeError) as e:
        raise Damaged(f"{manifest}: {e}") from e
    if not keys:
        raise Damaged(f"{manifest}: no files")
    keys = [re.sub("^s3://[^/]*/", "", key) for key in keys]
    # The execution's time stands in the name of its folder.
    when = time_in(assembly) or time_in(pathlib.PurePath(keys[0]).parent.name)
    return [world.root / key for key in keys], when or instant(manifest.stat().st_mtime)


def files_without_manifest(world, month):
    """The newest execution's, or all that are not empty."""
    folder = world.data_folder(month)
    inner = sorted(p for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []
    where, when = (inner[-1], time_in(inner[-1].name)) if inner else (folder, None)
    files = sorted(p for p in where.iterdir()
                   if p.is_file() and re.search(r"\.csv(\.gz|\.zip)?$", p.name)
                   and p.stat().st_size) if where.is_dir() else []
    if not files:
        raise Damaged(f"{where}: nothing")
    return files, when or instant(max(p.stat().st_mtime for p in files))


def read_delivery(world, month):
    """(Delivery, etag of the pointer)"""
    manifest = manifest_of(world, month)
    files, as_of = keys_of(world, month, manifest) if manifest else \
        files_without_manifest(world, month)
    for path in files:
        if not path.exists() or path.stat().st_size == 0:
            raise Damaged(f"{path}: missing or empty")
    if manifest and month in world.torn:
        raise Torn(f"{month}: of two deliveries")
    try:
        raw = RawMonth(str(world.root), [str(p.relative_to(world.root)) for p in files])
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as e:
        raise Damaged(f"{month}: {e}") from e
    if not any(chunk.header for chunk in raw.chunks):
        raise Damaged(f"{month}: no file has a header")
    return Delivery(month, as_of, raw)


def resource_directories(ids):
    """As kit.py has it; and where the region does not tell them apart, the digest does."""
    names = kit.resource_directories(ids)
    # Our own file is called so.
    names = {value: re.sub(r"^index\.csv($|~)", r"%69ndex.csv\1", name)
             for value, name in names.items()}
    seen = {}
    for value, name in names.items():
        seen.setdefault(name, []).append(value)
    for name, values in seen.items():
        for value in values if len(values) > 1 else ():
            base = name.rpartition("~")[0]
            names[value] = f"{base}~{hashlib.sha256(value.encode()).hexdigest()[:12]}"
    return names


class Delivery:
    """files: {path below months/MONTH/: text}; of: {account: the same below its month};
    facts: {(account or None, path of a directory): {attribute: text}}."""

    def __init__(self, name, as_of, raw):
        self.name, self.as_of = name, as_of
        self.header = raw.header()
        names = next(csv.reader([self.header.rstrip("\n")]))
        at = {column: index for index, column in enumerate(names)}
        items = [Item(next(csv.reader([line.rstrip("\n")])), at)
                 for _, _, _, line in raw.lines()]
        self.month = Month(name, as_of, items, names)
        self.slices = Slices(self.month)
        for key, mine in self.slices.items.items():
            self.slices.directories[key] = resource_directories(
                {item["resource_id"] for item in mine})
        self.market = {i["service"] for i in items
                       if i["bill_billing_entity"].lower() == "aws marketplace"}
        self.texts = {}
        for (account, service), mine in self.slices.items.items():
            self.texts[account, service] = "".join(record(i.cells) for i in mine)
        self.files, self.of, self.facts = {}, {}, {}
        self.whole(items)
        # What a month says of an account that it has no rows of.
        self.nothing = dict(Kit(self.month, self.slices, [], account="").files)
        self.nothing["lines.csv"] = self.header
        for account in sorted({i["account_id"] for i in items}):
            self.account(account, [i for i in items if i["account_id"] == account])

    def service_directory(self, code):
        """As resources, what shares a name has its digest behind it."""
        codes = {key[1] for key in self.slices.items}
        name = self.service_name(code)
        if [self.service_name(other) for other in codes].count(name) > 1:
            name += "~" + hashlib.sha256(code.encode()).hexdigest()[:12]
        return name

    def service_name(self, code):
        if not code:
            return "_no-service"
        if code not in self.market:
            return encode(code)
        return named(self.month.service_names.get(code, ""), code, lower=False)

    def lines(self, belongs):
        return self.header + "".join(self.texts[key] for key in sorted(
            filter(belongs, self.texts), key=lambda key: [part.encode() for part in key]))

    def fact(self, account, path, items, **more):
        """The sums stand in the order of total.csv; what is null in one currency is null."""
        sums = sorted(add_up(items, lambda i: [()]).items(), key=dearest)
        self.facts[account, path] = dict(
            as_of=self.as_of, status=status(items), lines=str(len(items)),
            currency=",".join(c for (_, c), _ in sums) or None,
            unblended_cost=joined(sums, 0), amortized_cost=joined(sums, 2), **more)

    def whole(self, items):
        files = dict(Kit(self.month, self.slices, items).files)
        files["unconnected.csv"] = f"account_id,{MONEY},name\n"
        files["lines.csv"] = self.lines(lambda key: True)
        self.fact(None, "", items)
        for code in {i["service"] for i in items}:
            mine = [i for i in items if i["service"] == code]
            base = "services/" + self.service_directory(code)
            put(files, base, Kit(self.month, self.slices, mine, service=code).files)
            files[base + "/lines.csv"] = self.lines(lambda key: key[1] == code)
            self.service_fact(None, base, code, mine)
        self.files = files

    def service_fact(self, account, base, code, items):
        self.fact(account, base, items, id=code or None,
                  name=self.month.service_names.get(code))

    def account(self, account, items):
        files = dict(Kit(self.month, self.slices, items, account=account).files)
        files["lines.csv"] = self.lines(lambda key: key[0] == account)
        self.fact(account, "", items, id=account, name=self.month.account_names.get(account))
        for code in {i["service"] for i in items}:
            mine = [i for i in items if i["service"] == code]
            base = "services/" + self.service_directory(code)
            put(files, base, Kit(self.month, self.slices, mine, account, code).files)
            files[base + "/costs.csv"] = self.lines(lambda key: key == (account, code))
            self.service_fact(account, base, code, mine)
            self.resources(account, code, base + "/resources", mine, files)
        self.of[account] = files

    def resources(self, account, code, base, items, files):
        files[base + "/index.csv"] = resource_index(self.slices, items)
        by_directory = {}
        for item in items:
            by_directory.setdefault(self.slices.directory(item), []).append(item)
        for name, mine in by_directory.items():
            value = mine[0]["resource_id"]
            put(files, f"{base}/{name}", {
                "summary.csv": resource_summary(mine),
                "daily.csv": daily(self.month, mine),
                "lines.csv": self.header + "".join(record(i.cells) for i in mine)})
            self.fact(account, f"{base}/{name}", mine, id=value or None,
                      name=self.slices.name(account, code, value) or None)
            if status(items) == "mixed":
                # Nobody keeps which of the service's lines are billed.
                self.facts[account, f"{base}/{name}"]["status"] = None


def put(files, base, more):
    files.update({f"{base}/{name}": text for name, text in more.items()})


def joined(sums, index):
    parts = [total.cost(index) for _, total in sums]
    return None if None in parts or not parts else ",".join(map(plain, parts))


# Above the months

class Tree:
    """files: {path: text} of the whole mount; links: {name: where it leads}; facts and times of
    directories; shown: {month: Delivery}, failed: {month that cannot be read: errno}."""

    def __init__(self, shown, failed):
        self.shown, self.failed = shown, failed
        self.files, self.facts, self.times = {}, {}, {}
        self.names, self.accounts = {}, set()
        for month in sorted(shown):
            self.names.update(shown[month].month.account_names)
            self.accounts.update(shown[month].of)
        for month, delivery in sorted(shown.items()):
            self.month(month, delivery)
        months = sorted([*shown, *failed])
        self.links = {"this-month": f"months/{months[-1]}"}
        before = datetime.date.fromisoformat(months[-1] + "-01") - datetime.timedelta(1)
        if f"{before:%Y-%m}" in months:
            self.links["last-month"] = f"months/{before:%Y-%m}"
        if shown and max(shown) == months[-1]:
            self.root(max(shown))

    def directory(self, account):
        return named(self.names.get(account, ""), account, lower=True)

    def month(self, month, delivery):
        self.times[f"months/{month}"] = delivery.as_of
        put(self.files, f"months/{month}", delivery.files)
        for account in self.accounts:
            files = delivery.of.get(account, delivery.nothing)
            base = f"accounts/{self.directory(account)}/{month}"
            self.times[base] = delivery.as_of
            put(self.files, base, files)
        for (account, path), facts in delivery.facts.items():
            base = f"months/{month}" if account is None else \
                f"accounts/{self.directory(account)}/{month}"
            facts = dict(facts)
            if account is not None and path == "":
                facts["name"] = self.names.get(account)
            self.facts[base + ("/" + path if path else "")] = facts

    def root(self, newest):
        rows = ["month,status,as_of," + MONEY + "\n"]
        for name, delivery in sorted(self.shown.items()):
            items = delivery.month.items
            front = [name, status(items) if items else "", delivery.as_of]
            for (_, currency), total in sorted(add_up(items, lambda i: [()]).items(),
                                               key=dearest):
                rows.append(record(front + total.money(currency)))
        if not self.failed and all(d.month.items for d in self.shown.values()):
            self.files["months.csv"] = "".join(rows)
        newest = self.shown[newest]
        codes = {i["service"] for i in newest.month.items}
        self.files["services.csv"] = self.table(
            "service,directory", newest, "service", codes,
            lambda code: [newest.service_directory(code)], newest.month.service_names)
        seen = {}
        for name, delivery in sorted(self.shown.items()):
            for account in delivery.of:
                seen.setdefault(account, []).append(name)
        self.files["accounts.csv"] = self.table(
            "account_id,directory,first_month,last_month", newest, "account_id", set(seen),
            lambda a: [self.directory(a), min(seen[a]), max(seen[a])], self.names)

    def table(self, header, delivery, column, known, more, names):
        sums = add_up(delivery.month.items, lambda i: [(i[column],)])
        entries = [((key[0], currency), total.cost(0), total.money(currency))
                   for (key, currency), total in sums.items()]
        for key in known - {i[column] for i in delivery.month.items}:
            entries.append(((key, ""), None, [""] * 6 + ["0"]))
        entries.sort(key=lambda e: (e[1] is None, -(e[1] or 0), e[0][0].encode(), e[0][1]))
        return f"{header},{MONEY},name\n" + "".join(
            record([key] + more(key) + money + [names.get(key, "")])
            for (key, _), _, money in entries)
