"""Screening: what stands out in a reply, and whether it may appear at once.

A suspicious reply is held, never refused; a rule that breaks holds it too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from blog.models import Mode, Post, Question
from comments.models import Writer
from comments.signals import RULES, Signal


@dataclass(frozen=True)
class Draft:
    """A reply as it arrives, or other words for one that is there."""

    post: Post
    text: str
    name: str
    email: str = ""
    question: Question | None = None
    # Who it surely is: by this device's cookie or a proved address. None: anybody.
    writer: Writer | None = None
    suspicion: str = ""  # of the form: "honeypot", "too fast"
    is_crowded: bool = False  # very many replies just now, from everywhere
    is_many: bool = False  # very many within the hour from where it comes
    pk: int | None = None  # of the reply that it changes


@dataclass(frozen=True)
class Verdict:
    """Publish it at once, or hold it; and why."""

    publish: bool
    signals: list[Signal] = field(default_factory=list)


@dataclass(frozen=True)
class Hint:
    """A gentle word before sending: about this place in the text (-1: not about the text)."""

    words: str
    start: int = -1
    end: int = -1


def judge(draft: Draft) -> Verdict:
    """The verdict over one reply."""
    fired = [draft.suspicion] if draft.suspicion else []
    fired += ["many from here"] if draft.is_many else []
    signals = [Signal(rule, RULES[rule].weight) for rule in fired]
    mode = draft.post.mode_for(draft.question)
    trusted = draft.writer is not None and draft.writer.is_trusted
    publish = mode == Mode.OPEN or (mode == Mode.FIRST and trusted)
    return Verdict(publish and not signals, signals)


def hints(draft: Draft) -> list[Hint]:
    """What its writer may want to look at before sending. They may send it all the same."""
    return []
