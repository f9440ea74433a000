"""A delivery that is replaced while it is fetched: the reader gets the new one, whole."""
import errno
import os
import threading

import strict  # noqa: F401 - sets the path of the next ones
import harness
from deliveries import legacy_delivery, legacy_row
from server import Bucket

MONTH = "2026-10"
LINES = f"months/{MONTH}/lines.csv"
OLD, NEW = "1.5", "2.25"
BIG = 20 << 20  # of an object that is fetched in several parts


def rows(count, cost):
    return [legacy_row(MONTH, cost, day=i % 28 + 1, resource=f"i-{i:08x}")
            for i in range(count)]


class Replaced(strict.Case):
    def setUp(self):
        super().setUp()
        self.export = self.tmp / "export"
        self.server = self.serve({"costs": Bucket(self.export)})

    def deliver(self, cost, chunks=(400, 300, 200), number=1, **more):
        return legacy_delivery(self.export, MONTH, [rows(n, cost) for n in chunks],
                               assembly=f"202611{number:02}T010203Z", **more)

    def replace_at(self, fits, act):
        """act() before the first request that fits is answered; others wait for it."""
        lock, done = threading.Lock(), []

        def hook(record):
            with lock:
                if not done and fits(record):
                    act()
                    done.append(record)

        self.server.on_request = hook
        return done

    def assert_new(self, text, chunks):
        found = harness.read_table(text)
        self.assertEqual({r["unblended_cost"] for r in found}, {NEW})
        self.assertEqual(len(found), sum(chunks))

    def check(self, fits, old=(400, 300, 200), new=(350, 250, 150), **more):
        self.deliver(OLD, old, **more)
        done = self.replace_at(fits, lambda: self.deliver(NEW, new, number=2, **more))
        m = self.mount("s3://costs", threads="1", cache=self.export.with_suffix(".cache"))
        self.assert_new(m.read(LINES), new)
        self.assertEqual(len(done), 1)
        self.assertEqual(m.month(MONTH)["state"], "ready")
        m.close()

    def mount(self, source, name="mnt", threads=None, **more):
        options = ("--threads", threads) if threads else ()
        return super().mount(source, name, *options, **more)

    def test_when_the_first_object_is_asked_for(self):
        self.check(strict.is_data)

    def test_when_some_objects_have_come(self):
        for number in (2, 3):
            with self.subTest(number):
                self.export = self.tmp / f"export-{number}"
                self.server.buckets["costs"] = Bucket(self.export)
                self.check(lambda r, n=number: strict.is_data(r)
                           and f"-{n:05}" in r["key"])

    def test_when_the_manifest_is_asked_for(self):
        self.check(lambda r: (r["key"] or "").endswith("Manifest.json"))

    def test_when_there_are_fewer_objects_then_and_more(self):
        for new in ((500,), (100, 200, 300, 400, 500)):
            with self.subTest(new):
                self.export = self.tmp / f"export-{len(new)}"
                self.server.buckets["costs"] = Bucket(self.export)

                def act(new=new):
                    for path in self.export.rglob("*.gz"):
                        path.unlink()
                    self.deliver(NEW, new, number=2)

                self.deliver(OLD)
                done = self.replace_at(strict.is_data, act)
                m = self.mount("s3://costs", f"mnt-{len(new)}",
                               cache=self.export.with_suffix(".cache"))
                self.assert_new(m.read(LINES), new)
                self.assertEqual(len(done), 1)

    def test_between_two_parts_of_an_object(self):
        # Some 180 bytes a row.
        old, new = (130000, 100), (128000, 90)
        folder = self.deliver(OLD, old, compression="plain")
        self.assertGreater(max(os.path.getsize(p) for p in folder.glob("*.csv")), BIG)
        ranged = []

        def is_later_part(record):
            if strict.is_data(record) and record["range"]:
                ranged.append(record["range"])
            return len(ranged) == 3

        done = self.replace_at(
            is_later_part,
            lambda: self.deliver(NEW, new, number=2, compression="plain"),
        )
        m = self.mount("s3://costs")
        self.assert_new(m.read(LINES), new)
        self.assertEqual(len(done), 1)

    def test_again_and_again_ends_when_it_rests(self):
        self.deliver(OLD)
        count = iter(range(2, 5))  # as often as it is tried again
        lock = threading.Lock()  # several files are asked for at once

        def hook(record):
            with lock:
                number = next(count, None) if strict.is_data(record) else None
                if number:
                    self.deliver(NEW if number == 4 else f"{number}.5", (number * 100,),
                                 number=number)

        self.server.on_request = hook
        m = self.mount("s3://costs", threads="1")
        # The last but one may have come whole before the last one was there.
        found = harness.read_table(m.read(LINES))
        costs = {r["unblended_cost"] for r in found}
        self.assertIn((costs, len(found)), [({"3.50"}, 300), ({NEW}, 400)])
        m.refresh()
        self.assert_new(m.read(LINES), (400,))

    def age(self, hours):
        for path in self.export.rglob("*"):
            then = path.stat().st_mtime - hours * 3600
            os.utime(path, (then, then))

    def deliver_half(self):
        """The first file is the new one, the others and the manifest are hours old."""
        folder = self.deliver(OLD)
        self.age(8)
        old = {p.name: (p.read_bytes(), p.stat()) for p in folder.iterdir()}
        self.deliver(NEW, number=2)
        for name, (content, stat) in old.items():
            if "-00001" not in name:
                (folder / name).write_bytes(content)
                os.utime(folder / name, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    def test_half_of_a_delivery_is_said_and_not_shown(self):
        self.deliver_half()
        m = self.mount("s3://costs")
        with self.assertRaises(OSError) as seen:
            m.read(LINES)
        self.assertEqual(seen.exception.errno, errno.EBUSY)
        self.assertIn("the month is being delivered anew", m.text("STATUS.txt"))
        self.deliver(NEW, number=2)
        m.refresh()
        self.assert_new(m.read(LINES), (400, 300, 200))
        self.assertEqual(m.text(".costfs/errors.log"), "")

    def test_half_of_a_delivery_leaves_the_one_before(self):
        self.deliver(OLD)
        m = self.mount("s3://costs")
        self.assertEqual(len(harness.read_table(m.read(LINES))), 900)
        m.close()
        # The same objects as before, to S3: by content, not by time.
        self.deliver_half()
        m = self.mount("s3://costs", "again")
        self.assertEqual({r["unblended_cost"] for r in harness.read_table(m.read(LINES))},
                         {"1.50"})

    def test_a_refresh_in_the_middle_of_it_shows_the_old_one_and_then_the_new(self):
        self.deliver(OLD)
        m = self.mount("s3://costs")
        self.assertEqual(len(harness.read_table(m.read(LINES))), 900)
        self.deliver("7.5", number=2)
        done = self.replace_at(strict.is_data,
                               lambda: self.deliver(NEW, (300,), number=3))
        m.refresh()
        harness.wait_until(
            lambda: len(harness.read_table(m.read(LINES))) in (300,) or None, 20,
            "the new delivery",
        )
        self.assert_new(m.read(LINES), (300,))
        self.assertEqual(len(done), 1)


if __name__ == "__main__":
    harness.main()
