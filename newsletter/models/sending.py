"""Sending what is due of issues: claims, drains, and what a dead worker left."""

from __future__ import annotations

import threading
import time
from typing import Self

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from newsletter import carriers, outbox
from newsletter.outbox import Status
from newsletter.throttle import Bucket, Rest

from .audience import AudienceQuerySet
from .chunks import Chunk
from .issues import Issue

# One by one, a worker has one mail in the air: killed, it leaves one person in doubt, not more.
ONE_BY_ONE, TOGETHER = threading.BoundedSemaphore(1), threading.BoundedSemaphore(2)
AT_ONCE = 200  # claimed at a time by carriers that take them one by one
PAUSE_SECONDS, A_TICK = 0.2, 60.0  # beat rings at the latest then


class SendingQuerySet(AudienceQuerySet):
    def claim(self, issue: Issue, number: int, carrier: carriers.Carrier) -> Chunk | None:
        """Take up to so many due ones of an issue; None: there are none.

        Committed before any network call. They stay queued, with a lease: a worker that dies gives
        back what it had not begun.
        """
        now = timezone.now()
        due = self.filter(issue=issue, status=Status.QUEUED, due_at__lte=now)
        with transaction.atomic():
            # Two workers take different ones: PostgreSQL skips what is locked, SQLite waits.
            free = due.order_by("due_at", "pk").select_for_update(skip_locked=True)
            pks = list(free.values_list("pk", flat=True)[:number])
            if not pks:
                return None
            chunk = Chunk.objects.create(issue=issue, carrier=carrier.name)
            lease = now + settings.MAIL_LEASE
            # By their numbers alone: with the issue in it, SQLite reads all that are queued.
            mine = self.model.objects.filter(pk__in=pks, status=Status.QUEUED)
            claimed = mine.update(chunk=chunk, due_at=lease)
        Bucket.objects.give_back(carrier.name, number - claimed, issue=issue)
        return chunk

    def deliver_due(self, *, seconds: float = outbox.DRAIN_SECONDS) -> int:
        """Send what is due for at most so many seconds; says how many were sent."""
        carrier = carriers.current()
        end, sent = time.monotonic() + seconds, 0
        try:
            self.reclaim()
            if not Rest.objects.of(carrier.name):
                sent += self._repeat_unanswered(carrier)
            while not Rest.objects.of(carrier.name):
                chunk = self._next_chunk(carrier, until=end)
                if chunk is None:
                    break
                sent += chunk.send(carrier, until=end)
                chunk.issue.stop_if_harmful()
                if time.monotonic() >= end:
                    break
        finally:
            carrier.close()
        if sent:
            Rest.objects.end(carrier.name)
        Issue.objects.complete_finished()
        return sent

    def drain(self) -> None:
        """Send for a few seconds; ring for help at the start, and for the rest at the end.

        At most so many of a worker's threads at once, so that what a person waits for finds a free
        one. A ring that finds them taken is not answered: so rings do not multiply.
        """
        carrier = carriers.current()
        slots = ONE_BY_ONE if carrier.most == 1 else TOGETHER
        if Rest.objects.of(carrier.name) or not slots.acquire(blocking=False):
            return
        try:
            if self.due().exists():
                self.ring_again()
            self.deliver_due()
        finally:
            slots.release()
        if self.due().exists():
            self.ring_again(after=min(Rest.objects.left(carrier.name), A_TICK))

    def reclaim(self) -> int:
        """Settle what a dead worker was handing over. What it had not begun is due again anyway."""
        lost = self.filter(
            issue__in=Issue.objects.started(), status=Status.SENDING, due_at__lte=timezone.now()
        )
        lost = lost.exclude(pk__in=self.unanswered(carriers.current()))
        return lost.update(status=Status.UNCERTAIN, reason=outbox.LOST)

    def wants_a_worker(self) -> bool:
        return super().wants_a_worker() or self._to_repeat(carriers.current()).exists()

    def _to_repeat(self, carrier: carriers.Carrier) -> Self:
        return self.unanswered(carrier).filter(issue__in=Issue.objects.sending())

    def unanswered(self, carrier: carriers.Carrier) -> Self:
        """Handed over, and the answer did not come; may be asked again under the same key.

        Of paused issues too, but only once they go on.
        """
        if carrier.repeats_for is None:
            return self.none()
        return self.filter(
            issue__in=Issue.objects.unfinished(),
            status=Status.SENDING,
            due_at__lte=timezone.now(),
            attempts__lt=settings.MAIL_MAX_ATTEMPTS,
            chunk__carrier=carrier.name,
            chunk__posted_at__gt=timezone.now() - carrier.repeats_for,
        )

    def _repeat_unanswered(self, carrier: carriers.Carrier) -> int:
        sent = 0
        for key in set(self._to_repeat(carrier).values_list("chunk", flat=True)):
            if Rest.objects.of(carrier.name):
                break
            now = timezone.now()
            lease = now + settings.MAIL_LEASE
            # Plain columns only, as in a claim: of two workers, one makes the call.
            mine = self.filter(chunk=key, status=Status.SENDING, due_at__lte=now)
            if mine.update(due_at=lease, attempts=F("attempts") + 1):
                sent += Chunk.objects.select_related("issue__edition").get(pk=key).repeat(carrier)
        return sent

    def _next_chunk(self, carrier: carriers.Carrier, *, until: float) -> Chunk | None:
        """The oldest issue first; while all that are due must go slower, wait for their turn."""
        while True:
            held_back = False
            for issue in Issue.objects.sending().order_by("started_at").defer("text", "html"):
                most = carrier.most if carrier.most > 1 else AT_ONCE
                granted = Bucket.objects.take(carrier.name, most, issue=issue)
                if not granted:
                    held_back = held_back or self.due().filter(issue=issue).exists()
                elif chunk := self.claim(issue, granted, carrier):
                    return chunk
                else:
                    Bucket.objects.give_back(carrier.name, granted, issue=issue)
            if not held_back or time.monotonic() + PAUSE_SECONDS >= until:
                return None
            time.sleep(PAUSE_SECONDS)
