"""All rules over one text, in their order and within their time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator

from comments import signals
from comments.signals import Signal

from . import care, health, manner, own, personal, selling
from .texts import Found, Text

log = logging.getLogger("afterword.screening")
SECONDS = 0.150  # of computing, for all rules together

# Whoever needs care is found first, whatever happens to the rules after it.
TEXT_RULES: list[Callable[[Text], Iterator[Found]]] = [
    care.crisis,
    care.young,
    health.advice,
    health.doses,
    health.cures,
    selling.selling,
    personal.phones,
    personal.addresses,
    personal.places,
    personal.births,
    personal.doctors,
    manner.insults,
    manner.capitals,
    own.watchwords,
]


class Reading:
    """What the rules find in one text. Each is asked once, until the time is over."""

    def __init__(self, typed: str) -> None:
        self.until = time.thread_time() + SECONDS
        self.found: dict[Found, None] = {}
        self.text = Text("")
        self.ask(self._prepare, typed)
        for rule in TEXT_RULES:
            self.ask(rule, self.text)

    @property
    def signals(self) -> list[Signal]:
        """With the weights of this site; a rule that is off found nothing."""
        return own.weighed(self.found)

    @property
    def is_decided(self) -> bool:
        """It is clear where the reply waits: nobody has to ask the database."""
        noticed = self.signals
        return signals.are_care(noticed) or signals.are_spam(noticed)

    def note(self, rule: str) -> None:
        self.found[Found(rule)] = None

    def ask(self, rule: Callable[..., Iterable[Found]], *facts) -> None:
        """A rule that raises, or comes too late, finds that somebody should look."""
        if time.thread_time() > self.until:
            return self._give_up(rule, "out of time")
        try:
            for each in rule(*facts):
                self.found[each] = None
        except Exception as error:
            self._give_up(rule, type(error).__name__)

    def _prepare(self, typed: str) -> list[Found]:
        self.text = Text(typed)
        return [] if self.text.is_whole else [Found("unchecked")]

    def _give_up(self, rule: Callable[..., Iterable[Found]], why: str) -> None:
        """Never with the error's own words: they may quote the reply."""
        self.note("unchecked")
        log.warning("rule %s: %s", getattr(rule, "__name__", "?"), why)
