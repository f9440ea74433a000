"""The project's own files, and their text without comments and literals."""
import re
from pathlib import Path

TOPS = ("base", "aws", "fs", "tests", "examples", "man")

_SKIPPED = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def find(root, suffixes, tops=TOPS):
    """Sorted paths relative to root, with '/' on every system."""
    found = []
    for top in tops:
        for path in (Path(root) / top).rglob("*"):
            if path.suffix in suffixes and path.is_file():
                found.append(path.relative_to(root).as_posix())
    return sorted(found)


def read(root, name):
    return (Path(root) / name).read_text(encoding="utf-8")


def code_of(text):
    """C text of the same lines, comments gone, literals emptied."""
    def blank(match):
        hidden = match.group(0)
        quote = hidden[0] if hidden[0] in "\"'" else ""
        return quote + "\n" * hidden.count("\n") + quote
    return _SKIPPED.sub(blank, text)


def is_below(name, folders):
    """Whether a path is one of the folders (or files), or stands below one."""
    return any(name == f or name.startswith(f + "/") for f in folders)


def report(problems, what):
    """The exit status; one line a problem, as compilers write them."""
    for line in problems:
        print(line)
    print(f"{what}: {len(problems)} problems")
    return 1 if problems else 0
