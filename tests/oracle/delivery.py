"""Lays files out as AWS delivers a legacy report."""
import gzip
import io
import json
import os
import zipfile


def manifest_of(name, range_, keys, assembly="11111111-2222-3333-4444-555555555555"):
    start, end = range_.split("-")
    return {"assemblyId": assembly, "account": "000000000012", "columns": [], "charset": "UTF-8",
            "compression": "GZIP", "contentType": "text/csv", "reportId": "0" * 64,
            "reportName": name, "bucket": "somewhere-else", "reportKeys": keys,
            "billingPeriod": {"start": start + "T000000.000Z", "end": end + "T000000.000Z"},
            "additionalArtifactKeys": []}


def pack(content, compression, member):
    if compression == "gzip":
        return gzip.compress(content, mtime=0)
    if compression == "zip":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo(member, (2024, 1, 1, 0, 0, 0)), content)
        return out.getvalue()
    return content


ENDINGS = {"gzip": ".csv.gz", "zip": ".csv.zip", "plain": ".csv"}


def put(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def write(root, chunks, range_, compression="gzip", prefix="billing", name="report",
          assembly=None, manifest=True, ending=None, key_prefix=None, number="{:05}"):
    """chunks: contents of CSV files. assembly: id of the delivery, for the layout that keeps all.
    key_prefix: how the manifest spells the prefix, where that is not how it stands."""
    folder = "/".join(part for part in (prefix, name, range_) if part)
    inner = folder + ("/" + assembly if assembly else "")
    keys = []
    for index, content in enumerate(chunks):
        member = f"{name}-{number.format(index + 1)}.csv"
        file = member[:-4] + (ENDINGS[compression] if ending is None else ending)
        put(os.path.join(root, inner, file), pack(content, compression, member))
        key = f"{inner}/{file}"
        keys.append(key if key_prefix is None else key_prefix + key[len(prefix):])
    text = json.dumps(manifest_of(name, range_, keys, assembly or "1" * 8), indent=1).encode()
    if manifest:
        put(os.path.join(root, folder, f"{name}-Manifest.json"), text)
        if assembly:
            put(os.path.join(root, inner, f"{name}-Manifest.json"), text)
    return root
