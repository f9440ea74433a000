#!/usr/bin/env python3
"""Every value of every column of all Parquet files below some folders is what DuckDB reads,
whether columns are read together or alone, at once or piece by piece; and a row group that is
passed over for a text has it not. Skipped without DuckDB (as oracle_duckdb.py) or without files.
Usage: oracle_parquet.py PARQUET-CAT SOURCE-ROOT [FOLDER-OR-FILE…]"""
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from decimal import Decimal, InvalidOperation
from pathlib import Path

from oracle_duckdb import find_duckdb

SKIPPED = 77
NULL = "\x01null\x01"
PROBES = 6  # texts a column
# Of Apache's corpus: what we refuse and DuckDB reads, and what each makes of a date that was cut.
KNOWN = {
    "ARROW-GH-45185.parquet": "the first row does not begin with a row",
    "ARROW-RS-GH-6229-LEVELS.parquet": "fewer levels than values",
    "datapage_v1-corrupt-checksum.parquet": "a wrong checksum",
    "rle-dict-uncompressed-corrupt-checksum.parquet": "a wrong checksum",
    "int96_from_spark.parquet": "the year 290000, which its writer cut",
}


def quote(name):
    return '"' + name.replace('"', '""') + '"'


def literal(text):
    return "'" + text.replace("'", "''") + "'"


class Reader:
    def __init__(self, tool):
        self.tool = tool

    def run(self, *args):
        return subprocess.run([self.tool, *map(str, args)], timeout=600,
                              stdin=subprocess.DEVNULL, capture_output=True)

    def lines(self, *args):
        """(columns, rows) or the message."""
        done = self.run(*args)
        if done.returncode != 0:
            return None, done.stderr.decode(errors="replace").strip()
        lines = done.stdout.decode("ascii").splitlines()
        return json.loads(lines[0]), [json.loads(line) for line in lines[1:]]


def struct_types(kind):
    """The members of STRUCT(a INTEGER, "b c" MAP(VARCHAR, DOUBLE)), or None."""
    if not kind.startswith("STRUCT(") or kind.endswith("[]"):
        return None
    parts, depth, quoted, start = [], 0, False, len("STRUCT(")
    for i, c in enumerate(kind[start:], start):
        quoted ^= c == '"'
        depth += (c == "(") - (c == ")") if not quoted else 0
        if not quoted and ((c == "," and depth == 0) or depth < 0):
            parts.append(kind[start:i].strip())
            start = i + 1
    members = {}
    for part in parts:
        match = re.fullmatch(r'"((?:[^"]|"")*)" (.*)|(\S+) (.*)', part)
        name, typed = match.group(1), match.group(2)
        if name is None:
            name, typed = match.group(3), match.group(4)
        members[name.replace('""', '"')] = typed
    return members


def resolve(name, types):
    """(expression, type) of one of our columns, or None."""
    if name in types:
        return quote(name), types[name]
    for outer, kind in types.items():
        members = struct_types(kind)
        if members and name.startswith(outer + "."):
            found = resolve(name[len(outer) + 1:], members)
            if found:
                return f"{quote(outer)}.{found[0]}", found[1]
    return None


def text_of(expression, kind):
    if kind == "BLOB":
        return f"hex({expression})"
    if kind.startswith("GEOMETRY"):
        return f"hex(ST_AsWKB({expression}))"
    if kind in ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"):
        return f"CAST(timezone('UTC', {expression}) AS VARCHAR)"
    return f"CAST({expression} AS VARCHAR)"


def select(expression, kind, shape):
    """The query's text for a column, or None where the two do not have the same shape."""
    if shape == "map" and kind.startswith("MAP("):
        inner = kind[len("MAP("):-1]
        key, _, value = inner.partition(", ")
        if "(" in inner and not value.startswith("DECIMAL"):
            return None
        return (f"to_json(list_transform(map_entries({expression}), x -> "
                f"[{text_of('x.key', key)}, {text_of('x.value', value)}]))")
    if shape == "list" and kind.endswith("[]") and not kind.endswith("[][]") and "(" not in kind:
        return f"to_json(list_transform({expression}, x -> {text_of('x', kind[:-2])}))"
    if shape == "cell" and "[" not in kind and not re.match(r"MAP|STRUCT|VARIANT", kind):
        return text_of(expression, kind)
    return None


def kinds_of(kind, shape):
    if shape == "map":
        return tuple(kind[len("MAP("):-1].split(", ", 1))
    return (kind[:-2],) if shape == "list" else (kind,)


def is_number_equal(ours, theirs):
    try:
        a, b = Decimal(ours), Decimal(theirs)
    except InvalidOperation:
        return False
    return a == b or (a.is_nan() and b.is_nan())


def moment(text, places):
    text = text.lstrip("+").replace("T", " ").rstrip("Z")  # "+" where a year has five digits
    whole, _, fraction = text.partition(".")
    return whole, fraction[:places].rstrip("0")


def is_equal(ours, theirs, kind):
    if ours == theirs or ours is None or theirs is None:
        return ours == theirs
    if kind == "BLOB" or kind.startswith("GEOMETRY"):
        return ours.encode("latin-1").hex().upper() == theirs
    if kind == "VARCHAR" or kind.startswith("ENUM"):
        return ours.encode("latin-1") == theirs.encode()
    if kind.startswith("TIME"):
        return moment(ours, 9) == moment(theirs, 9) or (
            kind in ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIME")
            and moment(ours, 6) == moment(theirs, 6))
    return is_number_equal(ours, theirs)


def is_same(ours, theirs, kinds):
    """theirs: a text, or JSON of lists."""
    if theirs == NULL or ours is None:
        return (None if theirs == NULL else theirs) == ours
    if not isinstance(ours, list):
        return is_equal(ours, theirs, kinds[0])
    theirs = json.loads(theirs)
    if len(ours) != len(theirs):
        return False
    for a, b in zip(ours, theirs):
        pairs = list(zip(a, b, kinds)) if len(kinds) == 2 else [(a, b, kinds[0])]
        if not all(is_equal(*pair) for pair in pairs):
            return False
    return True


class Check:
    def __init__(self, reader, ask):
        self.reader, self.ask = reader, ask
        self.files = self.values = 0
        self.problems, self.notes = [], []

    def problem(self, path, *what):
        text = f"{path.name}: " + " ".join(map(str, what))
        if path.name in KNOWN:
            self.notes.append(f"{text} ({KNOWN[path.name]})")
        else:
            self.problems.append(text)

    def describe(self, path):
        rows = self.ask(f"DESCRIBE SELECT * FROM read_parquet({literal(str(path))}, "
                        "hive_partitioning=false)")
        return {row["column_name"]: row["column_type"] for row in rows}

    def theirs(self, path, queries, folder):
        out = os.path.join(folder, "theirs.csv")
        parts = ", ".join(f"{q} AS c{i}" for i, q in enumerate(queries))
        self.ask(f"COPY (SELECT {parts} FROM read_parquet({literal(str(path))}, "
                 f"hive_partitioning=false)) TO {literal(out)} "
                 f"(FORMAT csv, HEADER false, NULLSTR {literal(NULL)})")
        with open(out, newline="", encoding="utf-8") as f:
            yield from csv.reader(f)

    def compare(self, path, columns, rows, folder):
        types = self.describe(path)
        chosen = []
        for i, (name, shape, _) in enumerate(columns):
            found = resolve(name.encode("latin-1").decode(), types)
            query = found and select(*found, shape)
            if query:
                chosen.append((i, name, query, kinds_of(found[1], shape)))
            else:
                self.notes.append(f"{path.name}: {name} ({shape}) is not compared")
        if not chosen:
            return
        count, wrong = 0, set()
        for theirs in self.theirs(path, [c[2] for c in chosen], folder):
            if count >= len(rows):
                return self.problem(path, "has more rows for DuckDB")
            for (i, name, _, kinds), text in zip(chosen, theirs):
                ours = rows[count][i]
                if ours != text and name not in wrong and not is_same(ours, text, kinds):
                    wrong.add(name)
                    self.problem(path, f"row {count}, {name}:", repr(ours)[:200], "and",
                                 repr(text)[:200])
            count += 1
        self.values += count * len(chosen)
        if count != len(rows):
            self.problem(path, f"{len(rows)} rows, and {count} for DuckDB")

    def alone(self, path, columns, rows):
        """Projected = full, and piece by piece = at once."""
        pieces = self.reader.lines("-w", 1, "--", path)
        if pieces != (columns, rows):
            self.problem(path, "differs when it is read piece by piece")
        names = [c[0] for c in columns]
        step = max(1, len(names) // 8)
        for i in range(0, len(names), step):
            if names.count(names[i]) > 1 or any(ord(c) > 127 for c in names[i]):
                continue
            if self.reader.lines("--", path, names[i])[1] != [[row[i]] for row in rows]:
                self.problem(path, names[i], "differs when it is read alone")

    def pruned(self, path, columns, rows):
        counts = [row["row_group_num_rows"] for row in self.ask(
            "SELECT DISTINCT row_group_id, CAST(row_group_num_rows AS INTEGER) AS "
            f"row_group_num_rows FROM parquet_metadata({literal(str(path))}) "
            "ORDER BY row_group_id")]
        for i, (name, shape, form) in enumerate(columns):
            if shape != "cell" or form != "text" or any(ord(c) > 127 for c in name):
                continue
            groups, start = [], 0
            for n in counts:
                groups.append({row[i] for row in rows[start:start + n]} - {None})
                start += n
            texts = sorted(set().union(*groups))
            picked = texts[::max(1, len(texts) // PROBES)][:PROBES] + ["no such text", ""]
            for text in picked:
                if "\0" in text or any(ord(c) > 127 for c in text):
                    continue
                flags = self.reader.run("-p", "--", path, name, text).stdout.decode().strip()
                if len(flags) != len(groups) or any(
                        text in group and flag == "0" for group, flag in zip(groups, flags)):
                    self.problem(path, name, repr(text), "would be passed over:", flags)

    def check(self, path):
        self.files += 1
        columns, rows = self.reader.lines("--", path)
        try:
            if columns is None:
                self.ask(f"SELECT * FROM read_parquet({literal(str(path))})")
                self.problem(path, "is read by DuckDB:", rows)
                return
            with tempfile.TemporaryDirectory() as folder:
                self.compare(path, columns, rows, folder)
        except subprocess.CalledProcessError as error:
            said = (error.stderr or b"").decode(errors="replace").strip().splitlines()
            self.notes.append(f"{path.name}: DuckDB does not read it"
                              f"{' either' if columns is None else ''}: {' '.join(said)[:160]}")
        if columns is not None:
            self.alone(path, columns, rows)
            try:
                self.pruned(path, columns, rows)
            except subprocess.CalledProcessError:
                pass


def find(places):
    for place in map(Path, places):
        if place.is_dir():
            yield from sorted(p for p in place.rglob("*.parquet"))
        elif place.exists():
            yield place


def main(tool, root, *places):
    csv.field_size_limit(1 << 30)
    ask = find_duckdb(root)
    paths = list(find(places))
    if ask is None or not paths:
        print("skipped: no DuckDB (COSTFS_DUCKDB), or no Parquet files are given")
        sys.exit(SKIPPED)
    check = Check(Reader(tool), ask)
    for path in paths:
        check.check(path)
    for note in check.notes:
        print("note:", note)
    for problem in check.problems:
        print("WRONG:", problem)
    print(f"{check.files} files, {check.values} values compared, {len(check.problems)} wrong")
    sys.exit(1 if check.problems else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
