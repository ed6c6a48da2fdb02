"""What this site set for itself: weights of rules, and words of its own list."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator

from comments.models import Comment, Watchword, Weight
from comments.signals import RULES, Signal

from .texts import GAP, Found, Text, folded

REMEMBERED = 10.0  # seconds; another process has a new word that much later
LOOKED_BACK = 1000  # published replies
PLACES = 5  # of one rule in one reply, at most
LISTED = {"watchword", "spam word"}  # each word of a list has a weight of its own
ORDER = {rule: number for number, rule in enumerate(RULES)}


class Phrases:
    """Words and phrases to look for: whole words, folded like the text."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_first: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
        self._signs: list[tuple[str, str]] = []  # without any letter: “$$$”
        for phrase in phrases:
            words = re.findall(r"\w+", folded(phrase))
            if words:
                whole = re.compile(rf"(?<!\w){GAP.join(map(re.escape, words))}(?!\w)")
                self._by_first.setdefault(words[0], []).append((phrase, whole))
            elif sign := folded(phrase).strip():
                self._signs.append((phrase, sign))

    def places(self, text: Text) -> Iterator[tuple[str, int, int]]:
        """Each phrase that the text has, and where it is first."""
        for word in text.words & self._by_first.keys():
            for phrase, whole in self._by_first[word]:
                if match := whole.search(text.folded):
                    yield phrase, *match.span()
        for phrase, sign in self._signs:
            if (start := text.folded.find(sign)) >= 0:
                yield phrase, start, start + len(sign)


class Lists:
    """The rows, read once for a while."""

    def __init__(self) -> None:
        self.read_at = time.monotonic()
        self.weights = dict(Weight.objects.values_list("rule", "weight"))
        self.watchwords = {word.phrase: word for word in Watchword.objects.all()}
        self.phrases = Phrases(self.watchwords)

    @property
    def are_fresh(self) -> bool:
        return time.monotonic() - self.read_at < REMEMBERED


_remembered: Lists | None = None


def forget() -> None:
    """Somebody changed them: read them anew."""
    global _remembered
    _remembered = None


def watchwords(text: Text) -> Iterator[Found]:
    """Words of this site's own list."""
    global _remembered
    if _remembered is None or not _remembered.are_fresh:
        _remembered = Lists()
    for phrase, start, end in _remembered.phrases.places(text):
        word = _remembered.watchwords[phrase]
        yield text.found("spam word" if word.is_spam else "watchword", start, end, phrase)


def weighed(found: Iterable[Found]) -> list[Signal]:
    """As moderators read them. A rule whose weight somebody set to nothing is off.

    When the rows could not be read, the rules weigh what they do by default.
    """
    times: Counter[str] = Counter()
    signals = []
    for rule, start, end, detail in sorted(found, key=lambda each: ORDER[each.rule]):
        weight = _weight(rule, detail)
        times[rule] += 1
        if weight is not None and times[rule] <= PLACES:
            signals.append(Signal(rule, weight, start, end, detail))
    return signals


def _weight(rule: str, detail: str) -> float | None:
    default = RULES[rule].weight
    if _remembered is None:
        return default
    if rule in LISTED:
        return (
            _remembered.watchwords[detail].weight if detail in _remembered.watchwords else default
        )
    if RULES[rule].is_fixed or rule not in _remembered.weights:
        return default
    return _remembered.weights[rule] or None


def would_hold(phrases: Iterable[str]) -> list[Comment]:
    """A dry run: which of the last thousand published replies these words would have held."""
    wanted = Phrases(phrases)
    latest = Comment.objects.published().filter(author=None).select_related("post__author")
    return [
        comment
        for comment in latest.defer("body_html").order_by("-published_at", "-pk")[:LOOKED_BACK]
        if any(wanted.places(Text(comment.body)))
    ]
