"""How fast mail may leave, in rows: so that all machines together keep to it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from newsletter.models import Issue

A_MINUTE = 60
RESERVE = 0.1  # of what a carrier may take: issues leave it to confirmations
CLOCKS_DIFFER = 300  # seconds at most; by more, a clock was wrong
FIRST_REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=15)


class BucketQuerySet(models.QuerySet["Bucket"]):
    def take(self, carrier: str, wanted: int, *, issue: Issue | None = None) -> int:
        """Take up to so many mails' worth of all limits at once; says how many may go now.

        An issue leaves a reserve: what a person waits for never stands in line behind a letter.
        """
        if not self.filter(carrier=carrier).exists() and (not issue or issue.per_minute is None):
            return wanted
        with transaction.atomic():
            rows = list(self.select_for_update().filter(self._of(carrier, issue)).order_by("pk"))
            reserve = RESERVE if issue else 0
            room = [row.room(reserve if row.carrier == carrier else 0) for row in rows]
            granted = min([wanted, *room])
            for row in rows:
                row.take(granted)
        return granted

    def note_one(self, carrier: str) -> None:
        """A mail that somebody waits for: it always goes, and letters wait for what it took."""
        if not self.filter(carrier=carrier).exists():
            return
        with transaction.atomic():
            for row in self.select_for_update().filter(carrier=carrier).order_by("pk"):
                row.room(0)
                row.take(1)

    def give_back(self, carrier: str, number: int, *, issue: Issue) -> None:
        """What was taken and not needed."""
        if number:
            full_or_less = models.F("left") + number
            self.filter(self._of(carrier, issue)).update(left=full_or_less)

    def of_carriers(self) -> BucketQuerySet:
        """Those that somebody set; an issue's own speed is kept in a bucket too."""
        return self.exclude(carrier__startswith="issue ")

    def _of(self, carrier: str, issue: Issue | None) -> Q:
        if issue is None or issue.per_minute is None:
            return Q(carrier=carrier)
        name = f"issue {issue.pk}"
        bucket, made = self.get_or_create(
            carrier=name, seconds=A_MINUTE, defaults={"allowed": issue.per_minute}
        )
        if not made and bucket.allowed != issue.per_minute:
            self.filter(pk=bucket.pk).update(allowed=issue.per_minute)
        return Q(carrier__in=[carrier, name])


class Bucket(models.Model):
    """A limit, as a bucket of tokens that fills by itself.

    In any window no more leaves than `allowed`: a tenth of it may go at once, the rest comes in
    evenly over the window.
    """

    class Window(models.IntegerChoices):
        SECOND = 1, _("second")
        MINUTE = 60, _("minute")
        HOUR = 3600, _("hour")
        DAY = 86400, _("day")

    carrier = models.CharField(_("carrier"), max_length=40)
    seconds = models.PositiveIntegerField(_("in each"), choices=Window.choices)
    allowed = models.PositiveIntegerField(_("at most so many mails"))
    left = models.FloatField(null=True, editable=False)  # None: full
    filled_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BucketQuerySet.as_manager()

    class Meta:
        verbose_name = _("limit")
        verbose_name_plural = _("limits")
        constraints = [
            models.UniqueConstraint(fields=["carrier", "seconds"], name="limit_once_per_window"),
        ]

    def __str__(self) -> str:
        return f"{self.carrier}: {self.allowed} / {self.get_seconds_display()}"

    @property
    def size(self) -> float:
        """What may go at once after a rest."""
        return max(1.0, self.allowed / 10) if self.allowed else 0.0

    @property
    def rate(self) -> float:
        """Tokens a second."""
        spread = self.allowed - self.size if self.allowed > 1 else self.allowed
        return spread / self.seconds

    def room(self, reserve: float) -> int:
        """How many may go now, leaving this share of the bucket."""
        passed = (timezone.now() - self.filled_at).total_seconds()
        left = self.size if self.left is None else self.left
        self.left = min(self.size, left + max(0.0, passed) * self.rate)
        # Machines' clocks differ: the one that is behind must not let the same seconds count twice.
        if passed > 0 or passed < -CLOCKS_DIFFER:
            self.filled_at = timezone.now()
        kept = reserve * self.size if self.size >= 1 / RESERVE else 0
        return max(0, int(self.left - kept + 1e-9))

    def take(self, number: int) -> None:
        self.left = (self.left or 0) - number  # room() has filled it
        self.save(update_fields=["left", "filled_at"])


class RestQuerySet(models.QuerySet["Rest"]):
    def of(self, carrier: str) -> bool:
        """Whether this carrier is left alone just now."""
        return self.filter(carrier=carrier, until__gt=timezone.now()).exists()

    def left(self, carrier: str) -> float:
        """For how many seconds it is left alone; 0: it is not."""
        rest = self.filter(carrier=carrier, until__gt=timezone.now()).first()
        return (rest.until - timezone.now()).total_seconds() if rest and rest.until else 0

    def begin(self, carrier: str, *, asked: timedelta | None = None) -> None:
        """Leave it alone for as long as it asked, or each time twice as long as the last."""
        rest, _made = self.get_or_create(carrier=carrier)
        gap = asked or min(FIRST_REST * 2 ** min(rest.times, 10), LONGEST_REST)
        # Of several who find out at once, one begins it.
        mine = self.filter(pk=rest.pk, times=rest.times)
        mine = mine.exclude(until__gt=timezone.now())
        mine.update(until=timezone.now() + gap, times=F("times") + 1)

    def end(self, carrier: str) -> None:
        """It took something: the next rest is a short one. One that has just begun goes on."""
        self.filter(carrier=carrier, times__gt=0).update(times=0)


class Rest(models.Model):
    """A carrier that said “not now”, or did not answer: no machine asks it until then."""

    carrier = models.CharField(max_length=40, unique=True)
    until = models.DateTimeField(null=True)
    times = models.PositiveIntegerField(default=0)

    objects = RestQuerySet.as_manager()

    class Meta:
        verbose_name = _("rest of a carrier")
        verbose_name_plural = _("rests of carriers")

    def __str__(self) -> str:
        return self.carrier
