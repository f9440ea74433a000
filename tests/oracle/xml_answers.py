"""Answers of AWS's XML protocols, made up from botocore's model: every member of every shape,
or a seeded choice of them, filled with what tends to break converters."""
import random
from urllib.parse import quote
from xml.sax.saxutils import escape

STRINGS = (
    "plain", "", " leading and trailing ", "0123", "null", "true", "a/b\\c", 'quoted "twice"',
    "<&>", "]]>", "tab\tnewline\nreturn\r", "\x7f\x80\x85\x9f", "\u00e4\u00f6\u00fc\u00df\u20ac",
    "\u65e5\u672c\u8a9e", "\U0001f600", "\u2028\u2029", "\ufffd", "x" * 300,
)
BOOLEANS = ("true", "false", "True", "1", "", "yes", " true")
INTEGERS = ("0", "-1", "7", "65535", "2147483648", "9223372036854775807", "007", "+5", "-0",
            " 12 ", "123456789012345678901234567890")
FLOATS = ("0", "1", "0.0", "-0.0", "0.1", "1.5", "100", "1e-7", "0.0001", "0.00001", "1E5",
          "1e15", "1e16", "123456789012345680", "0.20833333333333334", "3.3333333333333335",
          "1.0E-5", "2.5E10", "1.7976931348623157E308", "4.9E-324", "1e-310", "9007199254740993",
          "0.1000000000000000055511151231257827", ".5", "5.", "00012.50", "+3.25", " 8.0 ",
          "2.2250738585072011e-308", "8.5e22", "1e22", "1e23", "5e-324", "0.30000000000000004",
          "179769313486231580793728971405301e270", "9007199254740993." + 900 * "0" + "1")
TIMESTAMPS = ("2026-11-01T12:00:00.000Z", "2026-11-01T12:00:00Z", "2026-02-28T23:59:59.999Z",
              "2024-02-29T00:00:00.123456Z", "2026-11-01T12:00:00.1234567Z",
              "2026-11-01T12:00:00+00:00", "2026-11-01T12:00:00-07:30", "2026-11-01T12:00:00",
              "2026-11-01 12:00:00", "2026-11-01T12:00:00.5+0530", "1970-01-01T00:00:00Z",
              "9999-12-31T23:59:59Z")
# Of IAM, which are encoded in answers; some are no JSON, some not encoded.
DOCUMENTS = tuple(map(quote, (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:AssumeRole"]}]}',
    '{ "a" : [ ] , "b" : { } , "c" : [ [ 1 , -0 , 2.50 , 1e-7 , 12345678901234567890 ] ] }\n',
    '{"quoted \\" \\\\ \\/ \\b\\f\\n\\r\\t":"\\u00e4\\u20ac\\ud83d\\ude00\\u0007"}',
    '["\u00e4\u65e5\U0001f600\u2028", true, false, null, "+ %41 %zz", -1.5E+3, 0.1e2]',
    '"text"', " 7 ", "", "{", '{"a":1,}', "[1 2]", '{"a" 1}', "01", "-", "1.", ".5", "1e", "nul",
    '{"a":1} x', '["\t"]', '"\\x"', '"\\u12g4"', '"\\u123', '"open', "[" * 24 + "]" * 24))) + (
        '{"Statement":[]}', "%7B%22a%22%3A%22%C3%A4%22%7d", "%7b%2", "%", "a+b",
        "%5B%22%41+%25%22%5D")
SCALARS = {"string": STRINGS, "blob": ("", "aGVsbG8=", "AAECAw=="), "boolean": BOOLEANS,
           "integer": INTEGERS, "long": INTEGERS, "float": FLOATS, "double": FLOATS,
           "timestamp": TIMESTAMPS}
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
UNKNOWN = ("<{0}>new</{0}>", "<{0}/>", "<{0}><item>1</item><item>2</item></{0}>",
           "<{0}><inner>1</inner><other><item><b/></item></other></{0}>")


def text(value):
    return escape(value, {"\r": "&#13;"})


class Writer:
    """share: of the members that are there; unknown: of the structures that hold elements which
    the model does not have, whose names begin with zz."""

    def __init__(self, seed, share=1.0, unknown=0.0):
        self.random = random.Random(seed)
        self.share = share
        self.unknown = unknown
        self.unknowns = 0
        self.scalars = self.random.randrange(1000)

    def scalar(self, shape):
        values = DOCUMENTS if shape.name == "policyDocumentType" else SCALARS[shape.type_name]
        value = text(values[self.scalars % len(values)])  # each in its turn
        self.scalars += 1
        sort = self.random.random()
        if sort < 0.05 and value and "&" not in value:
            return f"<![CDATA[{value}]]>"
        if sort < 0.1:
            return f"<!-- a < b -->{value}<?target data?>"
        return value

    def element(self, name, shape, attributes=""):
        return f"<{name}{attributes}>{self.content(shape)}</{name}>"

    def content(self, shape):
        if shape.type_name == "structure":
            return self.structure(shape)
        if shape.type_name == "list":
            name = shape.member.serialization.get("name", "member")
            return self.blank().join(self.element(name, shape.member) for _ in range(self.count()))
        if shape.type_name == "map":
            return "".join(
                f"<entry><key>p{i}</key>{self.element('value', shape.value)}</entry>"
                for i in range(self.count()))
        return self.scalar(shape)

    def count(self):
        return self.random.choice((0, 1, 2)) if self.share < 1 else 1

    def blank(self):
        return self.random.choice(("", "\n    "))

    def structure(self, shape):
        parts = []
        for name, member in shape.members.items():
            traits = member.serialization
            if traits.get("location") or traits.get("xmlAttribute"):
                continue
            if self.random.random() <= self.share:
                parts += self.member(traits.get("name", name), member)
        if self.random.random() < self.unknown:
            self.unknowns += 1
            sample = self.random.choice(UNKNOWN)
            parts.append(sample.format(f"zzNew{self.unknowns}"))
        self.random.shuffle(parts)
        return self.blank().join(parts)

    def member(self, xml, shape):
        if shape.type_name == "list" and shape.serialization.get("flattened"):
            xml = shape.member.serialization.get("name", xml)
            return [self.element(xml, shape.member) for _ in range(max(1, self.count()))]
        kinds = [m for m in getattr(shape, "members", {}).values()
                 if m.serialization.get("xmlAttribute")]
        attributes = f' {XSI} xsi:type="Canonical&quot;User"' if kinds else ""
        return [self.element(xml, shape, attributes)]


def answer(writer, service, operation, root):
    """The document; root is the name of S3's, which the model does not have."""
    shape = operation.output_shape
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    if service == "s3":
        payload = shape.serialization.get("payload")
        if operation.name == "GetBucketLocation":
            body = writer.scalar(shape.members["LocationConstraint"])
        else:
            body = writer.content(shape.members[payload] if payload else shape)
        return f'{head}<{root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{body}</{root}>'
    root = f"{operation.name}Response"
    body = writer.content(shape)
    wrapper = shape.serialization.get("resultWrapper")
    if wrapper:
        body = f"<{wrapper}>{body}</{wrapper}><ResponseMetadata><RequestId>r</RequestId>" \
            "</ResponseMetadata>"
    else:
        body = f"<requestId>r</requestId>{body}"
    return f'{head}<{root} xmlns="urn:any">\n  {body}\n</{root}>\n'
