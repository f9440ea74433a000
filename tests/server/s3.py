"""Buckets: directories or made-up keys, as S3 answers for them."""
import base64
import bisect
import email.utils
import hashlib
import os
import re
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape

from server import checksum, errors
from server.wire import Bytes, File, Filler, Response

NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
PAGE_MAX = 1000
RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Entry:
    """An object; of a file, or made up of bytes or a size."""

    def __init__(self, size, modified, etag, path=None, data=None, storage="STANDARD"):
        self.size = size
        self.modified = modified
        self.etag = etag
        self.path = path
        self.data = data
        self.storage = storage

    def open(self):
        """Its bytes as they were when it was looked up, or None if it has gone."""
        if self.data is not None:
            return Bytes(self.data)
        if self.path is None:
            return Filler(self.size)
        try:
            return File(os.open(self.path, os.O_RDONLY), 0, self.size)
        except FileNotFoundError:
            return None


class Bucket:
    """directory: its files are the objects, under prefix. objects: key (str or bytes) to
    bytes, or to a size. etags: "md5", or "parts" (those of multipart uploads, which are no
    MD5 and need no reading). redirect: how a wrong region is answered, 400 or 301.
    checksum: crc32, sha1, sha256, crc64nvme or None, told of whole objects if asked for."""

    def __init__(
        self, directory=None, prefix="", objects=None, region="us-east-1", etags="md5",
        redirect=400, checksum=None, requester_pays=False, kms=None, page=PAGE_MAX,
        account="123456789012",
    ):
        self.directory = os.fsencode(directory) if directory is not None else None
        self.prefix = os.fsencode(prefix)
        self.region = region
        self.etags = etags
        self.redirect = redirect
        self.checksum = checksum
        self.requester_pays = requester_pays
        self.kms = kms
        self.page = page
        self.account = account
        self.lock = threading.Lock()
        self.md5s = {}
        self.objects = {}
        self.sorted = []
        self.put_all(objects or {})

    def put_all(self, objects):
        now = int(time.time())
        for key, value in objects.items():
            key = key.encode() if isinstance(key, str) else key
            if isinstance(value, Entry):
                entry = value
            elif isinstance(value, int):
                tag = hashlib.md5(key + b"%d" % value).hexdigest() + "-2"
                entry = Entry(value, now, tag)
            else:
                entry = Entry(len(value), now, hashlib.md5(value).hexdigest(), data=value)
            with self.lock:
                self.objects[key] = entry
        with self.lock:
            self.sorted = sorted(self.objects)

    def delete(self, key):
        key = key.encode() if isinstance(key, str) else key
        with self.lock:
            del self.objects[key]
            self.sorted = sorted(self.objects)

    def _etag_of(self, path, status):
        mark = (status.st_ino, status.st_size, status.st_mtime_ns)
        if self.etags != "md5":
            return hashlib.md5(repr(mark).encode()).hexdigest() + "-7"
        with self.lock:
            known = self.md5s.get(path)
        if known and known[0] == mark:
            return known[1]
        digest = hashlib.md5()
        with open(path, "rb") as file:
            while data := file.read(1 << 20):
                digest.update(data)
        with self.lock:
            self.md5s[path] = (mark, digest.hexdigest())
        return digest.hexdigest()

    def _entry_of(self, path):
        try:
            status = os.stat(path)
            if not os.path.isfile(path):
                return None
            etag = self._etag_of(path, status)
        except (OSError, ValueError):
            return None
        return Entry(status.st_size, int(status.st_mtime), etag, path=path)

    def find(self, key):
        with self.lock:
            entry = self.objects.get(key)
        if entry or self.directory is None or not key.startswith(self.prefix):
            return entry
        parts = key[len(self.prefix):].split(b"/")
        if any(part in (b"", b".", b"..") for part in parts):
            return None
        return self._entry_of(os.path.join(self.directory, *parts))

    def _walk(self, directory, key, prefix, found):
        for item in os.scandir(directory):
            at = key + item.name
            if item.is_dir():
                at += b"/"
                if at.startswith(prefix) or prefix.startswith(at):
                    self._walk(item.path, at, prefix, found)
            elif at.startswith(prefix):
                found.append((at, item.path))

    def keys(self, prefix):
        """Sorted (key, path or None)."""
        if self.directory is None:
            at = bisect.bisect_left(self.sorted, prefix)
            end = bisect.bisect_left(self.sorted, prefix + b"\xff" * 4)
            return [(key, None) for key in self.sorted[at:end]]
        found = [(key, None) for key in self.sorted if key.startswith(prefix)]
        try:
            self._walk(self.directory, self.prefix, prefix, found)
        except FileNotFoundError:
            pass
        return sorted(found)

    def entry(self, key, path):
        return self._entry_of(path) if path else self.objects.get(key)


def http_date(seconds):
    return email.utils.formatdate(seconds, usegmt=True)


def iso_date(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


class Call:
    """One request to S3, taken apart."""

    def __init__(self, request, bucket_in_host):
        query = urllib.parse.parse_qsl(
            request.query.decode("latin-1").replace("+", "%2B"), keep_blank_values=True,
            encoding="latin-1",
        )
        self.parameters = {name: value.encode("latin-1") for name, value in query}
        path = request.path[1:]
        if bucket_in_host:
            self.bucket, key = bucket_in_host, path
        else:
            raw, _, key = path.partition(b"/")
            self.bucket = urllib.parse.unquote_to_bytes(raw).decode("latin-1")
        self.key = urllib.parse.unquote_to_bytes(key)
        self.method = request.method
        self.request = request
        self.ignores_range = False

    @property
    def operation(self):
        names = set(self.parameters)
        if not self.bucket:
            return "ListBuckets"
        if not self.key:
            if self.method == "HEAD":
                return "HeadBucket"
            if "location" in names:
                return "GetBucketLocation"
            if self.parameters.get("list-type") == b"2":
                return "ListObjectsV2"
            return "Other"
        return {"GET": "GetObject", "HEAD": "HeadObject"}.get(self.method, "Other")


ACTIONS = {
    "ListBuckets": "s3:ListAllMyBuckets",
    "HeadBucket": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
    "GetBucketLocation": "s3:GetBucketLocation",
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
}


def denied(identity, action, resource):
    return errors.s3(
        403, "AccessDenied",
        f"User: {identity.arn} is not authorized to perform: {action} on resource: "
        f'"{resource}" because no identity-based policy allows the {action} action',
    )


def _token(last, prefix):
    text = b"%d:" % len(prefix) + prefix + last
    return base64.b64encode(b"\xfb\xff" + text).decode()


def _untoken(token, prefix):
    try:
        raw = base64.b64decode(token, validate=True)
    except ValueError:
        return None
    head = b"\xfb\xff%d:" % len(prefix) + prefix
    return raw[len(head):] if raw.startswith(head) else None


def _encoded(key, is_url):
    if is_url:
        return urllib.parse.quote_plus(key, safe="/*").replace("~", "%7E")
    text = escape(key.decode("utf-8", "replace"))
    return re.sub("[\x00-\x1f]", lambda m: f"&#x{ord(m[0]):x};", text)


def _name_of(row):
    return row[0]


def _page(bucket, prefix, delimiter, after, limit):
    """([key, path] or [folder], …), whether there is more."""
    rows = []
    keys = bucket.keys(prefix)
    at = bisect.bisect_right(keys, after, key=_name_of) if after else 0
    while at < len(keys):
        key, path = keys[at]
        cut = key.find(delimiter, len(prefix)) if delimiter else -1
        if cut >= 0:
            folder = key[: cut + len(delimiter)]
            at = bisect.bisect_left(keys, folder + b"\xff" * 4, key=_name_of)
            if after and after.startswith(folder):
                continue
            row = (folder,)
        else:
            row = (key, path)
            at += 1
        if len(rows) == limit:
            return rows, True
        rows.append(row)
    return rows, False


def list_objects(bucket, call, repeats_tokens=False):
    get = call.parameters.get
    is_url = get("encoding-type") == b"url"
    prefix, delimiter = get("prefix", b""), get("delimiter", b"")
    after = get("start-after", b"")
    token = get("continuation-token")
    if token is not None:
        after = _untoken(token, prefix)
        if after is None:
            return errors.s3(400, "InvalidArgument",
                             "The continuation token provided is incorrect",
                             ArgumentName="continuation-token")
    try:
        limit = min(int(get("max-keys", b"1000")), bucket.page)
    except ValueError:
        return errors.s3(400, "InvalidArgument", "Provided max-keys not an integer",
                         ArgumentName="max-keys")
    rows, has_more = _page(bucket, prefix, delimiter, after, limit) if limit else ([], False)
    if repeats_tokens:
        has_more = True
    contents, folders, count = [], [], 0
    for row in rows:
        if len(row) == 1:
            folders.append(f"<CommonPrefixes><Prefix>{_encoded(row[0], is_url)}</Prefix>"
                           "</CommonPrefixes>")
        else:
            entry = bucket.entry(*row)
            if entry is None:
                continue
            contents.append(
                f"<Contents><Key>{_encoded(row[0], is_url)}</Key>"
                f"<LastModified>{iso_date(entry.modified)}</LastModified>"
                f"<ETag>&quot;{entry.etag}&quot;</ETag><Size>{entry.size}</Size>"
                f"<StorageClass>{entry.storage}</StorageClass></Contents>"
            )
        count += 1
    parts = [f"<Name>{call.bucket}</Name><Prefix>{_encoded(prefix, is_url)}</Prefix>"]
    if delimiter:
        parts.append(f"<Delimiter>{_encoded(delimiter, is_url)}</Delimiter>")
    if is_url:
        parts.append("<EncodingType>url</EncodingType>")
    parts.append(f"<KeyCount>{count}</KeyCount><MaxKeys>{limit}</MaxKeys>")
    parts.append(f"<IsTruncated>{'true' if has_more else 'false'}</IsTruncated>")
    if has_more:
        last = prefix if repeats_tokens else rows[-1][0]
        parts.append("<NextContinuationToken>" + escape(_token(last, prefix))
                     + "</NextContinuationToken>")
    body = "".join(parts + contents + folders)
    text = (f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult {NAMESPACE}>'
            f"{body}</ListBucketResult>")
    return Response(200, [], text.encode(), "application/xml")


def _range(text, size):
    """(first, length); None to ignore it; False where it begins behind the end."""
    match = RANGE.fullmatch(text or "")
    if not match or match[0] == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        length = min(int(last), size)
        return (size - length, length) if length else False
    first = int(first)
    if last and int(last) < first:
        return None
    if first >= size:
        return False
    last = min(int(last), size - 1) if last else size - 1
    return first, last - first + 1


def _precondition(request, entry):
    tag = f'"{entry.etag}"'

    def names_it(header):
        tags = [t.strip() for t in header.split(",")]
        return "*" in tags or tag in tags or entry.etag in tags

    match, none = request.get("if-match"), request.get("if-none-match")
    if match is not None and not names_it(match):
        return errors.s3(
            412, "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
            Condition="If-Match",
        )
    since = request.get("if-modified-since")
    is_old = False
    if since and none is None:
        when = email.utils.parsedate_to_datetime(since)
        is_old = entry.modified <= when.timestamp()
    if (none is not None and names_it(none)) or is_old:
        return Response(304, [("ETag", tag), ("Last-Modified", http_date(entry.modified))])
    return None


def get_object(bucket, call, identity):
    request = call.request
    entry = bucket.find(call.key)
    resource = f"arn:aws:s3:::{call.bucket}/{call.key.decode('latin-1')}"
    if entry is None:
        if not identity.may("s3:ListBucket"):
            return denied(identity, "s3:ListBucket", f"arn:aws:s3:::{call.bucket}")
        return errors.s3(404, "NoSuchKey", "The specified key does not exist.",
                         Key=call.key.decode("latin-1"))
    if bucket.kms and not identity.may("kms:Decrypt"):
        return denied(identity, "kms:Decrypt", bucket.kms)
    if entry.storage in ("GLACIER", "DEEP_ARCHIVE") and call.method == "GET":
        return errors.s3(403, "InvalidObjectState", "The operation is not valid for the "
                         "object's storage class", StorageClass=entry.storage)
    refused = _precondition(request, entry)
    if refused:
        return refused
    headers = [("ETag", f'"{entry.etag}"'), ("Last-Modified", http_date(entry.modified)),
               ("Accept-Ranges", "bytes"), ("x-amz-request-id", errors.request_id())]
    if bucket.kms:
        headers += [("x-amz-server-side-encryption", "aws:kms"),
                    ("x-amz-server-side-encryption-aws-kms-key-id", bucket.kms)]
    wanted = None if call.ignores_range else _range(request.get("range"), entry.size)
    if wanted is False:
        return errors.s3(416, "InvalidRange", "The requested range is not satisfiable",
                         RangeRequested=request.get("range"),
                         ActualObjectSize=entry.size, Resource=resource)
    body = entry.open()
    if body is None:
        return errors.s3(404, "NoSuchKey", "The specified key does not exist.")
    status = 200
    if wanted:
        status, (first, length) = 206, wanted
        body = body.part(first, length)
        headers.append(("Content-Range", f"bytes {first}-{first + length - 1}/{entry.size}"))
    elif bucket.checksum and (request.get("x-amz-checksum-mode") or "").upper() == "ENABLED":
        told = checksum.header(bucket.checksum, b"".join(body.chunks(1 << 20)))
        headers += [told, ("x-amz-checksum-type", "FULL_OBJECT")] if told else []
    headers.append(("Content-Length", str(body.length)))
    return Response(status, headers, body, "binary/octet-stream")


def wrong_region(bucket, call):
    """What is said to a signature for another region."""
    if bucket.redirect == 301 or call.method == "HEAD":
        answer = errors.s3(
            301, "PermanentRedirect",
            "The bucket you are attempting to access must be addressed using the specified "
            "endpoint. Please send all future requests to this endpoint.",
            Endpoint=f"{call.bucket}.s3.{bucket.region}.amazonaws.com", Bucket=call.bucket,
        )
    else:
        answer = errors.s3(
            400, "AuthorizationHeaderMalformed",
            "The authorization header is malformed; the region is wrong; "
            f"expecting '{bucket.region}'", Region=bucket.region,
        )
    answer.set("x-amz-bucket-region", bucket.region)
    return answer


def answer(buckets, call, identity, repeats_tokens=False):
    operation = call.operation
    if operation == "ListBuckets":
        inner = "".join(f"<Bucket><Name>{n}</Name><CreationDate>2020-01-01T00:00:00.000Z"
                        "</CreationDate></Bucket>" for n in sorted(buckets))
        return Response(200, [], (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<ListAllMyBucketsResult {NAMESPACE}>'
            f"<Buckets>{inner}</Buckets></ListAllMyBucketsResult>").encode(),
            "application/xml")
    bucket = buckets.get(call.bucket)
    if bucket is None:
        return errors.s3(404, "NoSuchBucket", "The specified bucket does not exist",
                         BucketName=call.bucket)
    if operation == "Other":
        return errors.s3(405, "MethodNotAllowed", "This is a stand-in, and only reads")
    if not identity.may(ACTIONS[operation]):
        resource = f"arn:aws:s3:::{call.bucket}"
        if call.key:
            resource += "/" + call.key.decode("latin-1")
        return denied(identity, ACTIONS[operation], resource)
    if bucket.requester_pays and identity.account != bucket.account:
        if call.request.get("x-amz-request-payer") != "requester":
            return denied(identity, ACTIONS[operation], f"arn:aws:s3:::{call.bucket}")
    if operation == "HeadBucket":
        return Response(200, [("x-amz-bucket-region", bucket.region)], b"",
                        "application/xml")
    if operation == "GetBucketLocation":
        place = "" if bucket.region == "us-east-1" else bucket.region
        return Response(200, [], (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint {NAMESPACE}>'
            f"{place}</LocationConstraint>").encode(), "application/xml")
    if operation == "ListObjectsV2":
        return list_objects(bucket, call, repeats_tokens)
    return get_object(bucket, call, identity)
