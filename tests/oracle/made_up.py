"""Answers of EC2, made up from botocore's model, for a simulation that does not know a call."""
import datetime
import random

STRINGS = (
    "plain", "", " leading and trailing ", "0123", "null", "a/b\\c", 'quoted "twice"', "<&>", "]]>",
    "\u00e4\u00f6\u00fc\u00df\u20ac", "\u65e5\u672c\u8a9e", "\U0001f600", "\u2028", "x" * 300)
TIMES = tuple(
    datetime.datetime(2026, month, 1, 12, month, tzinfo=datetime.timezone.utc)
    for month in range(1, 12))
SCALARS = {"string": STRINGS, "boolean": (True, False), "integer": (0, -1, 7, 65535),
           "long": (0, 2**63 - 1, 123456789), "float": (0.0, 1.5, 0.1), "double": (1e-7, 2.5, 1e15),
           "timestamp": TIMES}


class Maker:
    """Values of shapes: a seeded choice of members, all tags."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def tags(self):
        names = ("Name", "empty", "b", "B", "\u00e9", 'q"')
        keys = self.random.sample(names, self.random.randrange(4))
        return [{"Key": key, "Value": self.random.choice(STRINGS)} for key in keys]

    def value(self, shape, depth=0):
        if shape.type_name == "structure":
            return {name: self.tags() if name == "Tags" else self.value(member, depth + 1)
                    for name, member in shape.members.items()
                    if name == "Tags" or self.random.random() < (0.8 if depth < 4 else 0.2)}
        if shape.type_name == "list":
            return [self.value(shape.member, depth + 1) for _ in range(self.random.randrange(3))]
        return self.random.choice(SCALARS[shape.type_name])


def put(element, shape, path, value):
    """Sets what stands at a path; of lists the first."""
    *names, last = path.split(".")
    for name in names:
        shape = shape.members[name]
        inner = element.setdefault(name, [] if shape.type_name == "list" else {})
        if shape.type_name == "list":
            shape = shape.member
            inner[:] = inner or [{}]
            inner = inner[0]
        element = inner
    element[last] = value


def elements(kind, shape, count):
    """Of one kind, each with an id of its own; kind is a row of the table."""
    maker = Maker(kind["operation"])
    found = []
    for number in range(count):
        element = maker.value(shape)
        for part in kind["id"].split("|")[0].split("+"):
            is_text = shape.members[part].type_name == "string"
            put(element, shape, part, f"{part} \u00e9<&>/{number}" if is_text else number + 1)
        if kind.get("created") and shape.members[kind["created"]].type_name == "string":
            element[kind["created"]] = f"2026-02-28T23:59:5{number}.000Z"
        found.append(element)
    return found
