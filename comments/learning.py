"""The learned filter: how much a reply looks like what was called spam here before.

Naive Bayes over this site's own decisions, counted in the database; no network. It gives a number
and the words that it comes from, and decides nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from comments.models import Comment, Word
from comments.vocabulary import words_in

ENOUGH = 20  # spam replies, and others: with fewer of either it has no opinion
HELD_FROM = 0.6  # from here on it is worth a moderator’s look
# What we think of a word before it was ever seen, as if a third of a reply of each kind had had it.
DOUBT = 0.7
# Only words that stand e times as often in one kind as in the other: a long text is not judged by
# hundreds that say nothing.
LEAST = 1.0
TOP = 8
AT_ONCE = 1_000


@dataclass(frozen=True)
class Opinion:
    """`spam`: from 0 to 1; None while too little is known. `words` speak for spam, most first.

    The words are the reply's, and other readers': for moderators alone, and for no log.
    """

    spam: float | None = None
    words: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return self.spam is not None and self.spam >= HELD_FROM


def opinion(text: str) -> Opinion:
    """What the filter thinks of a text; one query."""
    counts = Word.objects.counts(words_in(text))
    spam_replies, ham_replies = counts.pop("", (0, 0))
    if min(spam_replies, ham_replies) < ENOUGH:
        return Opinion()
    odds = {
        word: _log_odds(spam / spam_replies, ham / ham_replies, spam + ham)
        for word, (spam, ham) in counts.items()
    }
    return _summed_up({word: each for word, each in odds.items() if abs(each) >= LEAST})


def catch_up(most: int = AT_ONCE) -> int:
    """Learn from those whose ring was lost, or was late."""
    return sum(reply.learn() for reply in Comment.objects.untaught()[:most])


def _summed_up(odds: dict[str, float]) -> Opinion:
    total = max(-500.0, min(500.0, sum(odds.values())))
    heaviest = sorted(odds, key=lambda word: (-odds[word], word))
    words = [word for word in heaviest[:TOP] if odds[word] > 0]
    return Opinion(1 / (1 + math.exp(-total)), words)


def _log_odds(spam: float, ham: float, replies: int) -> float:
    """How much a word speaks for spam. Seen rarely, it says little (after Robinson)."""
    seen = spam / (spam + ham)
    believed = (DOUBT * 0.5 + replies * seen) / (DOUBT + replies)
    return math.log(believed / (1 - believed))
