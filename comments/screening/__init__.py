"""Screening: what stands out in a reply, and whether it may appear at once.

A suspicious reply is held, never refused; a rule that breaks, or takes too long, holds it too.
First is asked what the text says, which costs little; then what the database knows, until it is
decided where the reply waits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from blog.models import Mode, Post, Question
from comments.models import Writer
from comments.names import name_key
from comments.signals import Signal

from . import company
from .own import would_hold
from .reading import Reading

__all__ = ["Draft", "Hint", "Verdict", "hints", "judge", "would_hold"]


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

    @cached_property
    def reading(self) -> Reading:
        """Read once, for the gentle words and for the verdict."""
        return Reading(self.text)

    @cached_property
    def is_trusted(self) -> bool:
        return self.writer is not None and self.writer.is_trusted


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
    """The verdict over one reply. Whatever stands out holds it, in every mode."""
    reading = draft.reading
    if draft.suspicion:
        reading.note(draft.suspicion)
    if draft.is_many:
        reading.note("many from here")
    if not draft.is_trusted and not reading.is_decided:
        reading.ask(company.same_name, draft.name, draft.writer)
    if not reading.is_decided:
        reading.ask(company.repeats, reading.text, draft.writer)
    if not reading.is_decided:
        reading.ask(company.learned, reading.text)
    noticed, waits = reading.signals, _why_it_waits(draft)
    publish = not waits and not any(signal.weight for signal in noticed)
    return Verdict(publish, [*noticed, *(Signal(rule, 0) for rule in waits)])


def _why_it_waits(draft: Draft) -> list[str]:
    """Why it would wait although nothing stood out in it."""
    mode = draft.post.mode_for(draft.question)
    reasons = {
        "crowd": draft.is_crowded,
        "away": draft.post.publication.is_away,
        "quiet": draft.post.is_quiet_at(timezone.now()),
        "closed": mode == Mode.CLOSED,
        "all": mode == Mode.ALL,
        "first": mode == Mode.FIRST and not draft.is_trusted,
    }
    return [rule for rule, holds in reasons.items() if holds]


# What its writer may still mend, by the rule that found it.
GENTLE = {
    "phone": gettext_lazy(
        "There is a telephone number in it, and this page is open to everyone. "
        "Could you leave it out?"
    ),
    "e-mail": gettext_lazy(
        "There is an e-mail address in it, and this page is open to everyone. "
        "Could you leave it out?"
    ),
    "address": gettext_lazy(
        "There is a postal address in it, and this page is open to everyone. "
        "Could you leave it out?"
    ),
    "birth": gettext_lazy("There is a whole date of birth in it. Would the year be enough?"),
    "doctor": gettext_lazy(
        "It names a doctor, who cannot answer here. Could you say “my doctor” instead?"
    ),
    "advice": gettext_lazy(
        "This reads like advice to start, stop or change a medicine. "
        "Could you say only what happened to you, or to somebody near you?"
    ),
    "dose": gettext_lazy(
        "This tells people a dose, and theirs may be another. Could you say only what yours was?"
    ),
    "cure": gettext_lazy(
        "This reads as if something cures MS. Could you say only what happened to you?"
    ),
    "clinic": gettext_lazy("This sends people to a clinic. That is against our house rules."),
    "price": gettext_lazy("This offers something for money. That is against our house rules."),
    "advert": gettext_lazy("This offers something for money. That is against our house rules."),
}


def hints(draft: Draft) -> list[Hint]:
    """What its writer may want to look at before sending. They may send it all the same."""
    gentle = [
        Hint(str(GENTLE[signal.rule]), signal.start, signal.end)
        for signal in draft.reading.signals
        if signal.rule in GENTLE
    ]
    if _is_in_address(draft.name, draft.email):
        gentle.append(
            Hint(_("The name is the one of your e-mail address. A nickname is fine here."))
        )
    return gentle


def _is_in_address(name: str, email: str) -> bool:
    """A whole name, first and last, that is what stands before the @."""
    box = name_key(email.partition("@")[0].partition("+")[0])
    return len(name.split()) > 1 and box in {name_key(name), name_key("".join(name.split()[::-1]))}
