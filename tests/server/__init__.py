"""A strict stand-in for AWS on a loopback port: see server.Server and main.py."""
from server.faults import Rule
from server.identity import Identity
from server.s3 import Bucket
from server.server import Server
from server.services import export, report

__all__ = ["Bucket", "Identity", "Rule", "Server", "export", "report"]
