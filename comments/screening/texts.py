"""A reply's text, made ready once for all rules: folded, and every place known as typed.

Rules are linear in the text's length. Their patterns repeat nothing without a bound, and a blank
in them stands for a few characters that are in no word: two pages of blanks cost no more than one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property
from typing import NamedTuple

LONGEST = 50_000  # more is not looked at
GAP = r"(?:\W{1,4})"

# Letters that stand in for Latin ones, and some that do not come apart.
LOOK_ALIKES = dict(
    zip("авекмнорстухіјѕԁһԛԝαβεικνορτυχμłøđı", "abekmhopctyxijsdhqwabeikvoptuxulodi", strict=True)
)
DASHES = dict.fromkeys("‐‑‒–—―−", "-")
APOSTROPHES = "'’‘`´ʼ"
REMEMBERED = 4096


class _Folds(dict[int, str | None]):
    """What each character becomes, worked out when it is first met."""

    def __missing__(self, code: int) -> str | None:
        folded = _fold(chr(code))
        if len(self) < REMEMBERED:
            self[code] = folded
        return folded


def _fold(char: str) -> str | None:
    """Without case, accents, widths and what cannot be seen; None: nothing is left."""
    if char in APOSTROPHES:
        return None
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    seen = (c for c in plain if unicodedata.category(c) not in {"Mn", "Me", "Cf"})
    # Some signs stand for a whole sentence: a page of them must not become a book.
    return "".join(LOOK_ALIKES.get(c) or DASHES.get(c) or c for c in seen)[:4] or None


_FOLDS = _Folds({code: _fold(chr(code)) for code in range(128)})


def folded(text: str) -> str:
    """As all rules and all lists compare it."""
    return text.translate(_FOLDS)


def pattern(*phrases: str) -> re.Pattern[str]:
    """One pattern for phrases of folded text: whole words, with a blank for what is between."""
    return re.compile(rf"\b(?:{'|'.join(phrases)})(?!\w)".replace(" ", GAP))


def cues(words: str) -> frozenset[str]:
    """Folded words of which a text must have one, for a rule to look any further."""
    return frozenset(words.split())


class Found(NamedTuple):
    """A rule met this, from there to there in the text as typed; -1: all of it."""

    rule: str
    start: int = -1
    end: int = -1
    detail: str = ""


class Text:
    """What was typed, and the same folded."""

    def __init__(self, typed: str) -> None:
        self.typed = typed[:LONGEST]
        self.is_whole = len(typed) <= LONGEST
        self.folded = folded(self.typed)

    @cached_property
    def tokens(self) -> list[str]:
        """Its words, in order."""
        return re.findall(r"\w+", self.folded)

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(self.tokens)

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        return [match.span() for match in re.finditer(r"\w+", self.folded)]

    @cached_property
    def _places(self) -> list[int]:
        """For each folded character, where it was typed."""
        return [
            place for place, char in enumerate(self.typed) for _each in (_FOLDS[ord(char)] or "")
        ]

    def has_any(self, cues: frozenset[str]) -> bool:
        """Whether a rule has anything to look for: most texts end here."""
        return not cues.isdisjoint(self.words)

    def found(self, rule: str, start: int, end: int, detail: str = "") -> Found:
        """What was met between two places of the folded text."""
        return Found(rule, self._places[start], self._places[end - 1] + 1, detail)

    def between(self, rule: str, first: int, last: int) -> Found:
        """What was met from one word to another, by their numbers."""
        return self.found(rule, self._spans[first][0], self._spans[last][1])

    def sentence(self, start: int, end: int) -> str:
        """The folded sentence around two places, as far as is near."""
        before = re.split(r"[.!?\n]\s", self.folded[max(0, start - 160) : start])[-1]
        after = re.split(r"[.!?\n](?:\s|$)", self.folded[end : end + 160], maxsplit=1)[0]
        return before + self.folded[start:end] + after
