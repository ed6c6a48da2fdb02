"""Mails that anybody can ask for by typing an address: a mailbox gets a few of them a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.db import models

from newsletter.outbox import Row, Status

from .evidence import Witnessed, WitnessedQuerySet

REPEAT = timedelta(minutes=5)
A_DAY, PER_DAY = timedelta(days=1), 3


class AskedQuerySet(WitnessedQuerySet[Row]):
    def mailed(self) -> Self:
        """Sent, or still to be sent."""
        return self.exclude(status=Status.SKIPPED)

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
