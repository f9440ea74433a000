#!/usr/bin/env python3
"""Prints the results in meson's JSON test logs, one a line: passed, failed or skipped.

testlog.py CONFIGURATION MAY_SKIP STATUS LOG...

A skip whose test does not match MAY_SKIP (a regular expression) is a failure: what cannot
run in one place must not go unnoticed in the others. STATUS is that of meson test itself.
"""
import json
import re
import sys

PASSED = {"OK", "EXPECTEDFAIL"}


def verdict(test, may_skip):
    """The word for the result of one test, and what to say beside it."""
    if test["result"] in PASSED:
        return "passed", ""
    if test["result"] == "SKIP":
        reason = (test.get("stdout", "") + test.get("stderr", "")).strip().splitlines()
        reason = ": " + reason[-1] if reason else ""
        if re.search(may_skip, test["name"]):
            return "skipped", reason
        return "failed", " was skipped, which is not expected" + reason
    return "failed", f" ({test['result']})"


def main():
    configuration, may_skip, status, *logs = sys.argv[1:]
    tests = []
    for log in logs:
        try:
            with open(log, encoding="utf-8") as lines:
                tests += [json.loads(line) for line in lines]
        except OSError:
            pass
    failed = not tests
    for test in tests:
        word, more = verdict(test, may_skip)
        name = test["name"].split(":", 1)[-1]
        failed = failed or word == "failed"
        print(f"{word}\t{configuration}: {name}{more}")
    if not tests:
        print(f"failed\t{configuration}: no test ran")
    elif status != "0" and not failed:
        print(f"failed\t{configuration}: meson test ended with status {status}")


main()
