"""Mails that anybody can ask for by typing an address: a mailbox gets a few of them a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils import timezone

from newsletter.outbox import Row, Status

from .evidence import Witnessed, WitnessedQuerySet

A_MINUTE = timedelta(minutes=1)
REPEAT = timedelta(minutes=5)
A_DAY, PER_DAY = timedelta(days=1), 3


class AskedQuerySet(WitnessedQuerySet[Row]):
    def mailed(self) -> Self:
        """Sent, or still to be sent."""
        return self.exclude(status=Status.SKIPPED)

    def free_moment(self, a_minute: int) -> datetime:
        """When the next one may leave: so many a minute, and those that wait go first."""
        now = timezone.now()
        waiting = self.filter(status=Status.QUEUED, attempts=0, due_at__gt=now)
        last = waiting.aggregate(last=models.Max("due_at"))["last"]
        if last is None and self.filter(created_at__gt=now - A_MINUTE).count() < a_minute:
            return now
        return (last or now) + A_MINUTE / a_minute

    def before(self, row: Asked) -> Self:
        """Those that were asked for before this one, and mailed."""
        return self.mailed().filter(pk__lt=row.pk)


class Asked(Witnessed):
    """One such mail."""

    class Meta(Witnessed.Meta):
        abstract = True

    def asked_enough(self, same: models.QuerySet, to_mailbox: models.QuerySet) -> str:
        """Why another one is too many; else empty.

        `same`: earlier ones that say just this. `to_mailbox`: all earlier ones of its kind there.
        """
        if same.filter(created_at__gt=self.created_at - REPEAT).exists():
            return "asked just now"
        lately = to_mailbox.filter(created_at__gt=self.created_at - A_DAY)
        return "asked enough today" if lately.count() >= PER_DAY else ""
