"""A strict reader of Prometheus' text format 0.0.4, as node_exporter wants it."""
import decimal
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABEL})(?:,{LABEL})*)\}})? (\d+(?:\.\d+)?)")
UNITS = ("_seconds", "_bytes", "_usd")


def _unescape(text):
    return re.sub(r'\\([\\"n])', lambda m: "\n" if m[1] == "n" else m[1], text)


def parse(text):
    """{(name, ((label, value), …)): Decimal}; ValueError for all that is not right."""
    if not text.endswith("\n"):
        raise ValueError("the last line has no end")
    found, kinds, closed, current = {}, {}, set(), None
    lines = text.split("\n")[:-1]
    for at, line in enumerate(lines):
        if line.startswith("# "):
            word, name, rest = re.fullmatch(
                rf"# (HELP|TYPE) ({NAME}) (.+)", line).groups()
            if word == "HELP":
                if name in closed or name == current:
                    raise ValueError(f"{name} stands twice")
                closed.add(current)
                current = name
                if not lines[at + 1].startswith(f"# TYPE {name} "):
                    raise ValueError(f"{name} has no type")
            else:
                if name != current or name in kinds or rest not in ("counter", "gauge"):
                    raise ValueError(line)
                if (rest == "counter") != name.endswith("_total"):
                    raise ValueError(f"{name} is a {rest}")
                kinds[name] = rest
            continue
        sample = SAMPLE.fullmatch(line)
        if not sample or sample[1] != current or current not in kinds:
            raise ValueError(f"line {at + 1}: {line!r}")
        labels = tuple((k, _unescape(v)) for k, v in re.findall(LABEL, sample[2] or ""))
        if len(dict(labels)) != len(labels) or (current, labels) in found:
            raise ValueError(f"line {at + 1} stands twice: {line!r}")
        found[current, labels] = decimal.Decimal(line.rpartition(" ")[2])
    return found, kinds
