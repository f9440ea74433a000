"""What costfs completion offers: test_completion.py words COSTFS, of the program and of bash's
script without a terminal; mounts, of what is mounted; bash, zsh or fish, at a prompt in tmux."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

KIND, COSTFS = sys.argv.pop(1), pathlib.Path(sys.argv.pop(1)).resolve()
AWKWARD = "my bucket: 5% & $more"
SHELLS = {
    "bash": "bash --norc --noprofile -i",
    "zsh": "zsh -f -i",
    "fish": "fish --no-config -i",
}
# Of zsh alone the system of completion has to be begun.
BEGIN = {
    "bash": "PS1='ready> '; source <(costfs completion bash); clear",
    "zsh": "PS1='ready> '; autoload -Uz compinit; compinit -u; "
           "source <(costfs completion zsh); clear",
    "fish": "function fish_prompt; echo 'ready> '; end; function fish_right_prompt; end; "
            "set -g fish_greeting; set -g fish_autosuggestion_enabled 0; "
            "costfs completion fish | source; clear",
}


class Case(unittest.TestCase):
    """A folder with an export of three months below an awkward name."""

    @classmethod
    def setUpClass(cls):
        cls.tmp = pathlib.Path(tempfile.mkdtemp(prefix="costfs-completion-"))
        cls.addClassCleanup(shutil.rmtree, cls.tmp)
        cls.environment = {
            "PATH": f"{COSTFS.parent}:{os.environ['PATH']}", "HOME": str(cls.tmp / "home"),
            "LC_ALL": "C.UTF-8", "TERM": "screen", "COSTFS_CACHE": str(cls.tmp / "cache"),
            **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}
        (cls.tmp / "home/.config/costfs").mkdir(parents=True)
        (cls.tmp / "home/.config/costfs/config").write_text(
            "[acme]\nsource = demo:\n[a c:me]\nsource = demo:\n")
        cls.costfs("demo-export", AWKWARD, "--rows", "200", "--months", "3", "--last-month",
                   "2026-02", "--quiet")
        # What is typed is answered within its time also where reading is slow.
        cls.costfs("prefetch", AWKWARD, "--quiet")

    @classmethod
    def costfs(cls, *words):
        return subprocess.run([COSTFS, *words], cwd=cls.tmp, env=cls.environment, check=True,
                              capture_output=True, text=True, timeout=60).stdout


    def offered(self, *words):
        lines = self.costfs("complete", "--", *words).splitlines()
        return [line.split("\t")[0] for line in lines]


class Words(Case):
    def test_commands_are_those_of_the_help(self):
        listed = re.findall(r"^  ([a-z-]+) {2,}\S", self.costfs("help").split("Commands:")[1],
                            re.M)
        self.assertEqual(self.offered(""), listed)
        self.assertIn("completion", listed)
        self.assertEqual(self.offered("mou"), ["mount"])
        self.assertEqual(self.offered("help", "mou"), ["mount"])

    def test_options_are_those_of_the_help_of_each_command(self):
        for command in self.offered(""):
            with self.subTest(command):
                text = self.costfs("help", command).split("Usage:")[1]
                options = re.findall(r"^  (?:-\w,|   ) (--[a-z-]+)", text, re.M)
                self.assertIn("--help", options)
                self.assertEqual(sorted(self.offered(command, "--")), sorted(options))
                self.assertEqual(sorted(self.offered(command, "-")), sorted(options))

    def test_values_that_are_known_are_offered(self):
        for words, want in (
                (["mount", "--metrics", ""], ["on", "off"]),
                (["mount", "--metrics=of"], ["--metrics=off"]),
                (["mount", "--account-names", ""], ["organizations", "none"]),
                (["demo-export", "--format", "focus-1"],
                 ["focus-1.0-csv", "focus-1.0-parquet"]),
                (["policy", "--partition", "aws-c"], ["aws-cn"]),
                (["mount", "-o", "ro,metrics=o"], ["ro,metrics=on", "ro,metrics=off"]),
                (["mount", "-o", "ro,metr"], ["ro,metrics="]),
                (["mount", "--log", "x"], [":files 0"]),
                (["mount", "--log=x"], [":files 6"]),
                (["mount", "--cache", ""], [":directories 0"]),
                (["cache", ""], ["info", "clean"]),
                (["cache", "info", ""], []),
                (["policy", "d"], ["discovery"]),
                (["completion", ""], ["bash", "zsh", "fish"]),
                (["mount", "demo:", "--accounts", ""], []),
                (["mount", "--nonsense", "demo:", ""], [":directories 0"]),
                (["nonsense", ""], [])):
            with self.subTest(words):
                self.assertEqual(self.offered(*words), want)

    def test_sections_of_the_configuration_are_sources(self):
        self.assertEqual(self.offered("ls", "a"), ["aws:", "acme", "a c:me", ":directories 0"])
        other = self.tmp / "other"
        other.write_text("[beta]\nsource = demo:\n")
        self.assertEqual(self.offered("ls", "--config", str(other), "b"),
                         ["beta", ":directories 0"])
        self.assertEqual(self.offered("mount", "--", "demo:", "-"), [":directories 0"])

    def test_months_and_ranges_are_those_of_the_source(self):
        months = ["2025-12", "2026-01", "2026-02"]
        self.assertEqual(sorted(self.offered("prefetch", AWKWARD, "")), months)
        self.assertEqual(self.offered("prefetch", AWKWARD, "2025"), months[:1])
        self.assertEqual(sorted(self.offered("prefetch", AWKWARD, "2025-12..2026")),
                         ["2025-12..2026-01", "2025-12..2026-02"])
        self.assertEqual(self.offered("prefetch", str(self.tmp / "nothing"), ""), [])

    def test_paths_are_those_that_ls_lists(self):
        for directory in ".", "this-month", "months", "this-month/by-tag":
            names = self.costfs("ls", AWKWARD, directory).split("\n")[:-1]
            lead = "" if directory == "." else directory + "/"
            found = self.offered("cat", AWKWARD, lead)
            self.assertEqual([name.rstrip("/") for name in found], [lead + n for n in names])
        self.assertEqual(self.offered("cat", AWKWARD, "accounts.csv", "this-month/by-serv"),
                         ["this-month/by-service.csv"])
        self.assertEqual(self.offered("ls", AWKWARD, "."), [".costfs/"])
        self.assertEqual(self.offered("ls", AWKWARD, "no-month/"), [])

    def bash(self, line, breaks=" \t\n\"'><=;|&(:"):
        """What bash puts in place of what stands behind the last of these unquoted."""
        done = subprocess.run(
            ["bash", "--norc", "--noprofile", "-c",
             "compopt() { :; }; source <(costfs completion bash) || exit; COMP_WORDBREAKS=$2 "
             "COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=(costfs); _costfs; "
             "printf '%s\\n' \"${COMPREPLY[@]}\"", "-", line, breaks],
            cwd=self.tmp, env=self.environment, check=True, capture_output=True, text=True,
            timeout=60)
        self.assertEqual(done.stderr, "")
        return [reply for reply in done.stdout.split("\n") if reply]

    def test_bash_is_given_what_it_puts_in_place_of_the_word(self):
        quoted = "my\\ bucket:\\ 5%\\ \\&\\ \\$more"
        for line, want in (
                ("costfs mou", ["mount"]),
                ("costfs mount --metr", ["--metrics"]),
                ("costfs mount --metrics=", ["on", "off"]),
                ("costfs mount dem", ["demo:"]),
                ("costfs mount demo:", [""]),
                ("costfs ls ac", ["acme"]),
                ("costfs ls a\\ ", ["a\\ c:me"]),
                ("costfs ls a\\ c:", ["me"]),
                ("costfs ls 'a c:", ["a c:me"]),
                ("costfs ls my", [quoted + "/"]),
                ("costfs ls \"my", ["my bucket: 5% & \\$more/"]),
                ("costfs ls 'my", [AWKWARD + "/"]),
                (f"costfs cat {quoted} this-month/by-serv", ["this-month/by-service.csv"]),
                (f"costfs cat '{AWKWARD}' this-month/by-serv", ["this-month/by-service.csv"]),
                (f"costfs prefetch --quiet {quoted} 2025", ["2025-12"]),
                ("costfs mount --log=hom", ["home/"]),
                ("costfs ls ~/.co", ["~/.config/"])):
            with self.subTest(line):
                self.assertEqual(self.bash(line), [reply for reply in want if reply])
        self.assertEqual(self.bash("costfs ls a\\ c:", " \t\n"), ["a\\ c:me"])


class Mounts(Case):
    @classmethod
    def setUpClass(cls):
        if not os.path.exists("/dev/fuse"):
            print("there is no /dev/fuse")
            sys.exit(77)
        super().setUpClass()

    def test_mounts_and_their_months_are_offered(self):
        directory = str(self.tmp / "all costs")
        os.mkdir(directory)
        self.assertNotIn(directory, self.offered("umount", ""))
        self.costfs("mount", AWKWARD, directory, "--cache", "other")
        self.addCleanup(self.costfs, "umount", directory)
        text = pathlib.Path(directory, "months/2026-02/by-service.csv").read_text()
        self.assertEqual(text, self.costfs("cat", AWKWARD, "months/2026-02/by-service.csv"))
        for command in "umount", "status", "refresh", "prefetch", "path":
            self.assertIn(directory, self.offered(command, str(self.tmp)[:-1]))
        self.assertNotIn(directory, self.offered("ls", ""))
        self.assertEqual(sorted(self.offered("prefetch", directory, "2026")),
                         ["2026-01", "2026-02"])
        self.assertEqual(self.offered("prefetch", directory + "/months", "..2025"),
                         ["..2025-12"])


class AtThePrompt(Case):
    @classmethod
    def setUpClass(cls):
        if not all(map(shutil.which, ("tmux", KIND))):
            print(f"there is no tmux, or no {KIND}")
            sys.exit(77)
        super().setUpClass()

    def tmux(self, *words):
        server = ["tmux", "-S", self.tmp / f"tmux{self.number}", "-f", "/dev/null"]
        return subprocess.run([*server, *words], cwd=self.tmp, env=self.environment, check=True,
                              capture_output=True, text=True, timeout=20).stdout

    number = 0 # of the server: one that ends takes no session any more

    def setUp(self):
        AtThePrompt.number += 1
        self.tmux("new-session", "-d", "-x", "160", "-y", "50", SHELLS[KIND])
        self.addCleanup(self.tmux, "kill-server")
        self.type(BEGIN[KIND], "Enter")
        self.until(r"\Aready>\s*\Z")

    def type(self, text, *keys):
        self.tmux("send-keys", "-l", text)
        for key in keys:
            self.tmux("send-keys", key)

    def until(self, pattern):
        end = time.monotonic() + 20
        while not re.search(pattern, screen := self.tmux("capture-pane", "-p").rstrip("\n"),
                            re.MULTILINE):
            self.assertLess(time.monotonic(), end, f"no {pattern!r} in:\n{screen}")
            time.sleep(0.03)

    def clear(self):
        # C-c would be no key while the shell is still at the completion.
        self.tmux("send-keys", "C-u")
        self.until(r"^ready>\s*\Z")
        # A prompt alone may be the one that stood there before.
        self.type("clear; echo cleared", "Enter")
        self.until(r"\Acleared\nready>\s*\Z")

    def test_options_and_their_values_complete(self):
        self.type("costfs mount --metr", "Tab")
        self.until(r"^ready> costfs mount --metrics")
        self.type("of", "Tab")
        self.until(r"^ready> costfs mount --metrics off")
        self.clear()
        self.type("costfs mount --al", "Tab")
        self.until(r"^ready> costfs mount --allow-other")

    def test_sources_with_colons_complete(self):
        self.type("costfs ls dem", "Tab")
        self.until(r"^ready> costfs ls demo(\\)?:")
        if KIND == "fish": # puts no blank behind a colon
            self.type(" ")
        self.type("STA", "Tab")
        self.until(r"^ready> costfs ls demo(\\)?: STATUS\.txt")

    def test_months_and_paths_of_an_awkward_source_complete_and_run(self):
        self.type("costfs cat my", "Tab")
        self.until(r"^ready> costfs cat .*more")
        self.type(" this-m", "Tab")
        self.until(r"this-month/$")
        self.type("by-serv", "Tab")
        self.until(r"this-month/by-service\.csv")
        self.tmux("send-keys", "Enter")
        self.until(r"^service,.*unblended")
        self.clear()
        self.type(f"costfs prefetch '{AWKWARD}' 2025", "Tab")
        self.until(r"more' 2025-12")


if __name__ == "__main__":
    unittest.main(defaultTest={"words": "Words", "mounts": "Mounts"}.get(KIND, "AtThePrompt"))
