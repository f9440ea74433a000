"""More line items than a spreadsheet has rows."""
import gzip
import os
import random

import harness
from deliveries import LEGACY_HEADER, csv_bytes, legacy_delivery, legacy_row

MONTH = "2026-10"
ROWS = 1048575  # and the header
FIRST, SECOND = ROWS + 1000, 300000  # of two services: the second's are in the middle of a part


def rows_of(service, count):
    """All alike but for their cost, as the bytes of an object of two."""
    mark = "987654.321"
    header, row, _ = csv_bytes([legacy_row(MONTH, mark, service=service)],
                               LEGACY_HEADER).split(b"\n")
    before, after = row.split(mark.encode())
    body = b"".join(b"%s%d.%d%s\n" % (before, n % 997, n, after) for n in range(1, count + 1))
    return gzip.compress(header + b"\n" + body, 1)


class Rows(harness.Case):
    """Beside the whole file, byte for byte."""

    def setUp(self):
        super().setUp()
        legacy_delivery(self.tmp / "export", MONTH,
                        [rows_of("AmazonEC2", FIRST), rows_of("AmazonS3", SECOND)])
        self.mnt = self.mount(self.tmp / "export")
        (self.account,) = (p for p in os.listdir(self.mnt / "accounts"))

    def check(self, directory, name, counts):
        parts = self.mnt / directory / f"{name}.d"
        self.assertNotIn(f"{name}.d", os.listdir(self.mnt / directory))
        names = [f"part-{n:04}.csv" for n in range(1, len(counts) + 1)]
        self.assertEqual(sorted(os.listdir(parts)), names)
        sizes = [(parts / part).stat().st_size for part in names]
        whole = self.mnt.read(f"{directory}/{name}.csv")
        header, _, _ = whole.partition(b"\n")
        bytes_of = [(parts / part).read_bytes() for part in names]
        self.assertEqual([len(b) for b in bytes_of], sizes)
        self.assertEqual([b.count(b"\n") - 1 for b in bytes_of], counts)
        for content in bytes_of:
            self.assertEqual(content.partition(b"\n")[0], header)
        rest = [b[len(header) + 1:] for b in bytes_of[1:]]
        self.assertTrue(b"".join([bytes_of[0], *rest]) == whole, "put together")
        # And from anywhere, without what the kernel has.
        random_ = random.Random(7)
        for part, content in zip(names, bytes_of):
            fd = os.open(parts / part, os.O_RDONLY)
            try:
                os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
                for _ in range(200):
                    at, n = random_.randrange(len(content) + 9), random_.randrange(70000)
                    self.assertTrue(os.pread(fd, n, at) == content[at:at + n], (part, at, n))
            finally:
                os.close(fd)

    def test_line_items_come_in_parts_that_a_sheet_takes(self):
        base = f"accounts/{self.account}/{MONTH}"
        self.check(f"{base}/services/AmazonEC2", "costs", [ROWS, FIRST - ROWS])
        self.check(f"{base}/services/AmazonS3", "costs", [SECOND])
        self.check(f"months/{MONTH}", "lines", [ROWS, FIRST - ROWS + SECOND])


if __name__ == "__main__":
    harness.main()
