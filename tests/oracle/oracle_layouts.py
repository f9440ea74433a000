#!/usr/bin/env python3
"""One month in every place and form it is found in: the same bytes come out, whatever the layout,
the compression, the spelling of keys, and the number of threads. Usage: oracle_layouts.py COSTFS"""
import csv
import gzip
import io
import os
import sys

import awkward
import delivery
from awkward import RANGE
from costtree import Mount, Report, Workshop, can_mount, open_tree
from oracle_raw import RawMonth, check_lines

MONTH = "2024-02"
STAMP, OLDER = "20240305T040211Z", "20240304T235959Z"
UUID = "0b1f7a52-9d5c-4c1e-8d0e-5f6a7b8c9d0e"
FOLDER = f"billing/report/{RANGE}"


def crlf_and_bom(content):
    rows = csv.reader(io.StringIO(content.decode(), newline=""))
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return "\ufeff".encode() + text.getvalue().encode()


def in_members(content):
    """As parallel compressors write: several gzip members behind one another."""
    third = len(content) // 3
    parts = content[:third], content[third:2 * third], b"", content[2 * third:]
    return b"".join(gzip.compress(part, mtime=0) for part in parts)


def layouts(chunks):
    """(what, folder of the source below the root, function that writes the root)"""
    def of(**options):
        return lambda root: delivery.write(root, options.pop("chunks", chunks), RANGE, **options)

    def twice(root, **options):
        delivery.write(root, chunks[:1], RANGE, assembly=OLDER, **options)
        return delivery.write(root, chunks, RANGE, assembly=STAMP, **options)

    for compression in "gzip", "zip", "plain":
        yield compression, "", of(compression=compression)
    yield "the export's prefix", "billing/report", of()
    yield "a slash at the end", "billing/report/", of()
    yield "the prefix without the name", "billing", of()
    yield "the month's folder", FOLDER, of()
    yield "the month's folder, no manifest", FOLDER, of(manifest=False)
    yield "no manifest", "", of(manifest=False)
    yield "deliveries by time", "", twice
    yield "deliveries, no manifest", "", lambda root: twice(root, manifest=False)
    yield "delivery with a UUID", "", of(assembly=UUID)
    yield "a delivery's folder", f"{FOLDER}/{STAMP}", twice
    yield "a delivery's folder, no manifest", f"{FOLDER}/{STAMP}", lambda root: twice(
        root, manifest=False)
    yield "an empty prefix", "", of(prefix="")
    yield "an empty prefix, keys with a slash", "", of(prefix="", key_prefix="/")
    yield "a doubled slash in the keys", "", of(key_prefix="billing/")
    yield "another prefix in the keys", "", of(key_prefix="some/where/else")
    yield "old names", "", of(number="{}")
    yield "gzip named zip", "", of(ending=".csv.zip")
    yield "plain named gzip", "", of(compression="plain", ending=".csv.gz")
    yield "zip named gzip", "", of(compression="zip", ending=".csv.gz")
    yield "gzip named csv", "", of(ending=".csv")
    yield "CRLF and a BOM", "", of(chunks=[crlf_and_bom(chunk) for chunk in chunks])
    yield "gzip of several members", "", of(
        chunks=[in_members(chunk) for chunk in chunks], compression="plain", ending=".csv.gz")
    yield "no newline at the end", "", of(chunks=[chunk[:-1] for chunk in chunks])


def files_of(tree):
    """What does not tell when the delivery came."""
    files = {}
    base = f"months/{MONTH}"
    for name in tree.list(base):
        if name.endswith(".csv") and name != "total.csv":
            files[f"{base}/{name}"] = tree.read(f"{base}/{name}")
    for account in tree.list("accounts"):
        base = f"accounts/{account}/{MONTH}/services"
        for service in tree.list(base):
            for name in "costs.csv", "by-resource.csv", "daily.csv":
                path = f"{base}/{service}/{name}"
                files[path] = tree.read(path)
    return files


def compare(report, got, wanted, what):
    report.check(sorted(got) == sorted(wanted), what, "lists other files",
                 sorted(set(got) ^ set(wanted))[:4])
    for path in sorted(set(got) & set(wanted)):
        report.same(got[path], wanted[path], what, path)


def check_layouts(report, shop):
    chunks, wanted = awkward.chunks(rows=300), None
    for what, source, write in layouts(chunks):
        root = shop.fresh("bucket")
        write(root)
        with open_tree(shop, os.path.join(root, source)) as tree:
            got = files_of(tree)
            if wanted is None:
                keys = [f"{FOLDER}/report-{i + 1:05}.csv.gz" for i in range(len(chunks))]
                check_lines(report, tree, MONTH, RawMonth(root, keys))
                wanted = got
        compare(report, got, wanted, what)


def whole_tree(tree):
    """Every file but the two that tell of this very mount."""
    for folder, _, names in os.walk(tree.dir):
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), tree.dir)
            if name != "STATUS.txt" and not path.startswith(".costfs"):
                yield path, tree.bytes_of(path)


def check_threads(report, shop):
    root = delivery.write(shop.fresh("bucket"), awkward.chunks(3, 2400, 12), RANGE)
    wanted = None
    for threads in "1", "2", "8":
        if can_mount():
            with Mount(shop, root, "--threads", threads) as tree:
                tree.read(f"months/{MONTH}/total.csv")
                got = dict(whole_tree(tree))
        else:
            with open_tree(shop, root, "--threads", threads) as tree:
                got = files_of(tree)
        wanted = wanted or got
        compare(report, got, wanted, threads + " threads")
    print(len(wanted), "files with 1, 2 and 8 threads")


def main(tool):
    report = Report()
    with Workshop(tool) as shop:
        check_layouts(report, shop)
        check_threads(report, shop)
    report.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
