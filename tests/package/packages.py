"""Builds the archive of the source and the packages out of that, as a user who is not root, and
looks at them. As root they are installed as well: see installed.py, and booted.py for systemd.
What is not committed is not in them.

The packages' tools have to be there: tests/run.sh package installs them."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CCACHE = ROOT / "build/test-package/ccache"
SECONDS = 1200  # of a build, on a machine that others use


def as_user(*words):
    """The words of a command, for root those of nobody's."""
    who = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
    return [str(word) for word in (*(who if os.getuid() == 0 else ()), *words)]


def run(words, **more):
    """What it prints, of both kinds."""
    words = [str(word) for word in words]
    more = {"timeout": SECONDS, **more}
    done = subprocess.run(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False, **more,
    )
    if done.returncode:
        raise AssertionError(f"{words}: {done.returncode}: {done.stdout[-5000:]}")
    return done.stdout


class Packages(unittest.TestCase):
    said = ""  # by installed.py

    @classmethod
    def setUpClass(cls):
        cls.tmp = pathlib.Path(tempfile.mkdtemp(prefix="costfs-package-"))
        cls.addClassCleanup(shutil.rmtree, cls.tmp)
        cls.tmp.chmod(0o755)
        cls.home = cls.tmp / "home"
        cls.home.mkdir()
        if os.getuid() == 0:
            shutil.chown(cls.home, "nobody", "nogroup")
        cls.environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(cls.home),
            "LC_ALL": "C.UTF-8",
            "DEB_BUILD_OPTIONS": "nocheck parallel=2",
            **cls.compiler_cache(),
        }

    @classmethod
    def compiler_cache(cls):
        """The second run compiles nothing, if its user may write there."""
        CCACHE.mkdir(parents=True, exist_ok=True)
        if os.getuid() == 0:
            shutil.chown(CCACHE, "nobody", "nogroup")
        is_usable = subprocess.run(as_user("test", "-w", CCACHE), check=False).returncode == 0
        if not is_usable or shutil.which("ccache") is None:
            return {"CCACHE_DISABLE": "1"}
        return {
            "PATH": "/usr/lib/ccache:/usr/sbin:/usr/bin:/sbin:/bin",
            "CCACHE_DIR": str(CCACHE),
            "CCACHE_BASEDIR": str(cls.home),
            "CCACHE_NOHASHDIR": "1",
        }

    def built(self, pattern):
        """The one file of a build that fits."""
        found = list(self.home.rglob(pattern))
        self.assertEqual(len(found), 1, found)
        return found[0]

    def as_builder(self, *words, cwd=None):
        return run(as_user("nice", *words), cwd=cwd or self.home, env=self.environment)

    def test_1_the_archive_is_what_is_committed(self):
        build = self.tmp / "dist"
        run(["meson", "setup", build, "-Dtests=disabled"], cwd=ROOT)
        run(["meson", "dist", "-C", build, "--no-tests", "--allow-dirty"], cwd=ROOT)
        archive = next((build / "meson-dist").glob("costfs-*.tar.xz"))
        shutil.copy(archive, self.home)
        names = run(["tar", "-tf", archive]).splitlines()
        names = {n.split("/", 1)[1] for n in names if not n.endswith("/")}
        committed = run(["git", "ls-tree", "-r", "--name-only", "HEAD"], cwd=ROOT).splitlines()
        self.assertEqual(names, set(committed))
        self.as_builder("tar", "-xf", archive)

    def test_2_debians_package_builds(self):
        source = next(self.home.glob("costfs-*/debian")).parent
        self.as_builder("dpkg-buildpackage", "-us", "-uc", cwd=source)
        self.assertEqual(run(["dpkg-deb", "-f", self.built("costfs_*.deb"), "Package"]), "costfs\n")

    def test_3_lintian_has_no_error_and_no_warning(self):
        options = ["--fail-on", "error,warning", "-i", "-I", "--pedantic"]
        said = self.as_builder("lintian", *options, self.built("costfs_*.changes"))
        self.assertEqual(re.findall(r"^[EW]: .*", said, re.M), [])

    def test_4_the_rpm_builds(self):
        tops = self.home / "rpm"
        words = ["rpmbuild", "--nodeps", f"--load={HERE / 'rpm.macros'}"]
        words += ["--define", f"_topdir {tops}", "-tb", self.built("costfs-*.tar.xz")]
        self.as_builder(*words)
        files = run(["rpm", "-qlp", self.built("costfs-*.rpm")]).splitlines()
        deb = run(["dpkg-deb", "-c", self.built("costfs_*.deb")])
        programs = re.findall(r" \.(/usr/s?bin/[^/ ]+|/usr/lib/.*@\.service)$", deb, re.M)
        programs += re.findall(r" \.(/usr/s?bin/[^/ ]+) ->", deb)
        self.assertGreater(len(programs), 4)
        self.assertEqual([p for p in programs if p not in files], [])

    def folder(self, name, *files):
        """Of what a system of its own is given: the package, one that is newer, some files."""
        deb = self.built("costfs_*.deb")
        folder, again = self.tmp / name, self.tmp / "again"
        folder.mkdir()
        shutil.copy(deb, folder / "first.deb")
        for file in ("inside.py", *files):
            shutil.copy(HERE / file, folder)
        run(["dpkg-deb", "-R", deb, again])
        control = again / "DEBIAN/control"
        control.write_text(re.sub(r"^(Version: .*)$", r"\1+next", control.read_text(), flags=re.M))
        run(["dpkg-deb", "--root-owner-group", "-b", again, folder / "second.deb"])
        shutil.rmtree(again)
        return folder

    @unittest.skipUnless(os.getuid() == 0, "only root can")
    def test_5_it_is_installed_upgraded_and_removed_while_it_mounts(self):
        folder = self.folder("alone", "installed.py", ROOT / "debian/tests/mount")
        words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", HERE / "root.sh"]
        Packages.said += run([*words, folder, "installed.py"])

    @unittest.skipUnless(os.getuid() == 0, "only root can")
    def test_6_systemd_runs_its_units_and_they_outlive_an_upgrade(self):
        folder = self.folder("booted", "booted.py")
        words = ["unshare", "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--fork",
                 "--kill-child", HERE / "root.sh", folder, "booted.py", "systemd"]
        # The end of systemd is that of its namespace, killed by the kernel.
        subprocess.run(words, stdin=subprocess.DEVNULL, check=False,
                       timeout=SECONDS)
        said = (folder / "said").read_text()
        self.assertRegex(said, r"(?m)^OK( \(skipped=1\))?$")
        Packages.said += said


if __name__ == "__main__":
    result = unittest.main(verbosity=2, failfast=True, exit=False).result
    print(Packages.said, file=sys.stderr)
    sys.exit(not result.wasSuccessful())
