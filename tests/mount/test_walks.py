"""What walks through a mount cost in requests of the kernel, and who answers them."""
import os
import pathlib
import re
import time

import harness
from deliveries import legacy_delivery, legacy_row

MONTH = "2026-10"
RESOURCES = 1000


class Walks(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.shared = harness.scratch(cls)
        rows = [legacy_row(MONTH, resource=f"i-{n:017x}") for n in range(RESOURCES)]
        legacy_delivery(cls.shared / "export", MONTH, [rows])
        cls.mnt = harness.Mount(cls.shared / "export", cls.shared / "mnt", cls.shared / "cache")
        cls.addClassCleanup(cls.mnt.close)
        os.stat(cls.mnt / f"accounts/111122223333/{MONTH}/services/AmazonEC2/resources")

    def requests(self):
        time.sleep(1.1)  # for so long the kernel keeps them
        text = self.mnt.text(".costfs/metrics.prom")
        found = dict(re.findall(
            r'^costfs_fuse_requests_total\{operation="(\w+)"\} (\d+)$', text, re.M))
        return {name: int(count) for name, count in found.items()}

    def resources(self):
        return self.mnt / f"accounts/111122223333/{MONTH}/services/AmazonEC2/resources"

    def test_a_directory_of_a_thousand_names_takes_three_requests_and_then_one(self):
        def walk():
            with os.scandir(self.resources()) as entries:
                self.assertEqual(sum(e.stat().st_nlink > 0 for e in entries), RESOURCES + 1)

        counts = [self.requests()]
        for _ in range(2):
            walk()
            counts.append(self.requests())
        first, again = ({name: after[name] - before[name] for name in after}
                        for before, after in zip(counts, counts[1:]))
        self.assertEqual((first["opendir"], first["readdir"]), (1, 2))
        self.assertEqual((again["opendir"], again["readdir"]), (1, 0))
        # The path, and metrics.prom.
        self.assertLess(first["lookup"] + first["getattr"], 10)

    def test_small_answers_come_from_one_thread(self):
        """Where four take turns each answer wakes another one."""
        def switches():
            return {
                task.name: int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)",
                                         (task / "status").read_text(), re.M)[1])
                for task in pathlib.Path(f"/proc/{self.mnt.pid}/task").iterdir()
            }

        before = switches()
        for n in range(400):
            self.assertFalse(os.path.exists(self.mnt / f"months/none-{n}"))
        after = switches()
        slept = sorted(after[task] - before.get(task, 0) for task in after)
        self.assertLess(sum(slept[:-1]), 100)


if __name__ == "__main__":
    harness.main()
