"""What meson install puts where: test_install.py MESON BUILD."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

MESON, BUILD = sys.argv.pop(1), pathlib.Path(sys.argv.pop(1))
DIRECTORIES = ("prefix", "bindir", "sbindir", "datadir")


def introspect(what):
    done = subprocess.run(
        [MESON, "introspect", f"--{what}", BUILD], capture_output=True, check=True, timeout=30
    )
    return json.loads(done.stdout)


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        values = {o["name"]: o["value"] for o in introspect("buildoptions")}
        cls.prefix = pathlib.Path(values["prefix"])
        cls.at = {name: cls.prefix / values[name] for name in DIRECTORIES}
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="costfs-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        subprocess.run(
            [MESON, "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", cls.root],
            check=True, timeout=50, stdin=subprocess.DEVNULL,
        )
        cls.docs = cls.at["datadir"] / "doc/costfs"

    def placed(self, path):
        """Where a path of the installed system is for now."""
        return self.root / path.relative_to("/")

    def test_all_of_it_is_below_the_prefix(self):
        for folder, folders, files in os.walk(self.root):
            here = pathlib.Path("/") / pathlib.Path(folder).relative_to(self.root)
            for name in files:
                self.assertTrue((here / name).is_relative_to(self.prefix), here / name)

    def test_mount_finds_the_program_by_both_its_names(self):
        program = self.at["bindir"] / "costfs"
        self.assertTrue(os.access(self.placed(program), os.X_OK))
        for name in ("mount.costfs", "mount.fuse.costfs"):
            target = os.readlink(self.placed(self.at["sbindir"] / name))
            self.assertEqual(self.at["sbindir"] / target, program)

    def test_units_start_the_program_that_is_installed(self):
        for kind in ("system", "user"):
            unit = self.placed(self.prefix / f"lib/systemd/{kind}/costfs@.service").read_text()
            program = re.search(r"^ExecStart=(\S+)", unit, re.M)[1]
            self.assertTrue(self.placed(pathlib.Path(program)).exists(), program)
            page = re.search(r"^Documentation=file:(\S+)", unit, re.M)[1]
            self.assertTrue(self.placed(pathlib.Path(page)).exists(), page)
            self.assertEqual(re.findall(r"@\w+@", unit), [])

    def test_the_user_of_the_unit_is_made(self):
        unit = self.placed(self.prefix / "lib/systemd/system/costfs@.service").read_text()
        users = self.placed(self.prefix / "lib/sysusers.d/costfs.conf").read_text()
        self.assertRegex(users, rf"(?m)^u {re.search('^User=(.+)$', unit, re.M)[1]} ")

    def test_no_link_of_a_document_leads_nowhere(self):
        pages = [p for p in self.placed(self.docs).rglob("*.md")]
        self.assertGreater(len(pages), 10)
        for page in pages:
            for link in re.findall(r"\]\(([^)#:\s]+)[)#]", page.read_text()):
                self.assertTrue((page.parent / link).exists(), f"{page.name}: {link}")

    def test_recipes_can_be_run_and_samples_be_mounted(self):
        examples = self.placed(self.docs / "examples")
        recipes = list((examples / "recipes").glob("*.sh"))
        self.assertGreater(len(recipes), 5)
        for recipe in recipes:
            self.assertTrue(os.access(recipe, os.X_OK), recipe)
        done = subprocess.run(
            [self.placed(self.at["bindir"] / "costfs"), "ls", examples / "sample/exports",
             "--cache", self.root / "cache"],
            capture_output=True, text=True, timeout=30, check=False,
            env={"HOME": str(self.root)},
        )
        self.assertIn("months.csv", done.stdout, done.stderr)

    def test_everybody_can_read_it_and_only_root_write(self):
        for folder, folders, files in os.walk(self.placed(self.prefix)):
            for name in folders + files:
                path = pathlib.Path(folder, name)
                mode = path.stat().st_mode if path.exists() else 0o644
                self.assertEqual(mode & 0o022, 0, path)
                self.assertEqual(mode & 0o044, 0o044, path)


if __name__ == "__main__":
    unittest.main(verbosity=2)
