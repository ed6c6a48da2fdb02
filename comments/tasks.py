"""What beat rings for. What is due is decided by rows."""

from __future__ import annotations

from celery import shared_task

from comments.models import Alert, Comment, Notice, Receipt, Writer
from newsletter import outbox
from newsletter.ticking import on_its_own


@shared_task(ignore_result=True)
def tick() -> None:
    """Once a minute: ring for mail that is due, forget what is old."""
    for part in (tell_watchers, ring, forget):
        on_its_own(part)


def tell_watchers() -> None:
    Notice.objects.tell_watchers()


def ring() -> None:
    outbox.ring_for_due([Alert, Receipt, Notice])


def forget() -> None:
    """What was kept long enough: see config/retention.py. A part of each kind a minute."""
    for kind in (Receipt.objects.forget_old, Notice.objects.forget_old):
        on_its_own(kind)
    on_its_own(Writer.objects.forget_addresses)


@shared_task(ignore_result=True)
def tidy() -> None:
    Comment.objects.all().forget_fingerprints()
