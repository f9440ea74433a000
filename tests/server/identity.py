"""Who signs: keys, account, ARN, and what is denied."""
import fnmatch
import itertools
import time

_numbers = itertools.count(1)


class Identity:
    """deny: patterns of actions ("s3:GetObject", "kms:*") that this one may not do.
    expires: seconds since 1970; the keys are refused from then on."""

    def __init__(
        self,
        access_key="AKIAIOSFODNN7EXAMPLE",
        secret="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        token=None,
        account="123456789012",
        arn=None,
        user_id=None,
        expires=None,
        deny=(),
    ):
        self.access_key = access_key
        self.secret = secret
        self.token = token
        self.account = account
        self.arn = arn or f"arn:aws:iam::{account}:user/tester"
        self.user_id = user_id or "AIDA" + access_key[4:]
        self.expires = expires
        self.deny = tuple(deny)

    def may(self, action):
        return not any(fnmatch.fnmatchcase(action, pattern) for pattern in self.deny)

    def has_expired(self, now):
        return self.expires is not None and now >= self.expires


def temporary(account, arn, seconds, deny=(), now=None):
    """Fresh keys with a session token; no two are alike."""
    number = next(_numbers)
    return Identity(
        access_key=f"ASIATEMPORARY{number:07d}",
        secret=f"temporary/Secret+{number:07d}/0123456789abcdef",
        token=f"IQoJtemporary//Token+{number:07d}==",
        account=account,
        arn=arn,
        user_id=f"AROATEMPORARY:{number}",
        expires=(now or time.time()) + seconds,
        deny=deny,
    )


def assumed(role_arn, session):
    """The ARN that a role's session has."""
    parts = role_arn.split(":")
    role = parts[5].rpartition("/")[2]
    return f"{parts[0]}:{parts[1]}:sts::{parts[4]}:assumed-role/{role}/{session}"
