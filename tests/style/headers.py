"""Each header compiles alone and twice: headers.py ROOT BUILD COMPILER...,
or headers.py --self-test COMPILER..."""
import json
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import source_tree

STRICT = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]


def flags_of(build):
    """All -I, -isystem and -D that the build uses, and the folders that it compiles."""
    flags, folders = [], set()
    commands = json.loads((Path(build) / "compile_commands.json").read_text())
    for command in commands:
        source = Path(command["directory"], command["file"]).resolve()
        folders.add(source.parent.as_posix())
        for word in shlex.split(command["command"]):
            if word.startswith("-I"):
                word = "-I" + str(Path(command["directory"], word[2:]).resolve())
            if word.startswith(("-I", "-isystem/", "-D")) and word not in flags:
                flags.append(word)
    return flags, folders


def check_header(root, name, compiler, flags):
    # A header may hold macros only, and C knows no empty unit.
    text = f'#include "{name}"\n#include "{name}"\nextern int not_empty;\n'
    done = subprocess.run(
        [*compiler, *STRICT, *flags, f"-I{root}", "-x", "c", "-"],
        input=text, capture_output=True, text=True, cwd=root, check=False)
    return [] if done.returncode == 0 else [f"{name}: {done.stderr.strip()}"]


def check(root, compiler, flags, folders):
    names = source_tree.find(root, {".h"}, ("base", "aws", "fs", "tests"))
    # Without libfuse nothing there is compiled, and nothing there can be.
    mount = (Path(root).resolve() / "fs/mount").as_posix()
    if folders is not None and mount not in folders:
        names = [n for n in names if not source_tree.is_below(n, ("fs/mount",))]
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda n: check_header(root, n, compiler, flags), names)
        return [problem for problems in found for problem in problems]


GUARD = "#ifndef A_H\n#define A_H\n%s\n#endif\n"

# Text of a header, whether it is a breach.
PLANTS = (
    (GUARD % "struct a {\n\tint x;\n};", False),
    ("struct a {\n\tint x;\n};\n", True),
    (GUARD % "size_t a(void);", True),
    (GUARD % "#include <stddef.h>\nsize_t a(void);", False),
)


def self_test(compiler):
    problems = []
    for text, is_breach in PLANTS:
        with tempfile.TemporaryDirectory() as root:
            (Path(root) / "base").mkdir()
            (Path(root) / "base/a.h").write_text(text, encoding="utf-8")
            if bool(check(root, compiler, [], None)) != is_breach:
                problems.append(f"{text!r}: {'not caught' if is_breach else 'refused'}")
    return problems


def main(args):
    if args[0] == "--self-test":
        return source_tree.report(self_test(args[1:]), "headers, planted breaches")
    root, build, compiler = args[0], args[1], args[2:]
    flags, folders = flags_of(build)
    return source_tree.report(check(root, compiler, flags, folders), "headers")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
