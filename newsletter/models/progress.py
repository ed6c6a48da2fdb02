"""What became of an issue, in numbers that must add up, and how fast it goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from .issues import Issue

A_MINUTE = timedelta(minutes=1)
ENOUGH_OUTCOMES, MOST_BOUNCES, MOST_COMPLAINTS = 200, 0.05, 0.001


@dataclass(frozen=True)
class Equation:
    """sent + failed + skipped + uncertain = deliveries = candidates - exclusions, when complete."""

    candidates: int
    excluded: int
    deliveries: int
    sent: int
    failed: int
    skipped: int
    uncertain: int

    @classmethod
    def of(cls, issue: Issue) -> Equation:
        counts = issue.deliveries.counts()
        return cls(
            candidates=issue.candidates,
            excluded=sum(issue.exclusions.values()),
            deliveries=sum(counts.values()),
            sent=counts.get("sent", 0),
            failed=counts.get("failed", 0),
            skipped=counts.get("skipped", 0),
            uncertain=counts.get("uncertain", 0),
        )

    @property
    def settled(self) -> int:
        return self.sent + self.failed + self.skipped + self.uncertain

    @property
    def waiting(self) -> int:
        return self.deliveries - self.settled

    @property
    def holds(self) -> bool:
        return self.settled == self.deliveries == self.candidates - self.excluded

    @property
    def in_words(self) -> str:
        return _(
            "%(sent)d sent, %(failed)d failed, %(skipped)d left out, %(uncertain)d not certain, "
            "%(waiting)d waiting: %(deliveries)d in all, of %(candidates)d people less "
            "%(excluded)d who paused or had it all."
        ) % {
            "sent": self.sent,
            "failed": self.failed,
            "skipped": self.skipped,
            "uncertain": self.uncertain,
            "waiting": self.waiting,
            "deliveries": self.deliveries,
            "candidates": self.candidates,
            "excluded": self.excluded,
        }


@dataclass(frozen=True)
class Progress:
    """How far an issue is; `per_minute` is what left in the last minute."""

    equation: Equation
    per_minute: int
    freezing: bool

    @classmethod
    def of(cls, issue: Issue) -> Progress:
        lately = issue.chunks.filter(ended_at__gt=timezone.now() - A_MINUTE)
        return cls(
            equation=Equation.of(issue),
            per_minute=lately.aggregate(sent=Sum("sent"))["sent"] or 0,
            freezing=issue.started_at is not None and issue.frozen_at is None,
        )

    @property
    def minutes_left(self) -> int | None:
        """None while nobody can tell: nothing left in the last minute, or people still counted."""
        if not self.per_minute or self.freezing:
            return None
        return ceil(self.equation.waiting / self.per_minute)


def harm_of(issue: Issue) -> str:
    """Why an issue must not go on by itself; empty while all is well, or too little is known."""
    bounces, complaints = issue.deliveries.bounced().count(), issue.deliveries.complained().count()
    if not bounces and not complaints:
        return ""
    # No further than it takes to tell: asked after each call, of a million rows.
    enough = max(ENOUGH_OUTCOMES, bounces / MOST_BOUNCES, complaints / MOST_COMPLAINTS)
    outcomes = issue.deliveries.with_outcome()[: int(enough) + 1].count()
    if outcomes < ENOUGH_OUTCOMES:
        return ""
    if complaints > outcomes * MOST_COMPLAINTS:
        return issue.Stopped.COMPLAINTS
    return issue.Stopped.BOUNCES if bounces > outcomes * MOST_BOUNCES else ""
