"""The outbox: every mail is a row; the row decides, Redis only rings.

A claim is a compare-and-swap that also moves `due_at` on (a lease), committed before any network
call. A worker that dies leaves its row to fall due again; what then happens is the kind's policy.
"""

from __future__ import annotations

import logging
import random
import traceback
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar, Self, TypeVar

from celery import shared_task
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter import carriers, retention
from newsletter.throttle import Bucket, Rest

log = logging.getLogger("afterword.outbox")
DRAIN_SECONDS = 10
DRAIN_MARK_SECONDS = 25  # outlived by a killed worker: then it costs the next drain so long
Row = TypeVar("Row", bound="Outbound")


class Status(models.TextChoices):
    QUEUED = "queued", _("queued")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")
    SKIPPED = "skipped", _("left out")
    UNCERTAIN = "uncertain", _("not certain")


OPEN = [Status.QUEUED, Status.SENDING]
LOST = "worker lost"


class OutboundQuerySet(models.QuerySet[Row]):
    def enqueue(self, **facts) -> Row:
        """Write the row; ring for it once the transaction that caused it is committed."""
        row = self.create(**facts)
        row.ring()
        return row

    def due(self) -> Self:
        """Rows to be sent now, the longest waiting first."""
        return self.filter(status=Status.QUEUED, due_at__lte=timezone.now()).order_by(
            "due_at", "pk"
        )

    def wants_a_worker(self) -> bool:
        """Whether a worker that came now would have something to do."""
        return self.due().exists()

    def open(self) -> Self:
        return self.filter(status__in=OPEN)

    def last_sent_at(self) -> datetime | None:
        return self.aggregate(last=models.Max("sent_at"))["last"]

    def stuck(self) -> Self:
        """Tried already, and still to be sent: the latest first."""
        tried = self.open().filter(status=Status.QUEUED, attempts__gt=0)
        return tried.exclude(reason="").order_by("-due_at")

    def send_again(self) -> int:
        """A person decided to send these once more; says how many."""
        again = self.filter(status__in=[Status.UNCERTAIN, Status.FAILED])
        # Attempts only ever grow: they are what tells a late worker that it lost its lease.
        changed = again.update(status=Status.QUEUED, due_at=timezone.now(), reason="")
        if changed:
            self.ring()
        return changed

    def reclaim(self) -> int:
        """Settle rows whose worker died in mid-send: a lease ran out."""
        lost = self.filter(status=Status.SENDING, due_at__lte=timezone.now())
        if not self.model.NEVER_MISS:
            return lost.update(status=Status.UNCERTAIN, reason=LOST)
        # A mail that kills whoever touches it must not do so for ever.
        deadly = lost.filter(attempts__gte=settings.MAIL_MAX_ATTEMPTS)
        parked = deadly.update(status=Status.FAILED, reason=LOST)
        return parked + lost.update(status=Status.QUEUED, reason=LOST)

    def forget_old(self) -> int:
        """Delete some of those that came to an end long enough ago."""
        old = self.filter(created_at__lt=retention.limit("mails")).exclude(status__in=OPEN)
        return retention.delete_some(old)

    def ring(self) -> None:
        """Ask a worker to send what is due, after commit."""
        drain.delay_on_commit(self.model._meta.label_lower)  # type: ignore[attr-defined]

    def deliver_due(self, *, seconds: float = DRAIN_SECONDS) -> int:
        """Send what is due for at most so many seconds; says how many rows it settled."""
        self.reclaim()
        end = timezone.now() + timedelta(seconds=seconds)
        settled = 0
        while rows := list(self.due()[:50]):
            for row in rows:
                settled += row.deliver()
                if timezone.now() >= end:
                    return settled
        return settled

    def drain(self) -> None:
        """Send what is due for a few seconds, then ring again for the rest.

        One at a time: beat rings each minute, and each ring that is answered at length would
        otherwise ring on for itself. A lost mark (no cache) costs nothing: claims keep order.
        """
        mark = f"draining:{self.model._meta.label_lower}"
        if not cache.add(mark, 1, timeout=DRAIN_MARK_SECONDS):
            return
        try:
            self.deliver_due()
        finally:
            cache.delete(mark)
        if self.due().exists():
            self.ring_again()

    def ring_again(self, *, after: float = 0) -> None:
        """Ring now, or after so many seconds."""
        drain.apply_async((self.model._meta.label_lower,), countdown=after)


class Outbound(models.Model):
    """One mail to one person."""

    # True: rather twice than not at all. False: rather held and listed than twice.
    NEVER_MISS: ClassVar[bool] = False

    status = models.CharField(
        _("state"), max_length=10, choices=Status.choices, default=Status.QUEUED, editable=False
    )
    due_at = models.DateTimeField(_("due"), default=timezone.now, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    first_tried_at = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)
    # Why it was left out or failed: a rule's or an error's name, never an address or a text.
    reason = models.CharField(_("reason"), max_length=80, blank=True, editable=False)

    objects = OutboundQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_sent_has_time",
                condition=Q(status="sent", sent_at__isnull=False)
                | (~Q(status="sent") & Q(sent_at__isnull=True)),
            ),
        ]
        indexes = [models.Index(fields=["status", "due_at"], name="%(class)s_due")]

    @property
    def mark(self) -> str:
        """Goes along with the mail, so that a report can say which one it is about."""
        return ""

    def message(self) -> EmailMessage:
        raise NotImplementedError

    def unwanted(self) -> str:
        """Why this mail must not leave any more; empty while it is wanted."""
        raise NotImplementedError

    def on_hold(self) -> bool:
        """Something larger waits (a paused issue): leave the row in the queue."""
        return False

    def ring(self) -> None:
        """Ask a worker to look, after commit. A lost ring costs a minute, not a mail."""
        deliver.delay_on_commit(self._meta.label_lower, self.pk)  # type: ignore[attr-defined]

    def deliver(self) -> bool:
        """Send this mail, unless another worker already has it or somebody left meanwhile."""
        if not self._claim():
            return False
        try:
            if self.on_hold():
                self.settle(Status.QUEUED, due_at=timezone.now(), attempts=F("attempts") - 1)
                return False
            if reason := self.unwanted():
                return self.leave_out(reason)
            message = self.message()
            if self.mark:
                message.metadata = {"delivery": self.mark}  # type: ignore[attr-defined]  # anymail's
        except Exception as error:  # one bad row must not stop the rest
            log.error("cannot build %s %s: %s", self._meta.label, self.pk, _place(error))
            return self.again(error)
        carrier = carriers.current()
        Bucket.objects.note_one(carrier.name)
        try:
            carrier.send(message)
        except Exception as error:  # carriers raise from several families: sorted in one place
            if carriers.meaning(error) is carriers.Meaning.REST:
                Rest.objects.begin(carrier.name, asked=carriers.asked_to_wait(error))
            return self.failed(error)
        Rest.objects.end(carrier.name)
        return self.settle(Status.SENT, sent_at=timezone.now(), reason="")

    def send_again(self) -> bool:
        """A person decided to send what was uncertain or failed once more."""
        again = bool(type(self)._default_manager.filter(pk=self.pk).send_again())  # type: ignore[attr-defined]
        self.refresh_from_db()
        return again

    def _claim(self) -> bool:
        now = timezone.now()
        # Plain columns only: with a join, PostgreSQL would test an old snapshot and let two in.
        due = type(self)._default_manager.filter(pk=self.pk, status=Status.QUEUED, due_at__lte=now)
        claimed = due.update(
            status=Status.SENDING,
            due_at=now + settings.MAIL_LEASE,
            attempts=F("attempts") + 1,
            first_tried_at=Coalesce("first_tried_at", now),
        )
        if claimed:
            self.refresh_from_db()
        return bool(claimed)

    def settle(self, status: Status, **facts) -> bool:
        """Write the end of this attempt, unless the lease went to somebody else meanwhile.

        That a mail was sent is always worth knowing: also late, while nobody tried again.
        """
        mine = type(self)._default_manager.filter(pk=self.pk, attempts=self.attempts)
        late = [Status.QUEUED, Status.UNCERTAIN] if status == Status.SENT else []
        settled = mine.filter(status__in=[Status.SENDING, *late]).update(status=status, **facts)
        if settled:
            self.refresh_from_db()
        return bool(settled)

    def leave_out(self, reason: str) -> bool:
        """Never send it; the row says why."""
        return self.settle(Status.SKIPPED, reason=reason)

    def failed(self, error: Exception) -> bool:
        """What an error of a carrier means for this mail, written down."""
        name = carriers.name(error)
        log.warning("%s %s: %s", self._meta.label, self.pk, name)
        meaning = carriers.meaning(error)
        if meaning is carriers.Meaning.TAKEN:
            return self.settle(Status.SENT, sent_at=timezone.now(), reason="")
        if meaning is carriers.Meaning.REFUSED:
            return self.refused(error)
        if meaning is carriers.Meaning.UNCERTAIN and not self.NEVER_MISS:
            return self.settle(Status.UNCERTAIN, reason=name)
        return self.again(error)

    def refused(self, error: Exception) -> bool:
        """It is not tried again."""
        return self.settle(Status.FAILED, reason=carriers.name(error))

    def again(self, error: Exception) -> bool:
        """Queue the next attempt, each gap twice the last, with jitter; park it after enough."""
        if self.attempts >= settings.MAIL_MAX_ATTEMPTS:
            return self.refused(error)
        due_at = timezone.now() + next_gap(self.attempts)
        return self.settle(Status.QUEUED, due_at=due_at, reason=carriers.name(error))


def next_gap(attempts: int) -> timedelta:
    """How long to wait after so many attempts."""
    seconds = min(60 * 2 ** (attempts - 1), 6 * 3600)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311


def _place(error: Exception) -> str:
    """Where it happened, for the log: a traceback would bring the text along."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{carriers.name(error)} at {Path(frame.filename).name}:{frame.lineno}"


@shared_task(acks_late=True, ignore_result=True)
def deliver(label: str, pk: int) -> None:
    """Send one outbox row, unless another worker already has it."""
    if row := apps.get_model(label).objects.filter(pk=pk).first():
        row.deliver()


@shared_task(acks_late=True, ignore_result=True)
def drain(label: str) -> None:
    """Send what is due of one kind for a few seconds."""
    apps.get_model(label).objects.drain()  # type: ignore[attr-defined]


def ring_for_due(kinds: list[type[Outbound]]) -> None:
    """Ring once for each kind that has mail due: beat's part of the doorbell."""
    for kind in kinds:
        kind.objects.reclaim()
        if kind.objects.wants_a_worker():
            drain.delay(kind._meta.label_lower)
