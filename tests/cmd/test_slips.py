"""What is mistyped is named, with what was meant: test_slips.py COSTFS."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

COSTFS = pathlib.Path(sys.argv.pop(1)).resolve()
CONFIG = """[acme-prod]
source = demo:

# what is wrong stands in line 7
[slip]
source = demo:
acounts = all
[value]
source = demo:
metrics = onn
[many]
source = demo:
finding.unattached-volumes = 7
"""


class Slips(unittest.TestCase):
    def setUp(self):
        self.tmp = pathlib.Path(tempfile.mkdtemp(prefix="costfs-slips-"))
        self.addCleanup(shutil.rmtree, self.tmp)
        (self.tmp / "config").write_text(CONFIG)

    def says(self, *words, status=2):
        done = subprocess.run(
            [COSTFS, *words], cwd=self.tmp, capture_output=True, text=True, check=False,
            timeout=30, env={**os.environ, "HOME": str(self.tmp), "LC_ALL": "C.UTF-8",
                             "AWS_EC2_METADATA_DISABLED": "true",
                             "COSTFS_CACHE": str(self.tmp / "cache")})
        self.assertEqual((done.returncode, done.stdout), (status, ""), words)
        return done.stderr.splitlines()[0].removeprefix("costfs: ")

    def test_words_of_the_command_line_are_suggested(self):
        for line, want in (
                ("moutn", "no such command: moutn; did you mean mount?"),
                ("help sl", "no such command: sl; did you mean ls?"),
                ("frobnicate", "no such command: frobnicate"),
                ("comple --", "no such command: comple; did you mean completion?"),
                ("mount demo: x --metrisc on",
                 "no such option: --metrisc; did you mean --metrics?"),
                ("mount demo: x --allow=1", "no such option: --allow; did you mean "
                                            "--allow-other?"),
                ("umount x --json", "no such option: --json"),
                ("ls demo: --metrics onn", 'metrics: not understood: "onn"; did you mean on?'),
                ("ls demo: --metrics maybe", 'metrics: not understood: "maybe"'),
                ("ls demo: --account-names organisations", "account-names: not understood: "
                 '"organisations"; did you mean organizations?'),
                ("mount demo: x -o ro,metrcs=on",
                 "-o: no such option: metrcs=on; did you mean metrics?"),
                ("mount demo: x -o allow_othr",
                 "-o: no such option: allow_othr; did you mean allow-other?"),
                ("cache inof", "no such order: inof, only info|clean; did you mean info?"),
                ("policy usr", "no such policy: usr, only bucket|user|discovery; did you mean "
                 "user?"),
                ("completion tcsh", "no such shell: tcsh, only bash|zsh|fish; did you mean "
                 "bash?"),
                ("ls demo: --color alway", "--color: alway is none of auto|always|never; did "
                 "you mean always?"),
                ("umount x --color", "--color needs a value: WHEN"),
                ("demo-export x --layout overwrit", "--layout: overwrit is none of "
                 "overwrite|create-new; did you mean overwrite?")):
            with self.subTest(line):
                self.assertEqual(self.says(*line.split()), want)
        self.assertTrue(self.says("demo-export", "x", "--format", "cur2csv").endswith(
            "; did you mean cur2-csv?"))

    def test_what_can_be_nothing_is_refused_before_anything_is_looked_for(self):
        usage = "an argument is empty: costfs ls [SOURCE [PATH…]]"
        self.assertEqual(self.says("ls", ""), usage)
        self.assertEqual(self.says("ls", "demo:", ""), usage)
        for command in ("umount", "status", "refresh", "name", "prefetch", "exports", "doctor"):
            self.assertRegex(self.says(command, ""), f"^an argument is empty: costfs {command} ")
        self.assertRegex(self.says("mount", "demo:", ""), "^an argument is empty: ")
        self.assertRegex(self.says("path", "demo:", ""), "^an argument is empty: ")
        self.assertRegex(self.says("demo-export", ""), "^an argument is empty: ")
        self.assertEqual(list(self.tmp.iterdir()), [self.tmp / "config"])
        # 4096 with the byte that ends it is all that Linux takes.
        for words in (["ls", "a" * 4096], ["ls", "demo:", "a" * 4096], ["umount", "a" * 100000],
                      ["ls", "demo:", "--cache", "a" * 4096],
                      ["mount", "demo:", "x", "--log=" + "a" * 9000]):
            size = max(len(w) for w in words) - len("--log=") * words[-1].startswith("--log")
            self.assertEqual(self.says(*words), f"too long, {size} bytes: {'a' * 40}...")
        self.assertEqual(self.says("mount", "demo:", "x", "-o", "cache=" + "a" * 50000),
                         "-o: too long, 50006 bytes: cache=" + "a" * 34 + "...")
        # One less is for the system to refuse.
        self.assertRegex(self.says("ls", "a" * 4095, status=1),
                         r"\Aa+…a+: cannot open: File name too long\b")

    def test_bytes_that_are_no_text_come_to_the_screen_as_one_line(self):
        for words, want in (
                (["\x1b[31mls"], "no such command: ?[31mls"),
                (["ls", "demo:", "--\x1b[31m"], "no such option: --?[31m"),
                (["ls", "demo:", "-é"], "no such option: -é"),
                (["ls", "demo:", "-l€"], "no such option: -€"),
                (["prefetch", "demo:", "a\nb"], "no month or range of months: a?b")):
            with self.subTest(words):
                self.assertEqual(self.says(*words), want)
        for command in ("ls", "umount", "name", "exports"):
            done = subprocess.run([COSTFS, command, b"no\xfftext"], cwd=self.tmp, check=False,
                                  capture_output=True, timeout=30, env={
                                      **os.environ, "HOME": str(self.tmp)})
            self.assertEqual((done.returncode, done.stdout), (1, b""))
            self.assertTrue(done.stderr.startswith(b"costfs: no\xfftext: "), done.stderr)

    def test_an_option_before_the_command_is_told_where_to_stand(self):
        for option in ("-l", "--json", "--quiet=1", "--"):
            self.assertEqual(self.says(option, "ls", "demo:"),
                             f"{option}: options stand behind a command")

    def test_a_made_up_export_that_cannot_be_written_is_told_with_its_directory(self):
        (self.tmp / "file").write_text("")
        self.assertRegex(self.says("demo-export", "file", status=1),
                         "^file: write exports/demo/.*: Not a directory$")
        self.assertRegex(self.says("demo-export", "x", "--prefix", "/"),
                         '^demo export: "/" cannot be a prefix$')

    def test_lines_of_the_configuration_are_named(self):
        config = ["--config", str(self.tmp / "config")]
        self.assertEqual(
            self.says("ls", "slip", *config),
            f"{config[1]}:7: [slip]: no such setting: acounts; did you mean accounts?")
        self.assertEqual(
            self.says("ls", "value", *config),
            f'{config[1]}:10: metrics: not understood: "onn"; did you mean on?')
        self.assertEqual(
            self.says("ls", "many", *config),
            f'{config[1]}:13: finding.unattached-volumes: not understood: "7"')

    def test_sections_are_suggested_to_who_names_nothing_that_is_there(self):
        said = self.says("ls", "acme-prodd", "--config", str(self.tmp / "config"), status=1)
        self.assertTrue(said.startswith("there is no such directory and no such section; did "
                                        "you mean acme-prod?; as a bucket: "), said)


if __name__ == "__main__":
    unittest.main()
