"""Who may include whom: layers.py ROOT, or layers.py --self-test."""
import re
import sys
import tempfile
from pathlib import Path

import source_tree

# A file may include its own layer and those before it.
LAYERS = (
    "base",
    "aws/object",
    "aws/api",
    "aws/auth",
    "aws/export",
    "aws/resource",
    "fs/store",
    "fs/live",
    "fs/form",
    "fs/view",
    "fs/finding",
    "fs/tree",
    "fs/mount",
    "fs/cmd",
)

# (from, to) that the order forbids and a reason allows.
EXCEPTIONS = {
    # S3 is an object store that speaks signed HTTP.
    ("aws/object", "aws/api"),
    ("aws/object", "aws/auth"),
}

# Header of a library, and the only folders or files that may include it.
OWNERS = (
    (r"fuse.*", ("fs/mount",)),
    (r"curl/.*", ("aws/api",)),
    (r"openssl/.*", ("base/hash.c", "aws/auth", "aws/object/checksum.c")),
    (r"zlib\.h", ("aws/export", "fs/cmd/demo")),
    (r"isa-l.*", ("aws/export/inflate_isal.c",)),
    (r"cjson/.*", ("aws",)),
    (r"lz4.*", ("fs/store", "aws/export/parquet")),
    (r"snappy-c\.h|zstd\.h", ("aws/export/parquet", "fs/cmd/demo")),
    (r"brotli/.*", ("aws/export/parquet",)),
    (r"xxhash\.h", ("base",)),
    (r"expat\.h", ("aws/api", "aws/resource")),
    (r"xlsxwriter.*", ("fs/form/xlsx_book.c",)),
)

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def layer_of(name):
    for layer in LAYERS:
        if source_tree.is_below(name, (layer,)):
            return layer
    return None


def check_own(name, included):
    source, target = layer_of(name), layer_of(included)
    if target is None:
        return f'"{included}" belongs to no layer; paths start at the root'
    if LAYERS.index(target) <= LAYERS.index(source):
        return None
    if (source, target) in EXCEPTIONS:
        return None
    return f'{source} may not include "{included}" of the later {target}'


def check_library(name, included):
    for pattern, owners in OWNERS:
        if re.fullmatch(pattern, included) and not source_tree.is_below(name, owners):
            return f"<{included}> belongs to {', '.join(owners)}"
    return None


def check_file(name, text):
    problems = []
    if layer_of(name) is None:
        return [f"{name}:1: belongs to no layer"]
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        own, library = match.groups()
        problem = check_own(name, own) if own else check_library(name, library)
        # "zlib.h" in quotes is found by the compiler as well.
        if own and not problem:
            problem = check_library(name, own)
        if problem:
            problems.append(f"{name}:{number}: {problem}")
    return problems


def check(root):
    problems = []
    for name in source_tree.find(root, {".c", ".h"}, ("base", "aws", "fs")):
        problems += check_file(name, source_tree.read(root, name))
    return problems


# Planted file, its include, whether that is a breach.
PLANTS = (
    ("base/a.c", '"base/span.h"', False),
    ("base/a.c", '"aws/object/object.h"', True),
    ("base/deep/a.h", '"fs/cmd/main.h"', True),
    ("aws/object/s3.c", '"aws/api/http.h"', False),
    ("aws/object/s3.c", '"aws/auth/sigv4.h"', False),
    ("aws/object/s3.c", '"aws/export/csv.h"', True),
    ("aws/api/http.c", '"aws/object/object.h"', False),
    ("aws/export/a.c", '"aws/resource/a.h"', True),
    ("aws/export/a.c", '"fs/store/store.h"', True),
    ("fs/live/a.c", '"aws/resource/inventory.h"', False),
    ("fs/store/a.c", '"fs/live/live.h"', True),
    ("fs/view/a.c", '"fs/store/store.h"', False),
    ("fs/store/a.c", '"fs/view/view.h"', True),
    ("fs/finding/a.c", '"fs/view/view.h"', False),
    ("fs/finding/a.c", '"fs/tree/tree.h"', True),
    ("fs/tree/a.c", '"fs/mount/mount.h"', True),
    ("fs/cmd/main.c", '"fs/mount/mount.h"', False),
    ("fs/cmd/main.c", '"fs/cmd/demo/demo.h"', False),
    ("fs/cmd/demo/demo.c", '"fs/cmd/main.h"', False),
    ("fs/mount/a.c", '"fs/cmd/main.h"', True),
    ("fs/mount/a.c", '"mount.h"', True),
    ("fs/other/a.c", "<stdio.h>", True),
    ("fs/mount/a.c", "<fuse_lowlevel.h>", False),
    ("fs/tree/a.c", "<fuse_lowlevel.h>", True),
    ("fs/mounted/a.c", "<fuse.h>", True),
    ("aws/api/http.c", "<curl/curl.h>", False),
    ("aws/auth/imds.c", "<curl/curl.h>", True),
    ("base/hash.c", "<openssl/evp.h>", False),
    ("base/log.c", "<openssl/evp.h>", True),
    ("aws/auth/sigv4.c", "<openssl/hmac.h>", False),
    ("aws/object/checksum.c", "<openssl/evp.h>", False),
    ("aws/object/s3.c", "<openssl/evp.h>", True),
    ("aws/export/inflate.c", "<zlib.h>", False),
    ("aws/export/inflate_isal.c", "<isa-l/crc.h>", False),
    ("aws/export/member.c", "<isa-l.h>", True),
    ("fs/cmd/demo/a.c", "<zlib.h>", False),
    ("fs/cmd/main.c", "<zlib.h>", True),
    ("aws/auth/sso.c", "<cjson/cJSON.h>", False),
    ("fs/view/a.c", "<cjson/cJSON.h>", True),
    ("fs/store/a.c", "<lz4.h>", False),
    ("aws/export/a.c", "<lz4hc.h>", True),
    ("aws/export/parquet/codec.c", "<lz4.h>", False),
    ("aws/export/parquet/codec.c", "<snappy-c.h>", False),
    ("aws/export/a.c", "<zstd.h>", True),
    ("fs/cmd/demo/a.c", "<brotli/encode.h>", True),
    ("fs/cmd/demo/parquet/a.c", "<snappy-c.h>", False),
    ("fs/store/a.c", "<snappy-c.h>", True),
    ("fs/cmd/a.c", "<zstd.h>", True),
    ("base/hash.c", "<xxhash.h>", False),
    ("fs/store/a.c", "<xxhash.h>", True),
    ("aws/resource/a.c", "<expat.h>", False),
    ("aws/export/a.c", "<expat.h>", True),
    ("base/a.c", "<stdio.h>", False),
)


def self_test():
    problems = []
    for name, included, is_breach in PLANTS:
        with tempfile.TemporaryDirectory() as root:
            path = Path(root) / name
            path.parent.mkdir(parents=True)
            path.write_text(f"/* planted */\n#include {included}\n", encoding="utf-8")
            if bool(check(root)) != is_breach:
                wanted = "not caught" if is_breach else "refused"
                problems.append(f"{name}: {included} was {wanted}")
    return problems


def main(args):
    if args == ["--self-test"]:
        return source_tree.report(self_test(), "layers, planted breaches")
    return source_tree.report(check(args[0]), "layers")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
