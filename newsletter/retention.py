"""What has been kept long enough goes: a part each minute, so that no minute is a long one."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

PART = 200  # rows of a kind that go each minute: some 288,000 a day


def limit(what: str) -> datetime:
    """What is older than this has been kept long enough: see config/retention.py."""
    return timezone.now() - settings.RETENTION[what].time


def some(rows: models.QuerySet, part: int = PART) -> list[int]:
    """The first few of these, locked until the transaction ends: nobody changes them meanwhile.

    Those that somebody has in hands wait for the next minute.
    """
    locked = rows.order_by().select_for_update(of=("self",), skip_locked=True)
    return [row.pk for row in locked.only("pk")[:part]]


@transaction.atomic
def delete_some(rows: models.QuerySet) -> int:
    """Delete the first few of these; says how many rows went, with what hangs on them."""
    return rows.model._default_manager.filter(pk__in=some(rows)).delete()[0]
