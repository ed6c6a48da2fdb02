"""What became of an issue, in numbers that must add up, and how fast it goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

if TYPE_CHECKING:
    from .issues import Issue

A_MINUTE = timedelta(minutes=1)
ENOUGH_OUTCOMES = 200
MOST_COMPLAINTS, MOST_BOUNCES, MOST_REFUSALS = 0.001, 0.05, 0.2
# Why somebody did not get it, as the rows name it.
WHY_NOT = {
    "cancelled": gettext_lazy("The letter was cancelled"),
    "erased": gettext_lazy("They had their data erased"),
    "unsubscribed": gettext_lazy("They stopped all letters"),
    "paused": gettext_lazy("They paused their letters"),
    "pending": gettext_lazy("They have not confirmed"),
    "no newsletter": gettext_lazy("They want no newsletter any more"),
    "suppressed": gettext_lazy("We must not write to this address"),
    "had it all": gettext_lazy("They had all of it by another letter"),
    "other topics": gettext_lazy("They chose other topics"),
    "stopped following": gettext_lazy("They do not follow this story any more"),
}


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
    paused: int = 0  # of the excluded ones
    of_other_topics: int = 0  # of them, too

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
            paused=issue.exclusions.get("paused", 0),
            of_other_topics=issue.exclusions.get("other topics", 0),
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
            "%(excluded)d who paused, had it all or chose other topics."
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

    @property
    def as_a_sum(self) -> str:
        """Everybody, added up: both sides come to the same number, or somebody was forgotten."""
        parts = [
            _("%(count)d sent") % {"count": self.sent},
            _("%(count)d failed") % {"count": self.failed},
            _("%(count)d left out") % {"count": self.skipped},
            _("%(count)d not certain") % {"count": self.uncertain},
        ]
        if self.waiting:
            parts.append(_("%(count)d waiting") % {"count": self.waiting})
        people = ngettext("%(count)d person", "%(count)d people", self.candidates)
        others = [people % {"count": self.candidates}]
        if self.paused:
            others.append(_("%(count)d who paused") % {"count": self.paused})
        if self.of_other_topics:
            others.append(_("%(count)d who chose other topics") % {"count": self.of_other_topics})
        if had := self.excluded - self.paused - self.of_other_topics:
            others.append(_("%(count)d who had it all by another letter") % {"count": had})
        return f"{' + '.join(parts)} = {self.deliveries} = {' − '.join(others)}"


@dataclass(frozen=True)
class Progress:
    """How far an issue is; `per_minute` is what left in the last minute."""

    equation: Equation
    per_minute: int
    freezing: bool
    bounced: int = 0
    left_out: dict[str, int] = field(default_factory=dict)  # why -> how many people

    @classmethod
    def of(cls, issue: Issue) -> Progress:
        lately = issue.chunks.filter(ended_at__gt=timezone.now() - A_MINUTE)
        return cls(
            equation=Equation.of(issue),
            per_minute=lately.aggregate(sent=Sum("sent"))["sent"] or 0,
            freezing=issue.started_at is not None and issue.frozen_at is None,
            bounced=issue.deliveries.failed().bounced().count(),
            left_out=issue.deliveries.left_out(),
        )

    @property
    def minutes_left(self) -> int | None:
        """None while nobody can tell: nothing left in the last minute, or people still counted."""
        if not self.per_minute or self.freezing:
            return None
        return ceil(self.equation.waiting / self.per_minute)

    @property
    def people(self) -> int:
        """To how many it goes."""
        return self.equation.deliveries

    @property
    def why_left_out(self) -> list[str]:
        """Each reason with its number, the most frequent first."""
        most_first = sorted(self.left_out.items(), key=lambda pair: -pair[1])
        return [
            _("%(why)s: %(count)d") % {"why": WHY_NOT.get(why, why), "count": count}
            for why, count in most_first
        ]

    @property
    def time_left(self) -> str:
        """In words; empty when nothing is left or nobody can tell."""
        minutes = self.minutes_left
        if not minutes or not self.equation.waiting:
            return ""
        if minutes < 90:
            words = ngettext("about %(count)d minute", "about %(count)d minutes", minutes)
            return words % {"count": minutes}
        hours = round(minutes / 60)
        return ngettext("about %(count)d hour", "about %(count)d hours", hours) % {"count": hours}


def harm_of(issue: Issue) -> str:
    """Why an issue must not go on by itself; empty while all is well, or too little is known."""
    of = issue.deliveries
    harm = {
        issue.Stopped.COMPLAINTS: of.complained().count() / MOST_COMPLAINTS,
        issue.Stopped.BOUNCES: of.bounced().count() / MOST_BOUNCES,
        issue.Stopped.REFUSALS: of.failed().filter(bounced_at=None).count() / MOST_REFUSALS,
    }
    worst = max(harm.values())
    if not worst:
        return ""
    # No further than it takes to tell: asked after each call, of a million rows.
    outcomes = of.with_outcome()[: int(max(ENOUGH_OUTCOMES, worst)) + 1].count()
    if outcomes < ENOUGH_OUTCOMES:
        return ""
    return next((reason for reason, weight in harm.items() if weight > outcomes), "")
