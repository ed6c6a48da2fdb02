"""Why a mail did not arrive, and whose fault that is: one answer for every way to hear of it."""

from __future__ import annotations

import enum

from anymail.signals import RejectReason

# Enhanced status codes (RFC 3463) that are about the address alone.
NO_SUCH_ADDRESS = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}
MAILBOX_FULL = "5.2.2"
TOO_LARGE = {"5.2.3", "5.3.4"}
CONTENT_OR_POLICY = ("5.6.", "5.7.")


class Blame(enum.Enum):
    """Whose fault it is that a mail did not arrive. Only the first is held against an address."""

    ADDRESS = "there is no such mailbox"
    MESSAGE = "this letter, its size or its sender was not liked"
    DEFERRAL = "not now"


def blame(reject_reason: str, code: str = "") -> Blame:
    """Sort a failure by its code (`550 5.1.1`), else by anymail's word for the reason."""
    basic, enhanced = _parted(code)
    if enhanced in NO_SUCH_ADDRESS:
        return Blame.ADDRESS
    if enhanced == MAILBOX_FULL or (enhanced or basic).startswith("4"):
        return Blame.DEFERRAL
    if enhanced in TOO_LARGE or enhanced.startswith(CONTENT_OR_POLICY):
        return Blame.MESSAGE
    if not enhanced and basic in {"552", "554"}:
        return Blame.MESSAGE
    if reject_reason in {RejectReason.BOUNCED, RejectReason.INVALID}:
        return Blame.ADDRESS
    return Blame.DEFERRAL if reject_reason == RejectReason.TIMED_OUT else Blame.MESSAGE


def _parted(code: str) -> tuple[str, str]:
    """The code of three figures and the one with dots; either may be missing."""
    words = code.split()
    basic = next((word for word in words if "." not in word), "")
    return basic, next((word for word in words if "." in word), "")
