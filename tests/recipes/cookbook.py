"""The answers of docs/cookbook.md, against sums of the rows that AWS would deliver.

cookbook.py check COSTFS FILE     runs each recipe in a mount of demo:, compares what it prints
                                  with what stands below it, and with what Python works out from
                                  the rows of the same export, written by costfs demo-export
cookbook.py rewrite COSTFS FILE   puts what they print into the file instead
cookbook.py readme COSTFS         runs the ten commands of README.txt in a mount of demo:
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

import answers
import documents

TOOLS = ("mlr", "duckdb")
DEMO_ROWS = "60000"  # of demo:
SECTION = re.compile(r"^## (\d+)\. .*?(?=^##? |\Z)", re.MULTILINE | re.DOTALL)
RECIPE = re.compile(r"^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)


class Shell(documents.Session):
    """The session of a mount: like a terminal that is left open."""

    def run(self, command):
        out = super().run(command)
        if "LC_ALL=" in command:
            self.environment["LC_ALL"] = "C.UTF-8"
        return out


def missing(script):
    return [t for t in TOOLS if re.search(rf"\b{t}\b", script) and not shutil.which(t)]


def run_all(shell, text):
    """{number: [(recipe, what should be printed or None, what is)]}; None: a tool is missing."""
    found = {}
    for section in SECTION.finditer(text):
        done = []
        for script, want in RECIPE.findall(section[0]):
            lack = missing(script)
            done.append((script, want, None if lack else shell.run(script)))
            if lack:
                print(f"{section[1]}: not installed: {lack}")
        found[int(section[1])] = done
    return found


def compare(number, recipes, facts):
    """What is wrong with the answers to a question."""
    problems = [f"{number}:\n{script}got:\n{got}want:\n{want}"
                for script, want, got in recipes if got is not None and got != want]
    printed = [got for _, want, got in recipes if want or got]
    if None not in printed and number:
        try:
            answers.CHECKS[number](facts, *printed)
        except AssertionError as why:
            problems.append(f"{number}: {why}")
    return problems


def restated(shell, recipes, facts):
    """The recipe for restated months again, on a copy with a service more and one that differs."""
    kept = pathlib.Path(shell.home) / "kept/2026-10.csv"
    kept.chmod(0o600)
    text = kept.read_text(encoding="utf-8")
    kept.write_text(re.sub(r"^AmazonS3,[^,]*", "AmazonS3,1.23", text, flags=re.MULTILINE)
                    + "Gone,4.56\n", encoding="utf-8")
    answers.check_restated(facts, shell.run(recipes[-1][0]))


def export_demo(costfs, folder):
    subprocess.run([costfs, "demo-export", folder, "--rows", DEMO_ROWS, "-q"], check=True,
                   stdin=subprocess.DEVNULL, timeout=60, stdout=subprocess.DEVNULL)
    return answers.Facts(folder)


def check(costfs, name):
    if not os.path.exists("/dev/fuse"):
        print("there is no /dev/fuse")
        return 77
    shell = Shell(costfs, pathlib.Path(name).resolve().parent)
    problems = []
    try:
        facts = export_demo(costfs, shell.home + "/export")
        found = run_all(shell, documents.read(name))
        for number, recipes in found.items():
            problems += compare(number, recipes, facts)
        restated(shell, found[30], facts)
    finally:
        shell.close()
    print(*problems, sep="\n")
    print(f"{sum(map(len, found.values()))} recipes, {len(problems)} problems")
    return bool(problems) or sorted(found) != [0, *sorted(answers.CHECKS)]


def rewrite(costfs, name):
    shell = Shell(costfs, pathlib.Path(name).resolve().parent)
    text = documents.read(name)
    try:
        for recipes in run_all(shell, text).values():
            for script, want, got in recipes:
                text = text.replace(f"```sh\n{script}```\n\n```text\n{want}```",
                                    f"```sh\n{script}```\n\n```text\n{got}```")
    finally:
        shell.close()
    pathlib.Path(name).write_text(text, encoding="utf-8")
    return 0


def readme(costfs):
    """README.txt fits on a screen of 48 lines, and each of its commands prints what is there."""
    if not os.path.exists("/dev/fuse"):
        print("there is no /dev/fuse")
        return 77
    shell = Shell(costfs, "/")
    problems = []
    try:
        print(end=shell.run("mkdir ~/costs && costfs mount demo: ~/costs && cd ~/costs"))
        text = shell.run("cat README.txt")
        commands = re.findall("^  (.*)$", re.search("^Try$(.*?)^\\S", text, re.M | re.S)[1], re.M)
        if len(commands) != 10 or text.count("\n") > 48 or max(map(len, text.split("\n"))) > 80:
            problems.append("not ten commands, or not one screen")
        for command in commands:
            said = shell.run(f"set -o pipefail\n{command}\necho $?")
            *lines, status = said.splitlines()
            if len(lines) < 1 or status != ("1" if command.startswith("diff") else "0"):
                problems.append(f"$ {command}\n{said}")
    finally:
        shell.close()
    print(*problems, sep="\n")
    return bool(problems)


if __name__ == "__main__":
    sys.exit({"check": check, "rewrite": rewrite, "readme": readme}[sys.argv[1]](
        os.path.abspath(sys.argv[2]), *sys.argv[3:]))
