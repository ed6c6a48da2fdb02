"""What beat rings for once a minute, and what nobody waits for. Rows decide what is due."""

from __future__ import annotations

from collections.abc import Callable

from celery import shared_task

from comments import learning
from comments.models import Alert, Change, Comment, Notice, Receipt, Report, Writer
from newsletter import outbox
from newsletter.ticking import on_its_own


@shared_task(ignore_result=True)
def tick() -> None:
    """Notice floods and new replies, ring for mail that is due, forget what is old."""
    for part in (mind_floods, tell_watchers, ring, forget):
        on_its_own(part)


def tell_watchers() -> None:
    Notice.objects.tell_watchers()


def ring() -> None:
    outbox.ring_for_due([Alert, Receipt, Notice])


def mind_floods() -> None:
    Alert.objects.mind_floods()


def forget() -> None:
    """What was kept long enough: see config/retention.py. A part of each kind a minute."""
    kinds: list[Callable[[], object]] = [
        Comment.objects.forget_spam,
        Comment.objects.forget_rejected,
        Comment.objects.forget_unanswered,
        Change.objects.forget_old,
        Report.objects.forget_clients,
        Report.objects.forget_old,
        Alert.objects.forget_old,
        Receipt.objects.forget_old,
        Notice.objects.forget_old,
        Writer.objects.forget_idle,
        Writer.objects.forget_addresses,
    ]
    for kind in kinds:
        on_its_own(kind)


@shared_task(ignore_result=True)
def tidy() -> None:
    Comment.objects.all().forget_fingerprints()
    learning.catch_up()
