"""One version, and one list of libraries, wherever they stand: test_version.py COSTFS ROOT."""
import pathlib
import re
import subprocess
import sys
import unittest

COSTFS, ROOT = sys.argv.pop(1), pathlib.Path(sys.argv.pop(1))


def found(name, pattern):
    """What the first match of the pattern in a file has in its brackets."""
    return re.search(pattern, (ROOT / name).read_text(), re.M)[1]


class Version(unittest.TestCase):
    def test_it_is_the_same_everywhere(self):
        version = found("meson.build", r"^  version: '(.+?)'")
        done = subprocess.run([COSTFS, "version"], capture_output=True, text=True, check=True)
        self.assertIn(version, done.stdout.split())
        self.assertEqual(found("debian/changelog", r"\Acostfs \((.+?)\)"), version)
        self.assertEqual(found("packaging/costfs.spec", r"^Version: +(.+)$"), version)
        self.assertEqual(found("packaging/costfs.spec", r"^\*.* - (.+)-1$"), version)
        self.assertEqual(found("packaging/costfs.spec", r"^#.*costfs-(.+)\.tar"), version)
        self.assertEqual(found("NEWS.md", r"^## (.+)$"), version)

    def test_packages_are_built_with_what_the_demo_installs(self):
        control = (ROOT / "debian/control").read_text().split("\nPackage:")[0]
        needed = set(re.findall(r"^ (lib\S+-dev|zlib1g-dev)(?! .*<!nocheck>)\b", control, re.M))
        demo = (ROOT / "examples/packages.sh").read_text()
        demo = " ".join(re.findall(r'_packages="([^"]+)"', demo))
        self.assertEqual(needed, set(re.findall(r"(?:lib|zlib1g)\S*-dev", demo)) - {"libc6-dev"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
