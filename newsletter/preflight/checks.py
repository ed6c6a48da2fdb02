"""What a check is, and the list of all of them."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.functional import Promise

if TYPE_CHECKING:
    from .sheet import Sheet

    Test = Callable[[Sheet], str]


class Level(enum.Enum):
    """`STOP` only for what would harm readers; the rest is the author's to decide."""

    STOP = "stop"
    LOOK = "look"


@dataclass(frozen=True)
class Check:
    name: str | Promise  # said when all is well
    test: Test  # a sentence about what is wrong; empty when all is well
    mend: str | Promise
    level: Level


@dataclass(frozen=True)
class Finding:
    """What is wrong, and how to mend it."""

    name: str | Promise
    says: str
    mend: str | Promise
    level: Level


CHECKS: list[Check] = []


def look(name: str | Promise, *, mend: str | Promise) -> Callable[[Test], Test]:
    """A check whose finding the author may overrule."""
    return _check(name, mend, Level.LOOK)


def stop(name: str | Promise, *, mend: str | Promise) -> Callable[[Test], Test]:
    """A check without which nothing is sent."""
    return _check(name, mend, Level.STOP)


def _check(name, mend, level: Level) -> Callable[[Test], Test]:
    def register(test: Test) -> Test:
        CHECKS.append(Check(name, test, mend, level))
        return test

    return register


def about(sentence: str, those: list[str]) -> str:
    """The sentence with the first few of these in it, quoted; empty when there are none."""
    return sentence % {"those": ", ".join(f"“{one}”" for one in those[:3])} if those else ""
