"""Appwrite's TablesDB on loopback, for the unmodified SDK: validates, answers as recorded, and fails on command."""

from tests.fakes.appwrite.clock import Clock
from tests.fakes.appwrite.faults import Fault, Faults
from tests.fakes.appwrite.server import AppwriteStandin, Call

__all__ = ["AppwriteStandin", "Call", "Clock", "Fault", "Faults"]
