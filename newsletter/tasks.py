"""What beat rings for once a minute. What is due is decided by rows."""

from __future__ import annotations

import logging
from collections.abc import Callable

from celery import shared_task
from django.conf import settings

from newsletter import domain, mailboxes, outbox
from newsletter.models import (
    Confirmation,
    Delivery,
    Edition,
    Import,
    Issue,
    Look,
    MailEvent,
    Memo,
    Proof,
    Rush,
    Subscriber,
)
from newsletter.ticking import on_its_own

log = logging.getLogger("afterword.newsletter")
REPORTS = 500  # a minute: so many are weighed whose ring was lost


@shared_task(ignore_result=True)
def read_bounces() -> None:
    """Look into the mailbox that mails come back to."""
    try:
        mailboxes.Imap(settings.BOUNCE_URL).read()
    except mailboxes.Unreadable as error:
        log.error("the mailbox for bounces: %s", error)


@shared_task(ignore_result=True)
def look_at_domain() -> None:
    """Keep what the sender's public records lack, so that no page waits for name servers."""
    if not settings.LOCAL_MODE and not settings.EMAIL_URL.startswith("file:"):
        domain.note_findings(domain.current_sender(), domain.look_up)


@shared_task(ignore_result=True)
def tick() -> None:
    """Start the letters whose time has come, ring for mail that is due, forget what is old."""
    letters = (end_pauses, keep_time, start_overdue, go_on, complete_finished)
    others = (ring, weigh_forgotten, mind_sign_ups, take_in_waiting, forget)
    for part in (*letters, *others):
        on_its_own(part)


def end_pauses() -> None:
    Subscriber.objects.end_pauses()


def keep_time() -> None:
    Edition.objects.begin_all()
    for edition in Edition.objects.on():
        on_its_own(edition.keep_time)


def start_overdue() -> None:
    for issue in Issue.objects.overdue():
        on_its_own(issue.start_when_due)


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


def take_in_waiting() -> None:
    """Lists from elsewhere that nobody reads: their worker died, or the ring was lost."""
    for waiting in Import.objects.waiting():
        take_in.delay(waiting.pk)


@shared_task(acks_late=True, ignore_result=True)
def take_in(import_id: int) -> None:
    """Read a list from elsewhere for a while, and ring for the rest."""
    waiting = Import.objects.filter(pk=import_id).first()
    if waiting and waiting.go_on():
        take_in.delay(import_id)


def complete_finished() -> None:
    Issue.objects.complete_finished()


def ring() -> None:
    outbox.ring_for_due([Confirmation, Memo, Proof, Delivery])


def weigh_forgotten() -> None:
    for event in MailEvent.objects.forgotten()[:REPORTS]:
        on_its_own(event.weigh)


def mind_sign_ups() -> None:
    """Notice machines that sign strangers up; remind people who did not press their button."""
    Rush.objects.look(*Confirmation.objects.lately())
    Confirmation.objects.remind()


def forget() -> None:
    """What was kept long enough: see config/retention.py. A part of each kind a minute."""
    kinds: list[Callable[[], object]] = [
        Subscriber.objects.forget_unconfirmed,
        Subscriber.objects.forget_left,
        Confirmation.objects.forget_old,
        Memo.objects.forget_old,
        MailEvent.objects.forget_old,
        Delivery.objects.forget_readers,
        Look.objects.forget_old,
        Import.objects.forget_files,
    ]
    for kind in kinds:
        on_its_own(kind)
