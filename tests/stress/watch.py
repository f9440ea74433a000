"""Watches processes for threads that nothing can wake, and tells what a daemon does."""
import os
import pathlib
import subprocess
import threading
import time

LOOK_SECONDS = 0.05


def _state(task):
    """(state, how often it waited) of a thread; None when it is gone."""
    try:
        text = (task / "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return fields["State"].split()[0], fields["voluntary_ctxt_switches"].strip()


def _text(path):
    try:
        return path.read_text(errors="replace").strip()
    except OSError as e:
        return e.strerror


def tasks(pid):
    """What each thread of the process waits for, as the kernel tells it."""
    told = []
    for task in sorted(pathlib.Path(f"/proc/{pid}/task").glob("*")):
        told.append(f"{task.name} {_text(task / 'comm')}: {(_state(task) or '?')[0]} in "
                    f"{_text(task / 'wchan')}, syscall {_text(task / 'syscall')}\n"
                    f"{_text(task / 'stack')}")
    return "\n".join(told)


def stacks(pid):
    """By gdb, where there is one."""
    try:
        done = subprocess.run(
            ["gdb", "-batch", "-nx", "-p", str(pid), "-ex", "thread apply all bt 24"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    except (FileNotFoundError, subprocess.TimeoutExpired) as e:
        return str(e)
    return done.stdout.decode(errors="replace")


class Watch(threading.Thread):
    """found: what a thread of the processes was, that stayed in state D for longer than the
    limit, within one wait; told once."""

    def __init__(self, limit_seconds):
        super().__init__(daemon=True)
        self.limit = limit_seconds
        self.found = None
        self.longest = 0.0
        self.lock = threading.Lock()
        self.pids = set()
        self.waits = {}
        self.ended = threading.Event()

    def add(self, pid):
        with self.lock:
            self.pids.add(pid)

    def remove(self, pid):
        with self.lock:
            self.pids.discard(pid)

    def run(self):
        while not self.ended.wait(LOOK_SECONDS):
            with self.lock:
                pids = list(self.pids)
            seen = {}
            for pid in pids:
                for task in pathlib.Path(f"/proc/{pid}/task").glob("*"):
                    self._look(task, seen)
            self.waits = seen

    def _look(self, task, seen):
        state = _state(task)
        if state is None or state[0] != "D":
            return
        now = time.monotonic()
        since, count = self.waits.get(task, (now, state[1]))
        seen[task] = (since, count) if count == state[1] else (now, state[1])
        lasted = now - seen[task][0]
        self.longest = max(self.longest, lasted)
        if lasted > self.limit and self.found is None:
            self.found = f"{task} is in state D for {lasted:.1f} s:\n" + tasks(task.parts[2])

    def stop(self):
        self.ended.set()
        self.join()


def open_files(pid):
    """What the process has open."""
    found = []
    for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(os.readlink(fd))
        except OSError:
            pass
    return sorted(found)


def peak_mib(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmHWM:")[1].split()[0]) // 1024
