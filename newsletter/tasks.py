"""What beat rings for once a minute. What is due is decided by rows."""

from __future__ import annotations

import logging
from collections.abc import Callable

from celery import shared_task
from django.conf import settings

from newsletter import domain, outbox
from newsletter.models import (
    Confirmation,
    Delivery,
    Edition,
    Issue,
    MailEvent,
    Memo,
    Proof,
    Subscriber,
)

log = logging.getLogger("afterword.newsletter")
REPORTS = 500  # a minute: so many are weighed whose ring was lost


@shared_task(ignore_result=True)
def weigh_event(pk: int) -> None:
    """Take in one report of the company that carries the mail."""
    if event := MailEvent.objects.filter(pk=pk).first():
        event.weigh()


@shared_task(ignore_result=True)
def look_at_domain() -> None:
    """Keep what the sender's public records lack, so that no page waits for name servers."""
    if not settings.LOCAL_MODE and not settings.EMAIL_URL.startswith("file:"):
        domain.note_findings(domain.current_sender(), domain.look_up)


@shared_task(ignore_result=True)
def tick() -> None:
    """Start the letters whose time has come, ring for mail that is due, forget what is old."""
    parts = (
        end_pauses,
        keep_time,
        start_overdue,
        go_on,
        complete_finished,
        ring,
        weigh_forgotten,
        forget,
    )
    for part in parts:
        _on_its_own(part)


def end_pauses() -> None:
    Subscriber.objects.end_pauses()


def keep_time() -> None:
    Edition.objects.begin_all()
    for edition in Edition.objects.on():
        _on_its_own(edition.keep_time)


def start_overdue() -> None:
    for issue in Issue.objects.overdue():
        _on_its_own(issue.start_when_due)


def go_on() -> None:
    """Audiences that are not all written down: their worker died, or has just begun."""
    for issue in Issue.objects.freezing():
        freeze.delay(issue.pk)


@shared_task(acks_late=True, ignore_result=True)
def freeze(issue_id: int) -> None:
    """Write down the rest of an issue's audience, part by part."""
    if issue := Issue.objects.freezing().filter(pk=issue_id).first():
        while Delivery.objects.go_on(issue):
            pass
        Delivery.objects.ring()


def complete_finished() -> None:
    Issue.objects.complete_finished()


def ring() -> None:
    outbox.ring_for_due([Confirmation, Memo, Proof, Delivery])


def weigh_forgotten() -> None:
    for event in MailEvent.objects.forgotten()[:REPORTS]:
        _on_its_own(event.weigh)


def forget() -> None:
    Subscriber.objects.forget_unconfirmed()
    MailEvent.objects.forget_old()


def _on_its_own(part: Callable[[], object]) -> None:
    """One part that fails must not keep the others from their minute."""
    try:
        part()
    except Exception as error:
        log.error("tick: %s failed: %s", part.__qualname__, type(error).__name__)
