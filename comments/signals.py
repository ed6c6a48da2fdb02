"""What screening notices in a reply: which rule, where in the text, and how heavy it weighs.

Pure: knows no row and no database. The words for each rule are what a moderator reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Rule(NamedTuple):
    """One thing to notice. `weight`: what it adds by default; a rule of no weight is a note."""

    words: Promise
    weight: float
    is_care: bool = False  # somebody may be at the end of their strength
    is_spam: bool = False  # counts towards the lane “probably spam”
    is_fixed: bool = False  # nobody weighs it: it follows from settings, or must never be off


# In the order in which moderators read them.
RULES: dict[str, Rule] = {
    "crisis": Rule(
        _("Somebody may be at the end of their strength."), 5, is_care=True, is_fixed=True
    ),
    "under 16": Rule(_("Its writer seems to be younger than 16."), 1),
    "advice": Rule(_("It may tell people to start, stop or change a medicine."), 1),
    "dose": Rule(_("It tells people a dose."), 1),
    "own dose": Rule(_("It names a dose, as their own."), 0),
    "cure": Rule(_("It says that something cured MS, or hides a cure."), 1),
    "clinic": Rule(_("It speaks of a clinic, a cure or a guarantee beside a link."), 2),
    "advert": Rule(_("It asks people to book, to buy or to call."), 1),
    "price": Rule(_("It names a price or a discount."), 1, is_spam=True),
    "links": Rule(_("It has a link."), 1, is_spam=True),
    "many links": Rule(_("It has more than four links."), 2, is_spam=True),
    "praise": Rule(_("It praises as robots do, and has a link."), 1, is_spam=True),
    "phone": Rule(_("It has a number like a telephone’s."), 1),
    "e-mail": Rule(_("It has an e-mail address."), 1),
    "address": Rule(_("It has a postal address."), 1),
    "birth": Rule(_("It has a whole date of birth."), 1),
    "doctor": Rule(_("It names a doctor."), 1),
    "insult": Rule(_("It may insult somebody."), 1),
    "capitals": Rule(_("Most of it is in capitals."), 1),
    "watchword": Rule(_("It has a word of your list."), 1, is_fixed=True),
    "spam word": Rule(_("It has a spam word of your list."), 1, is_spam=True, is_fixed=True),
    "repeat": Rule(_("Nearly the same words came before."), 2, is_spam=True),
    "learned": Rule(_("It is like what was spam here before."), 2, is_spam=True),
    "same name": Rule(_("Same name as somebody known, not confirmed."), 1),
    "honeypot": Rule(_("A field that people cannot see was filled in."), 5, is_spam=True),
    "too fast": Rule(_("It was sent within two seconds."), 1, is_spam=True),
    "many from here": Rule(
        _("More than 60 replies came from the same connection within the hour."), 1, is_spam=True
    ),
    "unchecked": Rule(_("Not all of it could be checked."), 1, is_fixed=True),
    # Why it waits although nothing stands out.
    "crowd": Rule(_("Very many replies came just then, so all of them wait."), 0, is_fixed=True),
    "away": Rule(_("Away is on, so all replies wait."), 0, is_fixed=True),
    "quiet": Rule(_("It came in the quiet hours, when all replies wait."), 0, is_fixed=True),
    "first": Rule(_("The first two replies of each person wait."), 0, is_fixed=True),
    "all": Rule(_("All replies wait here."), 0, is_fixed=True),
    "closed": Rule(_("Replies were closed while it was written."), 0, is_fixed=True),
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


def sentences(signals: Iterable[Signal]) -> list[str]:
    """Why it waits, each reason once."""
    return list(dict.fromkeys(signal.words for signal in signals))


def phrases(signals: Iterable[Signal], text: str) -> list[str]:
    """What stood out in that text, to be marked there; each once."""
    places = ((signal.start, signal.end) for signal in signals if 0 <= signal.start < signal.end)
    return list(dict.fromkeys(filter(None, (text[start:end] for start, end in places))))


def are_care(signals: Iterable[Signal]) -> bool:
    return any(RULES[s.rule].is_care for s in signals if s.rule in RULES)


def are_spam(signals: Iterable[Signal]) -> bool:
    """A rule counts once, at however many places it was found; each word of a list for itself."""
    weights = {(s.rule, s.detail): s.weight for s in signals if _is_spam(s)}
    return sum(weights.values()) >= SPAM_FROM


def _is_spam(signal: Signal) -> bool:
    return signal.rule in RULES and RULES[signal.rule].is_spam
