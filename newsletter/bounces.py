"""Why a mail did not arrive, whose fault that is, and when it is enough: one answer for all ways.

A mail server's own answer, a report that comes by mail, and a company's report all end here.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from anymail.signals import RejectReason

# Enhanced status codes (RFC 3463) that are about the address alone. 5.4.1 is Exchange Online's.
NO_SUCH_ADDRESS = {"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.1"}
# The letter, our sender, or what the two servers said to each other; also when it came to nothing
# only after days (4.7.x).
ABOUT_US = re.compile(r"5\.1\.[78]|5\.2\.3|[45]\.[3567]\.\d+")
# A full mailbox, a host that cannot be found: it may be otherwise with the next letter.
PASSES = re.compile(r"4\.|5\.[24]\.")
# Without an enhanced code (RFC 5321): the others are about the conversation.
ABOUT_A_MAILBOX = {"550", "551", "553"}

# `550 5.1.1`, `5.1.1` or `550`, but no network address and no number within a sentence.
ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
BASIC = re.compile(r"\W*([245]\d\d)\b")
# What servers say that have no enhanced code, or one that says nothing (5.0.0).
FULL = re.compile(r"quota|full\b|storage", re.IGNORECASE)
DISLIKED = re.compile(
    r"relay|spam|\bblock|black ?list|polic|reputation|\bspf\b|\bdkim\b|\bdmarc\b|virus|content"
    r"|sender",
    re.IGNORECASE,
)
NOBODY = re.compile(
    r"no such (user|mailbox|recipient|address|person)|(user|mailbox|recipient|address) (unknown|not"
    r" found|does ?n.t exist|does not exist)|unknown user|does ?n.t have a \S+ account",
    re.IGNORECASE,
)

HARD, SOFT = 4.0, 1.0
HALF_LIFE = timedelta(days=30)
ENOUGH = 4  # rounded to whole numbers: four within two weeks, five weekly letters in a row


class Blame(enum.Enum):
    """Whose fault it is that a mail did not arrive. A message's is never held against anybody."""

    ADDRESS = "there is no such mailbox"
    MESSAGE = "this letter, its size or its sender was not liked"
    DEFERRAL = "not now"


def heard(answer: str, reject_reason: str = RejectReason.BOUNCED) -> tuple[str, str]:
    """What a server's words come to: anymail's word for the reason, and the code. No more of them.

    `reject_reason`: what is known of it already.
    """
    basic, enhanced = BASIC.match(answer), ENHANCED.search(answer)
    code = " ".join(found[1] for found in (basic, enhanced) if found)
    is_vague = not enhanced or enhanced[1].endswith(".0.0")
    if is_vague and reject_reason == RejectReason.BOUNCED:
        if FULL.search(answer):
            return RejectReason.TIMED_OUT, code
        if DISLIKED.search(answer):
            return RejectReason.BLOCKED, code
        if NOBODY.search(answer):
            return RejectReason.INVALID, code
    return reject_reason, code


def blame(reject_reason: str, code: str = "") -> Blame:
    """Sort a failure by its code (`550 5.1.1`), else by anymail's word for the reason."""
    basic, enhanced = _parted(code)
    if enhanced in NO_SUCH_ADDRESS:
        return Blame.ADDRESS
    if ABOUT_US.fullmatch(enhanced):
        return Blame.MESSAGE
    if PASSES.match(enhanced) or basic.startswith("4") or reject_reason == RejectReason.TIMED_OUT:
        return Blame.DEFERRAL
    if reject_reason == RejectReason.INVALID:
        return Blame.ADDRESS
    if basic and not enhanced and basic not in ABOUT_A_MAILBOX:
        return Blame.MESSAGE
    return Blame.ADDRESS if reject_reason == RejectReason.BOUNCED else Blame.MESSAGE


def score(failures: Iterable[tuple[datetime, float]], at: datetime) -> float:
    """What failures until then weigh together; each counts half after a month."""
    return sum(weight * 0.5 ** ((at - when) / HALF_LIFE) for when, weight in failures if when <= at)


def are_enough(failures: list[tuple[datetime, float]]) -> bool:
    """Whether there was a time at which nobody should have written there any more."""
    return any(round(score(failures, at=when)) >= ENOUGH for when, _weight in failures)


def _parted(code: str) -> tuple[str, str]:
    """The code of three figures and the one with dots; either may be missing, or say nothing."""
    words = code.split()
    basic = next((word for word in words if "." not in word), "")
    enhanced = next((word for word in words if "." in word), "")
    return basic, "" if enhanced.endswith(".0.0") else enhanced
