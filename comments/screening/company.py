"""What is known of others: whose name it is, what came before, what was spam here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from comments import learning
from comments.models import Comment, Writer
from comments.models.writers import TRUSTED_AFTER
from comments.names import name_key

from .own import Phrases
from .texts import Found, Text

LOOKED_AT = 50  # replies under the same name


def same_name(name: str, writer: Writer | None) -> Iterator[Found]:
    """The name of somebody whose replies appear at once, from who did not show to be them."""
    key = name_key(name)
    writers = Comment.objects.writers_called(key, LOOKED_AT) if key else []
    counts = Counter(pk for pk in writers if writer is None or pk != writer.pk)
    if any(count >= TRUSTED_AFTER for count in counts.values()):
        yield Found("same name")


def repeats(text: Text, writer: Writer | None) -> Iterator[Found]:
    """Others said nearly the same. Who says something twice repeats nobody."""
    if Comment.objects.repeats_of(text.typed, besides=writer):
        yield Found("repeat")


def learned(text: Text) -> Iterator[Found]:
    """What the learned filter thinks, with the words that made it think so. It decides nothing."""
    opinion = learning.opinion(text.typed)
    if opinion.holds:
        yield Found("learned")
        for _phrase, start, end in Phrases(opinion.words).places(text):
            yield text.found("learned", start, end)
