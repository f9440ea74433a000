"""Help, manual pages, completion and what is accepted agree: test_reference.py COSTFS PAGES, the
folder of the pages as they are installed."""
import json
import os
import pathlib
import pty
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

COSTFS, PAGES = (pathlib.Path(sys.argv.pop(1)).resolve() for _ in range(2))
# What mandoc says of every page of scdoc.
OF_SCDOC = r"paragraph macro|PP after SH|longer than 80 bytes|lower case character"


def page(name):
    """Its lines as text, and what is bold as **this**."""
    lines = (PAGES / name).read_text().splitlines()
    text = "\n".join(line for line in lines if not line.startswith((".", "'")) or
                     line.startswith(".SH"))
    text = re.sub(r"\\fB(.*?)\\fR", r"**\1**", text)
    return re.sub(r"\\f[RI]|\\&", "", text).replace("\\-", "-").replace("\\(ti", "~")


def section(text, title):
    return re.split(r"^\.SH (.*)$", text, flags=re.M)[
        1 + re.findall(r"^\.SH (.*)$", text, re.M).index(title) * 2 + 1]


class Reference(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = pathlib.Path(tempfile.mkdtemp(prefix="costfs-reference-"))
        cls.addClassCleanup(shutil.rmtree, cls.tmp)
        cls.environment = {**os.environ, "HOME": str(cls.tmp), "LC_ALL": "C.UTF-8",
                           "COSTFS_CACHE": str(cls.tmp / "cache"), "XDG_CONFIG_HOME": ""}
        text = cls.output("help").split("Commands:")[1]
        cls.commands = re.findall(r"^  ([a-z-]+) {2,}\S", text, re.M)
        cls.options = {c: cls.options_of(c) for c in cls.commands}

    @classmethod
    def run_costfs(cls, *words):
        return subprocess.run([COSTFS, *words], cwd=cls.tmp, env=cls.environment, check=False,
                              capture_output=True, text=True, timeout=60)

    @classmethod
    def output(cls, *words):
        done = cls.run_costfs(*words)
        assert done.returncode == 0, done
        return done.stdout

    @classmethod
    def options_of(cls, command):
        """Those of its help, each with whether it has a value."""
        text = cls.output("help", command).split("Usage:")[1]
        found = re.findall(r"^  (?:-(\w),|   ) --([a-z-]+)( \S)?", text, re.M)
        return {name: bool(value.strip()) for _, name, value in found}

    def test_options_of_the_help_are_accepted_and_no_others(self):
        every = set().union(*self.options.values())
        self.assertIn("--refresh", {"--" + name for name in every})
        for command, options in self.options.items():
            words = [f"--{name}=1" if value else "--" + name
                     for name, value in options.items()]
            self.assertEqual(self.output(command, *words), self.output("help", command))
        of_all = set.intersection(*map(set, self.options.values()))
        self.assertEqual(of_all, {"color", "help"})
        for at, name in enumerate(sorted(every - of_all)):
            others = [c for c, options in self.options.items() if name not in options]
            done = self.run_costfs(others[at % len(others)], "--" + name, "--help")
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn("no such option: --" + name, done.stderr)

    def test_each_command_has_a_page_with_its_options(self):
        found = {p.name for p in PAGES.glob("costfs-*.1")}
        self.assertEqual(found, {f"costfs-{c}.1" for c in self.commands})
        for command, options in self.options.items():
            text = section(page(f"costfs-{command}.1"), "OPTIONS")
            named = re.findall(r"^(?:\*\*-\w\*\*, )?\*\*--([a-z-]+)\*\*( \S)?", text, re.M)
            self.assertEqual({name: bool(value) for name, value in named}, options)
        self.assertEqual(re.findall(r"\*\*costfs-([a-z-]+)\*\*\(1\)",
                                    section(page("costfs.1"), "COMMANDS")), self.commands)

    def test_help_fits_80_columns_and_groups_what_belongs_together(self):
        for words in [[], *([command] for command in self.commands)]:
            text = self.output("help", *words)
            self.assertEqual([line for line in text.splitlines() if len(line) > 80], [])
            self.assertNotIn("\x1b", text)
        text = self.output("help", "mount")
        self.assertEqual(re.findall(r"^(\w.*):$", text, re.M), [
            "Examples", "Options", "Options of the source", "Options of the cache",
            "Options of resources", "Further options"])
        self.assertRegex(text, r"(?s)of the cache:.*--cache-limit.*of resources:.*--metrics")
        # A group of one is none: --accounts is the only option of the source.
        self.assertEqual(re.findall(r"^(\w.*):$", self.output("help", "demo-export"), re.M),
                         ["Examples", "Options", "Further options"])

    def test_help_is_bold_on_a_terminal_that_can_and_may(self):
        for more, is_bold in (({}, True), ({"NO_COLOR": "1"}, False),
                              ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)):
            ours, theirs = pty.openpty()
            environment = {**self.environment, "TERM": "xterm", **more}
            if "NO_COLOR" not in more:
                environment.pop("NO_COLOR", None)
            subprocess.run([COSTFS, "help", "umount"], env=environment, stdout=theirs,
                           check=True, timeout=60)
            os.close(theirs)
            text = os.read(ours, 4096)
            os.close(ours)
            self.assertEqual(b"\x1b[1mExamples:\x1b[0m" in text, is_bold, more)
            self.assertEqual(b"\x1b" in text, is_bold, more)

    def test_completion_offers_these_options(self):
        for command, options in self.options.items():
            offered = self.output("complete", "--", command, "--").splitlines()
            self.assertEqual(sorted(line.split("\t")[0] for line in offered),
                             sorted("--" + name for name in options))

    def test_options_and_pages_that_the_pages_name_are_there(self):
        for path in PAGES.glob("*.[158]"):
            text = page(path.name)
            for name in re.findall(r"\*\*(costfs[a-z.-]*|mount\.costfs)\*\*\((\d)\)", text):
                self.assertTrue((PAGES / ".".join(name)).exists(), f"{path.name}: {name}")
            every = set().union(*self.options.values())
            for name in re.findall(r"\*\*--([a-z-]+)", text):
                self.assertIn(name, every, path.name)

    def test_examples_of_the_table_are_understood(self):
        count = 0
        for command in self.commands:
            text = self.output("help", command).split("Examples:\n")[1].split("\nUsage:")[0]
            for line in text.splitlines():
                # What it is for stands behind blanks.
                words = shlex.split(re.split(r" {2,}|\|", line.strip())[0])
                if words[0] != "costfs":
                    continue
                done = self.run_costfs(*[w for w in words[1:] if w != ">"], "--help")
                self.assertEqual((done.returncode, done.stderr), (0, ""), line)
                count += 1
        self.assertGreater(count, 20)

    def test_settings_of_the_page_are_those_that_are_known(self):
        config = self.tmp / "config"
        config.write_text("[acme]\nsource = demo:\nnonsense = 1\n")
        said = self.run_costfs("ls", "--config", str(config), "acme").stderr
        known = re.search(r"known are: (.*)", said)[1].split(", ")
        named = re.findall(r"\*\*([a-z][a-zA-Z.-]+)\*\*(?=,|$)",
                           section(page("costfs.conf.5"), "SETTINGS"), re.M)
        self.assertEqual(sorted(set(named) - {"on", "off", "none", "organizations", "all"}),
                         sorted(known))
        for line in self.output("complete", "--", "mount", "-o", "").splitlines():
            self.assertIn(line.split("\t")[0].rstrip("="), named)

    def test_thresholds_of_the_page_are_known(self):
        names = []
        for line in re.findall(r"^\*\*finding\.[a-z].*$", page("costfs.conf.5"), re.M):
            first, *more = re.findall(r"\*\*(.*?)\*\*", line)
            names += [first, *(first + m for m in more)]
        values = {"get-requests": "5", "tier1-requests": "5", "transfer": "5M", "cpu": "5%",
                  "network": "5", "insecure-security-groups": "22"}
        config = self.tmp / "thresholds"
        config.write_text("[acme]\nsource = demo:\n" + "".join(
            f"{name} = {values.get(name.split('.')[-1], '5d')}\n" for name in names))
        self.output("ls", "--config", str(config), "acme")
        self.assertEqual(len(names), 16)

    def test_files_and_columns_of_the_tree_are_in_the_page_of_the_layout(self):
        text = page("costfs-layout.5")
        bold = set(re.findall(r"\*\*(.*?)\*\*", text))
        self.output("prefetch", "--quiet", "demo:", "2026-11")
        names = {"accounts.csv", "services.csv", "months.csv"}
        names |= {"this-month/" + name for name in self.output(
            "ls", "demo:", "this-month").split() if name.endswith(".csv")}
        self.assertGreater(len(names), 20)
        for name in names:
            self.assertTrue({name, name.split("/")[-1]} & bold, name)
            header = self.output("cat", "demo:", name).split("\n")[0].split(",")
            if name.endswith("lines.csv"):
                header = header[:19] # the others are the export's
            self.assertEqual(set(header) - bold, set(), name)

    def test_members_of_json_are_in_the_pages(self):
        for words, page_name in (
                ("ls demo:", "ls"), ("exports demo:", "exports"), ("doctor demo:", "doctor"),
                ("cache info", "cache"), ("version", "version"),
                ("cat demo: .costfs/status.json", "status")):
            more = [] if page_name == "status" else ["--json"]
            found = json.loads(self.output(*words.split(), *more))
            told = section(page(f"costfs-{page_name}.1"), "JSON").split("an array with an object "
                                                                        "for each mount")[0]
            objects = found if isinstance(found, list) else [found]
            named = re.findall(r"\*\*([a-z_]+)\*\*", "\n".join(
                line for line in told.splitlines() if line.startswith("**")))
            if page_name == "status":
                named.remove("sandbox")  # of a mount alone
            for one in objects:
                self.assertEqual(sorted(one), sorted(named), words)
                for members in (m for m in one.values() if isinstance(m, list)):
                    for name in (name for member in members for name in member):
                        self.assertRegex(told, rf"(?s)\b{name}\b", words)

    def test_mandoc_finds_nothing_wrong_with_the_pages(self):
        if not shutil.which("mandoc"):
            self.skipTest("there is no mandoc")
        pages = sorted(PAGES.glob("*.[158]"))
        done = subprocess.run(["mandoc", "-T", "lint", *pages], capture_output=True, text=True,
                              check=False, timeout=60)
        self.assertEqual([line for line in done.stdout.splitlines()
                          if not re.search(OF_SCDOC, line)], [])
        shown = subprocess.run(["mandoc", "-T", "utf8", PAGES / "costfs-mount.1"], text=True,
                               capture_output=True, check=True, timeout=60).stdout
        self.assertIn("allow_other, ro, …", re.sub(r".\x08|\n +", " ", shown).replace("  ", " "))


if __name__ == "__main__":
    unittest.main()
