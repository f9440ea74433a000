"""For scripts that root.sh runs in a system of its own."""
import pathlib
import subprocess
import time

PACKAGE = pathlib.Path("/run/package")
HOME = pathlib.Path("/home/alice")
SOME = "last-month/lines.csv"
SOME_LINES = 22144  # as in README.md


def run(*words, is_checked=True, **more):
    """What it prints, of both kinds."""
    done = subprocess.run(
        [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=120, check=False, **more,
    )
    if is_checked and done.returncode:
        raise AssertionError(f"{words}: {done.returncode}: {done.stdout}")
    return done.stdout


def as_alice(*words, **more):
    who = ("setpriv", "--reuid=alice", "--regid=alice", "--init-groups", "--reset-env", "env",
           f"XDG_RUNTIME_DIR=/run/user/{run('id', '-u', 'alice').strip()}")
    return run(*who, *words, cwd=HOME, **more)


def wait_until(condition, what):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)
