"""What C text may not hold: banned.py ROOT, or banned.py --self-test."""
import re
import sys
import tempfile
from pathlib import Path

import source_tree

COLUMNS_MAX = 90  # of C
SCRIPT_COLUMNS_MAX = 100
LINES_MAX = 700

# (pattern of the code, why not, folders where it is allowed all the same)
RULES = (
    (r"\b(?:strcpy|stpcpy|strcat|sprintf|vsprintf|strncpy|strncat|gets)\s*\(",
     "knows no limit, or ends no string", ()),
    (r"\bstrtok(?:_r)?\s*\(", "writes into its input", ()),
    (r"\b(?:atoi|atol|atoll|atof|strtod|strtof|strtold|v?f?sscanf)\s*\(",
     "hides errors, or follows the locale", ()),
    (r"\b(?:asctime|localtime|gmtime|ctime)\s*\(", "shares a static buffer", ()),
    (r"\balloca\s*\(", "has no limit", ()),
    (r"\bstrto(?:l|ul|ll|ull|imax|umax)\s*\(", "belongs to base/", ("base", "tests")),
    (r"\b(?:malloc|realloc)\s*\([^;]*?[\w)\]]\s+\*\s+[\w(]",
     "multiplies unchecked: vec_alloc() or vec_reserve()", ("tests",)),
    (r"(?<![\w.>])exit\s*\(", "belongs to fs/cmd/", ("fs/cmd", "tests")),
    (r"\bopen(?:at)?\s*\((?![^;]*O_CLOEXEC)[^;]*\bO_", "opens without O_CLOEXEC", ()),
)

MARKS = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")


def check_code(name, text):
    code = source_tree.code_of(text)
    for pattern, why, allowed in RULES:
        if source_tree.is_below(name, allowed):
            continue
        for match in re.finditer(pattern, code):
            number = code.count("\n", 0, match.start()) + 1
            word = re.match(r"\w+", match.group(0)).group(0)
            yield f"{name}:{number}: {word}() {why}"


def check_lines(name, text):
    lines = text.splitlines()
    most = COLUMNS_MAX if name.endswith((".c", ".h")) else SCRIPT_COLUMNS_MAX
    for number, line in enumerate(lines, 1):
        columns = len(line.expandtabs(8))
        if columns > most:
            yield f"{name}:{number}: {columns} columns, {most} are the most"
        if MARKS.search(line):
            yield f"{name}:{number}: a mark that nobody will find again"
    if len(lines) > LINES_MAX:
        yield f"{name}:{LINES_MAX + 1}: {len(lines)} lines, {LINES_MAX} are the most"


def check(root):
    problems = []
    for name in source_tree.find(root, {".c", ".h", ".py", ".sh"}):
        if name == "tests/style/banned.py":
            continue
        text = source_tree.read(root, name)
        if name.endswith((".c", ".h")):
            problems += check_code(name, text)
        problems += check_lines(name, text)
    return problems


# Planted file, its text, how many problems it has.
PLANTS = (
    ("base/a.c", "strcpy(a, b);", 1),
    ("base/a.c", "strcat (a, b);", 1),
    ("base/a.c", "sprintf(a, b);\nvsprintf(a, b, c);", 2),
    ("base/a.c", "snprintf(a, n, b);\nvsnprintf(a, n, b, c);", 0),
    ("base/a.c", "strncpy(a, b, n);", 1),
    ("base/a.c", "p = strtok(a, b);", 1),
    ("base/a.c", "n = atoi(a) + atof(b) + strtod(c, d);", 3),
    ("base/a.c", "sscanf(a, b);", 1),
    ("base/a.c", "gets(a);\nfgets(a, n, f);", 1),
    ("base/a.c", "asctime(t);\nlocaltime(t);\ngmtime(t);\ngmtime_r(t, u);", 3),
    ("base/a.c", "p = alloca(n);", 1),
    ("base/a.c", "/* strcpy(a, b); */\n// sprintf(a)\np = \"atoi(x)\";", 0),
    ("base/a.c", "my_strcpy(a, b);\nstrcpy_safe(a);", 0),
    ("base/a.c", "n = strtoul(a, b, 10);", 0),
    ("aws/api/a.c", "n = strtoul(a, b, 10);", 1),
    ("aws/api/a.c", "p = malloc(n * sizeof(*p));", 1),
    ("aws/api/a.c", "p = malloc(sizeof(*p));\nq = malloc(sizeof(struct x *));", 0),
    ("aws/api/a.c", "p = realloc(p, n *\n\tm);", 1),
    ("aws/api/a.c", "exit(1);", 1),
    ("aws/api/a.c", "_exit(1);\nt->exit(1);", 0),
    ("fs/cmd/a.c", "exit(1);", 0),
    ("fs/store/a.c", "fd = open(p, O_RDONLY);", 1),
    ("fs/store/a.c", "fd = openat(d, p,\n\tO_RDONLY);", 1),
    ("fs/store/a.c", "fd = openat(d, p,\n\tO_RDONLY | O_CLOEXEC);", 0),
    ("base/a.c", "/* TODO: later */", 1),
    ("base/a.c", "/* FIXME */", 1),
    ("tests/a.py", "# TODO", 1),
    ("base/a.h", "x" * 90, 0),
    ("base/a.h", "x" * 91, 1),
    ("base/a.h", "\t" * 11 + "xx", 0),
    ("base/a.h", "\t" * 11 + "xxx", 1),
    ("base/a.h", "\u00e4" * 90, 0),
    ("base/a.h", "x\n" * 700, 0),
    ("base/a.h", "x\n" * 701, 1),
)


def self_test():
    problems = []
    for name, text, wanted in PLANTS:
        with tempfile.TemporaryDirectory() as root:
            path = Path(root) / name
            path.parent.mkdir(parents=True)
            path.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
            found = len(check(root))
            if found != wanted:
                problems.append(f"{name}: {text[:60]!r}: {found} found, not {wanted}")
    return problems


def main(args):
    if args == ["--self-test"]:
        return source_tree.report(self_test(), "banned, planted breaches")
    return source_tree.report(check(args[0]), "banned")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
