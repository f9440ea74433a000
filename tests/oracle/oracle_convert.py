"""XML answers made up from botocore's model, as JSON, beside what AWS's own tools print:
oracle_convert.py CONVERT_CAT. Bytes are compared."""
import json
import sys
import unittest

from convert_oracle import REDACTED, SKIP, Oracle, Tool, compare, each_operation, why_not
import xml_answers

SEEDS = (1, 2, 3, 4, 5)


def without_unknown(text):
    """The text without members whose names begin as xml_answers has it, and their number."""
    count = 0

    def keep(pairs):
        nonlocal count
        kept = {k: v for k, v in pairs if not k.lower().startswith("zznew")}
        count += len(pairs) - len(kept)
        return kept

    value = json.loads(text, object_pairs_hook=keep)
    return json.dumps(value, indent=4, ensure_ascii=False), count


class MadeUp(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.oracle = Oracle()
        cls.tool = Tool(cls.tool_path)

    @classmethod
    def tearDownClass(cls):
        cls.tool.close()

    def answers(self, *writer):
        for service, name, root in each_operation():
            made = xml_answers.Writer(*writer)
            operation = self.oracle.operation(service, name)
            xml = xml_answers.answer(made, service, operation, root)
            yield service, operation, made, xml.encode()

    def test_whole_answers(self):
        for seed in SEEDS:
            for service, operation, _, xml in self.answers(seed, 1.0 if seed == 1 else 0.7):
                compare(self, service, operation.name, "", xml)

    def test_items_of_lists(self):
        for service, operation, _, xml in self.answers(7, 0.8):
            for member, shape in operation.output_shape.members.items():
                if shape.type_name == "list":
                    compare(self, service, operation.name, member + "[]", xml)

    def test_items_of_lists_of_lists(self):
        for service, operation, _, xml in self.answers(8, 0.9):
            if operation.name == "DescribeInstances":
                compare(self, service, operation.name, "Reservations[].Instances[]", xml)
                compare(self, service, operation.name,
                        "Reservations[].Instances[].BlockDeviceMappings[].Ebs.VolumeId", xml)

    def test_policies_of_iam_are_decoded(self):
        xml = "<ListRolesResponse><ListRolesResult><Roles>{}</Roles></ListRolesResult>" \
            "</ListRolesResponse>"
        role = "<member><AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument></member>"
        parsed = 0
        for document in xml_answers.DOCUMENTS:
            text = xml.format(role.format(xml_answers.text(document)))
            with self.subTest(document):
                compare(self, "iam", "ListRoles", "Roles[]", text.encode())
            got, _ = self.tool.convert("iam", "ListRoles", "", text.encode())
            role_value = json.loads(got[0])["Roles"][0]["AssumeRolePolicyDocument"]
            parsed += role_value != document
        self.assertGreater(parsed, 8)

    def test_what_the_model_calls_sensitive_is_not_printed(self):
        secrets = 0
        for service, operation, _, xml in self.answers(3):
            got, _ = self.tool.convert(service, operation.name, "", xml)
            secrets += got[0].count(REDACTED)
        self.assertGreater(secrets, 6)

    def test_unknown_members_change_nothing_else(self):
        total = 0
        for service, operation, made, xml in self.answers(11, 0.9, 0.3):
            if operation.name == "GetBucketLocation":
                continue  # a text
            wanted = self.oracle.print(self.oracle.parse(service, operation.name, xml))
            (got,), _ = self.tool.convert(service, operation.name, "", xml)
            known, count = without_unknown(got)
            self.assertMultiLineEqual(known, wanted)
            self.assertEqual(count, made.unknowns)
            total += count
        self.assertGreater(total, 50)

    def test_too_many_elements_and_too_much_text_are_refused(self):
        root = "DescribeRegionsResponse"
        for count, depth in ((2 * 1024 * 1024 - 1, 0), (1200 * 1024, 28)):
            inside = "<x>" * depth + "<y/>" * count + "</x>" * depth
            with self.assertRaisesRegex(AssertionError, "File too large"):
                self.tool.convert("ec2", "DescribeRegions", "Regions[]" if depth == 0 else "",
                                  f"<{root}>{inside}</{root}>".encode())
        inside = "<y/>" * (2 * 1024 * 1024 - 2)
        self.assertEqual(self.tool.convert("ec2", "DescribeRegions", "Regions[]",
                                           f"<{root}>{inside}</{root}>".encode()), ([], None))


if __name__ == "__main__":
    reason = why_not()
    if reason:
        print(reason)
        sys.exit(SKIP)
    MadeUp.tool_path = sys.argv.pop(1)
    unittest.main()
