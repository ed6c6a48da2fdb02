"""What screening notices in a reply: which rule, where in the text, and how heavy it weighs.

Pure: knows no row and no database. The words for each rule are what a moderator reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Rule(NamedTuple):
    """One thing to notice. `weight`: what it adds by default; staff may change that."""

    words: Promise
    weight: float
    is_care: bool = False  # somebody may be at the end of their strength
    is_spam: bool = False  # counts towards the lane “probably spam”


RULES: dict[str, Rule] = {
    "honeypot": Rule(_("A field that people cannot see was filled in."), 5, is_spam=True),
    "too fast": Rule(_("It was sent within two seconds."), 1, is_spam=True),
    "many from here": Rule(
        _("More than 60 replies came from the same connection within the hour."), 1, is_spam=True
    ),
}
SPAM_FROM = 3.0  # so much weight of spam rules, and it lies in that lane


@dataclass(frozen=True)
class Signal:
    """One thing noticed. `start` and `end` are places in the text as typed; -1: all of it."""

    rule: str
    weight: float
    start: int = -1
    end: int = -1
    detail: str = ""  # a word of our own or of our lists; never of the reply

    @property
    def words(self) -> str:
        rule = RULES.get(self.rule)
        words = str(rule.words) if rule else self.rule
        return f"{words} ({self.detail})" if self.detail else words

    def as_json(self) -> dict[str, Any]:
        return {
            key: value
            for key, value in vars(self).items()
            if value not in (-1, "") or key in {"rule", "weight"}
        }


def read(stored: list[dict[str, Any]]) -> list[Signal]:
    """Those that a row keeps; what an older release wrote is read as far as it goes."""
    known = Signal.__dataclass_fields__
    return [
        Signal(**{"weight": 0} | {k: v for k, v in each.items() if k in known}) for each in stored
    ]


def are_care(signals: list[Signal]) -> bool:
    return any(RULES[s.rule].is_care for s in signals if s.rule in RULES)


def are_spam(signals: list[Signal]) -> bool:
    weights = (s.weight for s in signals if s.rule in RULES and RULES[s.rule].is_spam)
    return sum(weights) >= SPAM_FROM
