"""What documents show is what the programs do.

console COSTFS FILE... runs the "$ " lines of ```console blocks in the file's directory,
                       and compares what they print; of a page (*.scd), of all blocks
                       that begin with one
rewrite COSTFS FILE    puts what they print into the file instead
recipes FILE FOLDER    every recipe of the folder stands in the file as it is
links ROOT             every link of a document to another, or into one, leads there, and
                       docs/README.md has all of docs/
help COSTFS FILE...    every command that costfs help lists is named in the first file, and
                       every "costfs COMMAND --option" in any is known to costfs help
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


def read(name):
    return pathlib.Path(name).read_text(encoding="utf-8")


def blocks(text, kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def shown(path):
    """The blocks that show commands. scdoc knows no kinds."""
    if path.suffix != ".scd":
        return blocks(read(path), "console")
    return [block for block in blocks(read(path), "") if block.startswith("$ ")]


def steps(block):
    """Pairs of a command and what it should print; a trailing backslash goes on."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, output = [], part.splitlines(keepends=True)
        while output:
            command.append(output.pop(0))
            if not command[-1].endswith("\\\n"):
                break
        yield "".join(command).strip(), "".join(output)


class Session:
    """Commands one after another, with a home of their own."""

    def __init__(self, costfs, directory):
        self.directory = directory
        self.home = tempfile.mkdtemp(prefix="costfs-console-")
        folder = os.path.dirname(os.path.abspath(costfs))
        self.environment = {**os.environ, "HOME": self.home, "LC_ALL": "C.UTF-8",
                            "PWD": str(directory), "COSTFS_CACHE": self.home + "/cache",
                            "PATH": folder + ":" + os.environ["PATH"]}

    def run(self, command):
        """What it prints, errors among it. cd lasts."""
        after = f"\nstatus=$?; pwd > '{self.home}/pwd'; exit $status"
        done = subprocess.run(["bash", "-c", command + after], cwd=self.directory,
                              env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=60, check=False)
        self.directory = read(self.home + "/pwd").strip()
        return done.stdout.decode().replace(self.home, "/home/you")

    def close(self):
        subprocess.run(["umount", "-l", self.home + "/costs"], check=False,
                       capture_output=True)
        shutil.rmtree(self.home, ignore_errors=True)


def prints(costfs, *paths):
    """Each command of the files, what it should print and what it prints."""
    session = Session(costfs, paths[0].parent)
    try:
        for block in (block for path in paths for block in shown(path)):
            for command, want in steps(block):
                yield command, want, session.run(command)
    finally:
        session.close()


def console(costfs, *names):
    paths = [pathlib.Path(name).resolve() for name in names]
    if "costfs mount" in "".join(map(read, paths)) and not os.path.exists("/dev/fuse"):
        print("there is no /dev/fuse")
        return 77
    count = failed = 0
    for command, want, got in prints(costfs, *paths):
        count += 1
        if got != want:
            failed += 1
            print(f"$ {command}\ngot:\n{got}want:\n{want}")
    print(f"{count} commands")
    return failed > 0 or count == 0


def rewrite(costfs, name):
    path = pathlib.Path(name).resolve()
    text = read(path)
    for command, want, got in prints(costfs, path):
        text = text.replace(f"$ {command}\n{want}", f"$ {command}\n{got}")
    path.write_text(text, encoding="utf-8")
    return 0


def body(recipe):
    """What follows the line that goes to the mount."""
    return read(recipe).split('cd "$1" || exit\n', 1)[1]


def recipes(name, folder):
    document = read(name)
    found = sorted(pathlib.Path(folder).glob("*.sh"))
    missing = [r.name for r in found if "```sh\n" + body(r) + "```\n" not in document]
    print(f"{len(found)} recipes; not in {name} as they are: {missing}")
    return bool(missing) or not found


def anchors(path):
    """What headings are called in links, as GitHub does it."""
    titles = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", read(path), flags=re.M | re.S),
                        re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links(root):
    """Of README.md, other documents of the root, docs/ and examples/."""
    index = read(f"{root}/docs/README.md") + "(README.md)"
    count, dead = 0, [f"docs/README.md lacks {path.name}" for path
                      in sorted(pathlib.Path(root).glob("docs/*.md"))
                      if f"({path.name})" not in index]
    found = [path for place in ("*.md", "docs/*.md", "examples/**/*.md")
             for path in sorted(pathlib.Path(root).glob(place))]
    for path in found:
        for link in re.findall(r"\]\(([^)\s]+)\)", read(path)):
            if "://" in link:
                continue
            count += 1
            name, _, anchor = link.partition("#")
            there = path.parent / name if name else path
            if not there.exists() or anchor and anchor not in anchors(there):
                dead.append(f"{path}: {link}")
    print(*dead, sep="\n")
    print(f"{count} links")
    return bool(dead) or count == 0


def help_of(costfs, *command):
    done = subprocess.run([costfs, "help", *command], stdin=subprocess.DEVNULL,
                          timeout=60, capture_output=True, check=True)
    return done.stdout.decode()


def check_help(costfs, *names):
    commands = help_of(costfs).split("Commands:")[1]
    listed = re.findall(r"^  ([a-z-]+) ", commands, re.MULTILINE)
    problems = [f"{names[0]} does not name costfs {c}" for c in listed
                if not re.search(rf"costfs {c}\b", read(names[0]))]
    for command, rest in re.findall(r"costfs ([a-z-]+)([^\n`]*)", "\n".join(map(read, names))):
        if command not in listed:
            continue
        known = help_of(costfs, command)
        problems += [f"costfs {command} has no --{option}"
                     for option in re.findall(r" --([a-z-]+)", rest)
                     if not re.search(rf"--{option}\b", known)]
    print(*problems, sep="\n")
    return bool(problems) or not listed


if __name__ == "__main__":
    what = {"console": console, "rewrite": rewrite,
            "recipes": recipes, "links": links, "help": check_help}
    sys.exit(what[sys.argv[1]](*sys.argv[2:]))
