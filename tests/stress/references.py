"""References for fsx: everything in the months of a mount that nobody else uses, in files
that reference.c reads."""
import errno
import os
import re
import zlib

SOME = 8  # one of so many resources is kept, the same in every version: a month has thousands
MONTH = re.compile(r"(^|/)20\d\d-\d\d(/|$)")


def _lines(path):
    try:
        return os.getxattr(path, "user.costfs.lines").decode()
    except OSError as e:
        if e.errno != errno.ENODATA:
            raise
        return "-"


class _Writer:
    def __init__(self, mount, index, content):
        self.mount, self.index, self.content = mount, index, content
        self.at = 0

    def add(self, path, kind, content):
        whole = os.path.join(self.mount, path)
        fields = (kind, os.lstat(whole).st_ino, self.at, len(content), _lines(whole), path)
        self.index.write("\t".join(map(str, fields)) + "\n")
        self.content.write(content)
        self.at += len(content)

    def walk(self, path):
        whole = os.path.join(self.mount, path)
        with os.scandir(whole) as entries:
            found = {e.name: e.is_dir(follow_symlinks=False) for e in entries}
        names = sorted(found, key=os.fsencode)
        # Above the months a listing is not of one version.
        if MONTH.search(path) or path == "months":
            self.add(path, "d", b"".join(os.fsencode(n) + b"\0" for n in names))
        if path.endswith("/resources"):
            names = [n for n in names
                     if not found[n] or n[0] == "_" or zlib.crc32(os.fsencode(n)) % SOME == 0]
        for name in names:
            child = f"{path}/{name}"
            if found[name]:
                self.walk(child)
            elif MONTH.search(child):
                with open(os.path.join(self.mount, child), "rb") as f:
                    self.add(child, "f", f.read())


def write(mount, directory, number):
    """DIRECTORY/NUMBER.index and DIRECTORY/NUMBER.bytes."""
    os.makedirs(directory, exist_ok=True)
    base = os.path.join(directory, str(number))
    with open(base + ".bytes", "wb") as content, \
            open(base + ".index", "w", encoding="utf-8") as index:
        writer = _Writer(os.fspath(mount), index, content)
        for top in ("months", "accounts"):
            writer.walk(top)
