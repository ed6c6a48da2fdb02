"""How the letters do: numbers of months and issues, and the bars that templates draw of them.

Only sums are looked at. Nobody's reading is followed, so there is none of it to show.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Count
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsletter.models import Delivery, Issue, Subscriber, Tally
from newsletter.outbox import Status

MONTHS, ISSUES = 12, 8
SLOT = 100 / MONTHS  # percent of the width
EVERY = 3  # months between two names below the columns: all of them would not fit


@dataclass(frozen=True)
class Bar:
    """A rectangle, in percent of what it is drawn in."""

    kind: str
    x: float = 0
    y: float = 0
    width: float = 100
    height: float = 100

    @property
    def place(self) -> dict[str, str]:
        """As SVG wants it, whatever the language's decimal point is."""
        sides = {"x": self.x, "y": self.y, "width": self.width, "height": self.height}
        return {side: f"{percent:.2f}%" for side, percent in sides.items()}


@dataclass(frozen=True)
class Month:
    """Who came and went in one month, and how many get letters at its end."""

    first: date
    joined: int
    imported: int
    left: int
    readers: int

    @property
    def came(self) -> int:
        return self.joined + self.imported

    @property
    def name(self) -> str:
        return formats.date_format(self.first, "F Y")


@dataclass(frozen=True)
class Growth:
    """The last months, oldest first; the last one is not over."""

    months: list[Month]
    paused: int

    @classmethod
    def now(cls) -> Growth:
        today = timezone.localdate()
        sums: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for month, what, number in Tally.objects.by_month(_months_before(today, MONTHS - 1)):
            sums[month][what] = number
        first = min(sums, default=today.replace(day=1))
        months: list[Month] = []
        people = Subscriber.objects.with_letters().counts()
        readers, month = sum(people.values()), today.replace(day=1)
        while month >= first:
            of = sums[month]
            row = Month(month, of["joined"], of["imported"], of["left"], readers)
            months.insert(0, row)
            # What it was before these came and went.
            readers = max(0, readers - row.came + row.left)
            month = _months_before(month, 1)
        return cls(months, paused=people.get(Subscriber.Status.PAUSED, 0))

    @property
    def in_words(self) -> str:
        now = self.months[-1]
        get = ngettext("One person gets letters.", "%(count)d people get letters.", now.readers)
        came = _("%(came)d joined and %(left)d left in %(month)s.")
        month = formats.date_format(now.first, "F")
        parts = [get % {"count": now.readers}]
        if self.paused:
            rest = ngettext("One of them pauses.", "%(count)d of them pause.", self.paused)
            parts.append(rest % {"count": self.paused})
        parts.append(came % {"came": now.came, "left": now.left, "month": month})
        return " ".join(parts)

    @property
    def most_readers(self) -> int:
        return max(month.readers for month in self.months)

    @property
    def most_came(self) -> int:
        return max(month.came for month in self.months)

    @property
    def columns(self) -> list[Bar]:
        """How many get letters, month by month."""
        return [
            _column("solid", place, month.readers, self.most_readers)
            for place, month in enumerate(self.months)
        ]

    @property
    def moves(self) -> list[Bar]:
        """Who came stands up, who left hangs down: told apart by more than their colour."""
        came = [_column("solid", place, m.came, self._span) for place, m in enumerate(self.months)]
        left = [_column("open", place, m.left, self._span) for place, m in enumerate(self.months)]
        up = [replace(bar, y=self._ground - bar.height) for bar in came]
        return up + [replace(bar, y=self._ground) for bar in left]

    @property
    def ground(self) -> str:
        """Between those that stand and those that hang."""
        return f"{self._ground:.2f}%"

    @property
    def _ground(self) -> float:
        return 100 * self.most_came / self._span if self._span else 50

    @property
    def _span(self) -> int:
        return self.most_came + max(month.left for month in self.months)

    @property
    def names(self) -> list[dict[str, str]]:
        """Months to be named below the columns: the last one, and each third before it."""
        last = len(self.months) - 1
        return [
            {
                "x": f"{(place + 0.5) * SLOT:.2f}%" if place < MONTHS - 1 else "100%",
                "anchor": "start" if not place else "middle" if place < MONTHS - 1 else "end",
                "words": formats.date_format(month.first, "M"),
            }
            for place, month in enumerate(self.months)
            if (last - place) % EVERY == 0
        ]

    @property
    def any_imported(self) -> bool:
        return any(month.imported for month in self.months)


@dataclass(frozen=True)
class Sent:
    """What became of one issue's mails."""

    issue: Issue
    sent: int
    failed: int
    held: int
    left_out: int
    waiting: int
    bounced: int
    complaints: int

    @property
    def all(self) -> int:
        return self.sent + self.failed + self.held + self.left_out + self.waiting

    @property
    def in_words(self) -> str:
        words = _("%(sent)d of %(all)d sent, %(failed)d failed, %(held)d held.")
        return words % {
            "sent": self.sent,
            "all": self.all,
            "failed": self.failed,
            "held": self.held,
        }

    @property
    def bars(self) -> list[Bar]:
        """Side by side, together as wide as all of it."""
        parts = {
            "solid": self.sent,
            "open": self.failed,
            "dotted": self.held,
            "faint": self.left_out + self.waiting,
        }
        bars, x = [], 0.0
        for kind, count in parts.items():
            width = 100 * count / self.all if self.all else 0
            if width:
                bars.append(Bar(kind, x=x, width=width))
            x += width
        return bars


def latest_issues() -> list[Sent]:
    """The last few that were started, newest first."""
    issues = list(
        Issue.objects.started().select_related("edition").order_by("-started_at")[:ISSUES]
    )
    of_these = Delivery.objects.filter(issue__in=issues)
    became = _counts(of_these, "issue", "status")
    bounced, complaints = (
        _counts(some, "issue") for some in (of_these.bounced(), of_these.complained())
    )

    def count(issue: Issue, *states: Status) -> int:
        return sum(became.get((issue.pk, state), 0) for state in states)

    return [
        Sent(
            issue=issue,
            sent=count(issue, Status.SENT),
            failed=count(issue, Status.FAILED),
            held=count(issue, Status.UNCERTAIN),
            left_out=count(issue, Status.SKIPPED),
            waiting=count(issue, Status.QUEUED, Status.SENDING),
            bounced=bounced.get((issue.pk,), 0),
            complaints=complaints.get((issue.pk,), 0),
        )
        for issue in issues
    ]


def _counts(rows: Any, *columns: str) -> dict[tuple, int]:
    found = rows.order_by().values_list(*columns).annotate(count=Count("pk"))
    return {tuple(key): count for *key, count in found}


def _column(kind: str, place: int, number: int, most: int) -> Bar:
    height = 100 * number / most if most else 0
    return Bar(kind, x=(place + 0.15) * SLOT, y=100 - height, width=0.7 * SLOT, height=height)


def _months_before(day: date, months: int) -> date:
    """The first day of the month that was so many months ago."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(years, month + 1, 1)
