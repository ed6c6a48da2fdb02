"""A part of a list from elsewhere: its lines what each says, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from newsletter import addresses, tokens
from newsletter.lists.kinds import Entry, Reader, Standing

from .confirming import Confirmation
from .people import Subscriber
from .suppression import Suppression

if TYPE_CHECKING:
    from .imports import Import

ASKED_LATELY = timedelta(days=30)
LONGEST = 1_000  # of a cell that may still be an address
Lines = Iterator[tuple[int, list[str]]]


class Outcome(models.TextChoices):
    """What becomes of a line, in the order in which people want to know."""

    JOINED = "joined", _("They agreed, and the file shows it: they get letters")
    ASKED = "asked", _("Asked once, by mail, whether they want letters")
    WAITING = "waiting", _("Have not confirmed yet: kept so, and not written to")
    KNOWN = "known", _("Here already: left as they are")
    REFUSED = "refused", _("Have left here, or must not be written to: they stay out")
    LEFT = "left", _("Unsubscribed there: kept as unsubscribed")
    UNPROVEN = "unproven", _("The file does not show that they agreed: left out")
    UNCONFIRMED = "unconfirmed", _("Never confirmed there, or in an unknown state: left out")
    BOUNCED = "bounced", _("Their address failed there: left out")
    TWICE = "twice", _("Came before in the same file: counted once")
    INVALID = "invalid", _("Not an e-mail address: left out")
    MISSING = "missing", _("Of these: chose a topic or story that is not here, which is lost")


IN_ORDER = [Outcome.JOINED, Outcome.ASKED, Outcome.WAITING, Outcome.KNOWN]


@dataclass(frozen=True)
class Finding:
    """One outcome, and how many lines had it. Numbers of lines: an address would be in the log."""

    outcome: Outcome
    count: int
    examples: list[int]

    @property
    def words(self) -> str:
        return str(self.outcome.label)

    @property
    def lines(self) -> str:
        """Where to look in the file; only for what somebody may want to mend."""
        if self.outcome in IN_ORDER:
            return ""
        numbers = ", ".join(str(line) for line in self.examples)
        if len(self.examples) < self.count:
            return _("for example in lines %(numbers)s") % {"numbers": numbers}
        return ngettext("in line %(numbers)s", "in lines %(numbers)s", self.count) % {
            "numbers": numbers
        }


STANDINGS = {
    Standing.PROVED: Outcome.JOINED,
    Standing.UNPROVEN: Outcome.UNPROVEN,
    Standing.UNCONFIRMED: Outcome.UNCONFIRMED,
    Standing.BOUNCED: Outcome.BOUNCED,
    Standing.LEFT: Outcome.LEFT,
}


@dataclass(slots=True)
class Arrival:
    """One line whose address is one."""

    line: int
    entry: Entry
    canonical: str
    public_id: str  # of the row that it may become


@dataclass
class Part:
    """So many lines, and what becomes of each."""

    last_line: int = 0
    arrivals: list[Arrival] = field(default_factory=list)
    lines: dict[str, list[int]] = field(default_factory=dict)  # outcome -> numbers
    people: dict[str, list[Arrival]] = field(default_factory=dict)  # outcome -> those to write

    @classmethod
    def read(cls, lines: Lines, reader: Reader, size: int) -> Part | None:
        """The next lines; None: there are none."""
        part = cls()
        for number, cells in islice(lines, size):
            part.last_line = number
            if not any(cells):
                continue
            entry = reader(cells)
            try:
                entry.email = addresses.clean(entry.email[:LONGEST])
            except ValidationError:
                part.note(Outcome.INVALID, number)
                continue
            public_id = entry.record["public_id"] if entry.record else tokens.public_id()
            canonical = addresses.canonical(entry.email)
            part.arrivals.append(Arrival(number, entry, canonical, public_id))
        return part if part.last_line else None

    def note(self, outcome: Outcome, line: int) -> None:
        self.lines.setdefault(outcome.value, []).append(line)

    def sort(self, its: Import, seen: set[str] | None = None) -> None:
        """Decide what becomes of each. `seen`: who came before in this file, where no row says."""
        here = _here(arrival.canonical for arrival in self.arrivals)
        strangers = [it.entry.email for it in self.arrivals if it.canonical not in here]
        refused = Suppression.objects.refused_to_imports(strangers)
        asked = self._asked_lately() if its.asks else None
        for arrival in self._once_each():
            known = here.get(arrival.canonical)
            if (seen and arrival.canonical in seen) or (known and known[1] == its.mark):
                outcome = Outcome.TWICE
            elif known:
                left = known[0] == Subscriber.Status.UNSUBSCRIBED
                outcome = Outcome.REFUSED if left else Outcome.KNOWN
            elif arrival.entry.email in refused:
                outcome = Outcome.REFUSED
            else:
                outcome = _welcome(arrival, asked)
            self.note(outcome, arrival.line)
            self.people.setdefault(outcome.value, []).append(arrival)

    def of(self, *outcomes: Outcome) -> Iterator[Arrival]:
        for outcome in outcomes:
            yield from self.people.get(outcome.value, [])

    @property
    def written(self) -> Iterator[Arrival]:
        """Who has a row afterwards."""
        return self.of(Outcome.JOINED, Outcome.ASKED, Outcome.WAITING, Outcome.LEFT)

    def _once_each(self) -> Iterator[Arrival]:
        """Of two lines about the same person the first counts, and the sadder news."""
        first: dict[str, Arrival] = {}
        for arrival in self.arrivals:
            before = first.setdefault(arrival.canonical, arrival)
            if before is arrival:
                continue
            self.note(Outcome.TWICE, arrival.line)
            if arrival.entry.standing > Standing.BOUNCED > before.entry.standing:
                before.entry = arrival.entry
        yield from first.values()

    def _asked_lately(self) -> set[str]:
        """Mailboxes that were asked this month, whatever their addresses look like."""
        mailboxes = {addresses.mailbox(arrival.canonical) for arrival in self.arrivals}
        lately = Confirmation.objects.mailed().filter(
            created_at__gt=timezone.now() - ASKED_LATELY, subscriber__mailbox__in=mailboxes
        )
        return set(lately.values_list("subscriber__mailbox", flat=True))


def _here(canonicals: Iterable[str]) -> dict[str, tuple[str, str]]:
    """State and source of those who have a row."""
    rows = Subscriber.objects.filter(canonical__in=set(canonicals)).order_by()
    found = rows.values_list("canonical", "status", "source")
    return {canonical: (status, source) for canonical, status, source in found}


def _welcome(arrival: Arrival, asked: set[str] | None) -> Outcome:
    """For somebody whom this site does not know. `asked`: whose mailbox must not be asked again."""
    entry = arrival.entry
    if entry.record and entry.record["status"] == Subscriber.Status.PENDING:
        return Outcome.WAITING
    if entry.standing is not Standing.UNPROVEN or asked is None:
        return STANDINGS[entry.standing]
    mailbox = addresses.mailbox(entry.email)
    if mailbox in asked:
        return Outcome.UNPROVEN
    asked.add(mailbox)
    return Outcome.ASKED
