"""A mount beside a reference.Tree: names, kinds, sizes, times, numbers, attributes, bytes."""
import datetime
import errno
import os
import pathlib
import stat
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "oracle"))

from workbook import Workbook

ATTRIBUTES = ("id", "name", "as_of", "status", "currency", "unblended_cost", "amortized_cost",
              "lines")
# At any moment something else.
RESTLESS = ("STATUS.txt", ".costfs/status.json", ".costfs/errors.log")
# Directories of which only some entries are known here.
ROOT = {"README.txt", "STATUS.txt", "accounts.csv", "services.csv", "months.csv", "accounts",
        "months", "reports", ".costfs"}
# Of what an account is, which is another test's.
LIVE = ("resources", "findings")


class Wrong(AssertionError):
    pass


class Comparison:
    """numbers: {path: st_ino} of all comparisons so far."""

    def __init__(self, mount, tree, numbers):
        self.mount, self.tree, self.numbers = os.fspath(mount), tree, numbers
        self.files = self.directories = 0
        self.wanted = {}  # {directory: {name: is it a directory}}
        for path in tree.files:
            self.want(path, False)
        for month in tree.failed:
            self.want(f"months/{month}", True)

    def want(self, path, is_directory):
        while path:
            base, _, name = path.rpartition("/")
            self.wanted.setdefault(base, {})[name] = is_directory
            path, is_directory = base, True

    def fail(self, path, *what):
        raise Wrong(f"{path or '/'}: " + " ".join(map(str, what)))

    def run(self):
        self.directory("")
        for month in self.tree.failed:
            self.unreadable(f"months/{month}", self.tree.failed[month])
        if not self.tree.shown:
            self.unreadable("accounts", self.tree.failed[max(self.tree.failed)])
        return self

    def look_up(self, paths, gone):
        """By their paths alone, as the kernel has them: listing a directory would renew what it
        knows of the names in it."""
        for path in paths:
            self.file(path, os.lstat(f"{self.mount}/{path}"))
        for path in gone:
            if os.path.lexists(f"{self.mount}/{path}"):
                self.fail(path, "is there, though its delivery is not any more")

    def unreadable(self, path, error):
        try:
            names = os.listdir(f"{self.mount}/{path}")
        except OSError as e:
            if e.errno != error:
                self.fail(path, "fails with", e)
        else:
            self.fail(path, "is shown, though it cannot be read:", names)

    def expected(self, path):
        """Names that have to be there, and those that may."""
        wanted = self.wanted.get(path, {})
        if path == "":
            return set(wanted) | ROOT | set(self.tree.links), set()
        if path == "reports":  # of what is read, as all is that was looked into before
            return {month + e for month in self.tree.shown for e in self.endings()}, set()
        if path.startswith("accounts/") and path.count("/") == 1:
            return set(wanted) | {"account.json"}, {*LIVE, *self.tree.failed}
        if path == "accounts" or path.startswith(".costfs"):
            return set(wanted), set() if path == "accounts" else None
        # Folders without a file may be there or not.
        return set(wanted), {"by-tag", "by-cost-category", "services"}

    def names(self, path, entries):
        listed = [entry.name for entry in entries]
        if len(set(listed)) != len(listed):
            self.fail(path, "lists a name twice:", sorted(listed))
        wanted, may = self.expected(path)
        lacks, more = wanted - set(listed), set(listed) - wanted
        if lacks or (may is not None and more - may):
            self.fail(path, "lacks", sorted(lacks), "and has", sorted(more - (may or set())))

    def directory(self, path):
        self.directories += 1
        with os.scandir(f"{self.mount}/{path}") as found:
            entries = list(found)
        self.names(path, entries)
        self.attributes(path)
        for entry in sorted(entries, key=lambda e: e.name):
            self.entry(f"{path}/{entry.name}".lstrip("/"), entry)

    def entry(self, path, entry):
        seen = os.lstat(f"{self.mount}/{path}")
        if entry.inode() != seen.st_ino:
            self.fail(path, "is listed as", entry.inode(), "but is", seen.st_ino)
        before = self.numbers.setdefault(path, seen.st_ino)
        if before != seen.st_ino:
            self.fail(path, "was number", before, "and is", seen.st_ino)
        kinds = (entry.is_dir(follow_symlinks=False), entry.is_file(follow_symlinks=False),
                 entry.is_symlink())
        real = (stat.S_ISDIR(seen.st_mode), stat.S_ISREG(seen.st_mode),
                stat.S_ISLNK(seen.st_mode))
        if kinds != real:
            self.fail(path, "is listed as another kind than", oct(seen.st_mode))
        self.time(path, seen)
        name = path.rpartition("/")[2]
        if kinds[2] and os.readlink(f"{self.mount}/{path}") != self.tree.links.get(path):
            self.fail(path, "leads to", os.readlink(f"{self.mount}/{path}"))
        is_live = path.count("/") == 2 and name in LIVE
        is_open = not is_live and name not in self.tree.failed and (
            self.tree.shown or path != "accounts")
        if kinds[0] and is_open:
            self.directory(path)
        elif kinds[1]:
            self.file(path, seen)

    def time(self, path, seen):
        parts = path.split("/")
        base = "/".join(parts[:2 if parts[0] == "months" else 3])
        wanted = self.tree.times.get(base)
        if wanted is None:
            return
        shown = datetime.datetime.fromtimestamp(seen.st_mtime, datetime.timezone.utc)
        if f"{shown:%Y-%m-%dT%H:%M:%SZ}" != wanted or seen.st_ctime != seen.st_mtime:
            self.fail(path, "is of", shown, "and not of", wanted)

    def file(self, path, seen):
        if path in RESTLESS:
            return
        self.files += 1
        with open(f"{self.mount}/{path}", "rb") as file:
            content = file.read()
            now = os.fstat(file.fileno())
        if len(content) != seen.st_size or now.st_size != seen.st_size or \
                seen.st_blocks != (seen.st_size + 511) // 512:
            self.fail(path, f"{len(content)} bytes, st_size {seen.st_size}, {now.st_size}")
        if path.startswith("reports/"):
            self.report(path, content)
        wanted = self.tree.files.get(path)
        if wanted is not None and content != wanted.encode():
            self.fail(path, difference(content.decode(errors="replace"), wanted))

    def endings(self):
        """Of reports, as this costfs is built."""
        with open(f"{self.mount}/README.txt") as file:
            return (".html", ".xlsx") if ".xlsx" in file.read() else (".html",)

    def report(self, path, content):
        """Of which deliveries it is; its figures are another test's."""
        month, ending = os.path.splitext(path[len("reports/"):])
        if ending == ".html":
            page = content.decode()
        else:
            page = "".join(text + "<" for text in Workbook(content).sheet("about").texts())
        before = datetime.date.fromisoformat(month + "-01") - datetime.timedelta(1)
        before = f"{before:%Y-%m}"
        if f"as of {self.tree.shown[month].as_of}<" not in page:
            self.fail(path, "is not of", self.tree.shown[month].as_of)
        is_compared = f"{before} is not" not in page
        if is_compared != (before in self.tree.shown) and "There are no costs." not in page:
            self.fail(path, "is compared with", before, "or should be")

    def attributes(self, path):
        facts = self.tree.facts.get(path)
        if facts is None:
            return
        for name in ATTRIBUTES:
            try:
                value = os.getxattr(f"{self.mount}/{path}", "user.costfs." + name).decode()
                # Here the original stands, in tables no line ends.
                value = value.replace("\n", " ")
            except OSError as e:
                if e.errno != errno.ENODATA:
                    self.fail(path, name, e)
                value = None
            if value != facts.get(name):
                self.fail(path, name, "is", repr(value), "and not", repr(facts.get(name)))


def difference(got, wanted):
    got, wanted = got.split("\n"), wanted.split("\n")
    for number, (g, w) in enumerate(zip(got + [""] * len(wanted), wanted + [""] * len(got))):
        if g != w:
            at = max(0, len(os.path.commonprefix([g, w])) - 40)
            return f"line {number + 1}, from byte {at}\n  is     {g[at:at + 200]}" \
                   f"\n  wanted {w[at:at + 200]}"
    return "differs"
