"""What is printed arrives, or the exit status says that it did not: test_standard.py COSTFS."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

COSTFS = pathlib.Path(sys.argv.pop(1)).resolve()
# Every command that prints and needs no mount.
PRINTS = [
    "help", "mount --help", "version", "ls -l export this-month/services",
    "cat export this-month/lines.csv", "cat export README.txt", "path export AmazonEC2",
    "exports export", "doctor export", "doctor --json export", "policy discovery", "cache info",
    "cache clean", "completion bash", "complete -- mount --", "prefetch export",
    "demo-export again --rows 300 --months 1",
]


class Standard(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = pathlib.Path(tempfile.mkdtemp(prefix="costfs-standard-"))
        cls.addClassCleanup(shutil.rmtree, cls.tmp)
        cls.environment = {
            **os.environ, "HOME": str(cls.tmp), "LC_ALL": "C.UTF-8", "XDG_CONFIG_HOME": "",
            "AWS_EC2_METADATA_DISABLED": "true", "COSTFS_CACHE": str(cls.tmp / "cache")}
        for words in ("demo-export export --rows 3000 --months 2 --quiet", "prefetch export"):
            done = cls.run_shell('"$@"', words)
            assert done.returncode == 0, done

    @classmethod
    def run_shell(cls, line, words, **more):
        """words are costfs' own; the line has them as "$@"."""
        return subprocess.run(
            ["bash", "-c", line, "-", COSTFS, *words.split()], cwd=cls.tmp, env=cls.environment,
            check=False, timeout=60, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            **more)

    def assert_told(self, line, said):
        for words in PRINTS:
            with self.subTest(words):
                done = self.run_shell(line, words)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertRegex(
                    done.stderr, r"\Acostfs: standard output: "
                    rf"({said}|not all of it could be written)\n\Z")

    def test_a_full_disk_is_told_by_every_command_that_prints(self):
        self.assert_told('"$@" > /dev/full', "No space left on device")

    def test_output_that_is_closed_is_told_by_every_command_that_prints(self):
        self.assert_told('"$@" >&-', "Bad file descriptor")

    def test_nothing_that_is_opened_gets_the_number_of_what_is_closed(self):
        cache = self.tmp / "of its own"
        for line in ('"$@" >&- 2>&-', '"$@" <&- >&- 2>&-'):
            with self.subTest(line):
                self.assertEqual(self.run_shell(
                    f"COSTFS_CACHE='{cache}' {line}", "prefetch export").returncode, 1)
                usual = self.run_shell('"$@"', "cat export this-month/total.csv",
                                       stdout=subprocess.PIPE).stdout
                ours = self.run_shell(
                    f"COSTFS_CACHE='{cache}' \"$@\"", "cat export this-month/total.csv",
                    stdout=subprocess.PIPE)
                self.assertEqual((ours.stdout, ours.stderr), (usual, ""))
        # What prints nothing has lost nothing.
        self.assertEqual(self.run_shell('"$@" <&- >&-', "prefetch -q export").returncode, 0)

    def test_a_reader_who_has_enough_ends_the_command_without_a_word(self):
        for words in PRINTS:
            for before in ("", "trap '' PIPE; "):
                with self.subTest(before + words):
                    # The reader has gone before anything is written.
                    done = self.run_shell(
                        before + '{ sleep 0.05; "$@"; echo $? >&2; } | exec true', words)
                    said, status = done.stderr.rpartition("\n")[0], done.stderr.split()[-1]
                    self.assertEqual(done.stderr, status + "\n", said)
                    self.assertEqual(status, "1" if before else "141")


if __name__ == "__main__":
    unittest.main()
