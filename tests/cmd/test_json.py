"""What --json prints says what the text does: test_json.py COSTFS."""
import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

COSTFS = pathlib.Path(sys.argv.pop(1)).resolve()


class Json(unittest.TestCase):
    def setUp(self):
        self.tmp = pathlib.Path(tempfile.mkdtemp(prefix="costfs-json-"))
        self.addCleanup(shutil.rmtree, self.tmp)
        self.cache = self.tmp / 'a "cache"'

    def run_costfs(self, *words, status=0):
        done = subprocess.run(
            [COSTFS, *words], cwd=self.tmp, capture_output=True, text=True, check=False,
            timeout=60, env={**os.environ, "HOME": str(self.tmp), "LC_ALL": "C.UTF-8",
                             "COSTFS_CACHE": str(self.cache)})
        self.assertEqual(done.returncode, status, done)
        return done.stdout

    def json(self, *words):
        return json.loads(self.run_costfs(*words, "--json"))

    def test_version(self):
        self.assertEqual("costfs " + self.json("version")["version"] + "\n",
                         self.run_costfs("version"))

    def test_listings(self):
        for words in (["demo:"], ["demo:", "."], ["demo:", "-a"], ["demo:", "months/"],
                      ["demo:", "accounts"], ["demo:", "this-month/services"]):
            with self.subTest(words):
                lines = self.run_costfs("ls", "-l", *words).splitlines()
                found = self.json("ls", *words)
                self.assertEqual([one["name"] for one in found],
                                 self.run_costfs("ls", *words).splitlines())
                for line, one in zip(lines, found, strict=True):
                    mode, size, time, name, *target = line.split(maxsplit=4)
                    self.assertEqual((one["name"], one["mtime"]), (name, time))
                    self.assertEqual(one["kind"], {"d": "directory", "l": "link",
                                                   "-": "file"}[mode[0]])
                    self.assertEqual(one["size"], int(size) if mode[0] == "-" else None)
                    self.assertEqual(one["target"],
                                     target[0].removeprefix("-> ") if target else None)
        # What was printed can be asked for.
        paths = [one["path"] for one in self.json("ls", "demo:", "months/", "months//2026-11/")]
        self.assertEqual(paths[:3], ["months/2026-09", "months/2026-10", "months/2026-11"])
        self.assertIn("months//2026-11/services", paths)
        self.assertGreater(len(self.json("ls", "demo:", *paths)), len(paths))
        self.assertEqual(sorted(one["id"] for one in self.json("ls", "demo:", "accounts")),
                         sorted(one["account_id"] for one in self.rows("accounts.csv")))
        self.assertEqual(self.json("ls", "demo:", "this-month/total.csv"), [
            {"path": "this-month/total.csv", "name": "total.csv", "kind": "file",
             "size": len(self.run_costfs("cat", "demo:", "this-month/total.csv").encode()),
             "mtime": "2026-11-24T03:58:05Z", "id": None, "target": None}])

    def test_a_listing_that_lacks_a_path_is_json_all_the_same(self):
        found = json.loads(self.run_costfs("ls", "--json", "demo:", "nothing", "README.txt",
                                           status=1))
        self.assertEqual([one["path"] for one in found], ["README.txt"])
        self.assertEqual(self.run_costfs("ls", "--json", "demo:", "nothing", status=1), "[]\n")

    def rows(self, name):
        return list(csv.DictReader(self.run_costfs("cat", "demo:", name).splitlines()))

    def test_paths_and_the_cache(self):
        self.run_costfs("demo-export", "export", "--rows", "500", "--months", "2", "--quiet")
        self.run_costfs("prefetch", "export", "--quiet")
        found = self.json("path", "export", "AmazonEC2")
        self.assertGreater(len(found), 0)
        self.assertEqual("".join(path + "\n" for path in found),
                         self.run_costfs("path", "export", "AmazonEC2"))
        self.assertEqual(self.run_costfs("path", "export", "nothing", "--json", status=1), "")

        usage = self.json("cache", "info", "--cache-limit", "5G")
        self.assertEqual(usage["directory"], str(self.cache))
        self.assertEqual(usage["limit_bytes"], 5 << 30)
        self.assertEqual([usage[k] for k in ("months", "months_in_use", "months_with_rows",
                                             "tables", "listings")], [2, 0, 2, 0, 0])
        files = [f.stat() for f in self.cache.glob("v1/*") if f.suffix in (".cube", ".data")]
        self.assertEqual(len(files), 4)
        self.assertGreaterEqual(usage["bytes"], sum(s.st_size for s in files) // 2)
        self.assertLessEqual(usage["bytes"], 2 * sum(s.st_blocks * 512 for s in files))
        usage = self.json("cache", "clean")
        self.assertEqual((usage["months"], usage["limit_bytes"] > 0), (0, True))


if __name__ == "__main__":
    unittest.main()
