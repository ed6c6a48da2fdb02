"""Deliveries: one issue to one person. The ledger, which outlives the person's row."""

from __future__ import annotations

import threading
import time
from typing import Any, Self

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Publication
from newsletter import carriers, emails, outbox, tokens
from newsletter.outbox import Outbound, Status
from newsletter.throttle import Bucket, Rest

from .audience import AudienceQuerySet
from .chunks import Chunk, form_of
from .issues import Issue
from .people import Frequency, Subscriber, Suppression

# One by one, a worker has one mail in the air: killed, it leaves one person in doubt, not more.
ONE_BY_ONE, TOGETHER = threading.BoundedSemaphore(1), threading.BoundedSemaphore(2)
AT_ONCE = 50  # claimed at a time by carriers that take them one by one
PAUSE_SECONDS = 0.2


class DeliveryQuerySet(AudienceQuerySet):
    # Sending them ----------------------------------------------------------------------------------

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
            claimed = due.filter(pk__in=pks).update(chunk=chunk, due_at=lease)
        Bucket.objects.give_back(carrier.name, number - claimed, issue=issue)
        return chunk

    def deliver_due(self, *, seconds: float = outbox.DRAIN_SECONDS) -> int:
        """Send what is due for at most so many seconds; says how many were sent."""
        carrier = carriers.current()
        end, sent = time.monotonic() + seconds, 0
        try:
            self.reclaim()
            sent += self._repeat_unanswered(carrier)
            while not Rest.objects.of(carrier.name):
                chunk = self._next_chunk(carrier, until=end)
                if chunk is None:
                    break
                now_sent = chunk.send(carrier, until=end)
                sent += now_sent
                if now_sent:
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
        slots = ONE_BY_ONE if carriers.current().most == 1 else TOGETHER
        if not slots.acquire(blocking=False):
            return
        try:
            if self.due().exists():
                self.ring_again()
            self.deliver_due()
        finally:
            slots.release()
        if self.due().exists() and not Rest.objects.of(carriers.current().name):
            self.ring_again()

    def reclaim(self) -> int:
        """Settle what a dead worker was handing over. What it had not begun is due again anyway."""
        lost = self.filter(
            issue__in=Issue.objects.started(), status=Status.SENDING, due_at__lte=timezone.now()
        )
        if self.unanswered(carriers.current()).exists():
            lost = lost.exclude(pk__in=self.unanswered(carriers.current()))
        return lost.update(status=Status.UNCERTAIN, reason=outbox.LOST)

    def unanswered(self, carrier: carriers.Carrier) -> Self:
        """Handed over, and the answer did not come; may be asked again under the same key."""
        if carrier.repeats_for is None:
            return self.none()
        return self.filter(
            status=Status.SENDING,
            due_at__lte=timezone.now(),
            attempts__lt=settings.MAIL_MAX_ATTEMPTS,
            chunk__carrier=carrier.name,
            chunk__posted_at__gt=timezone.now() - carrier.repeats_for,
        )

    def _repeat_unanswered(self, carrier: carriers.Carrier) -> int:
        sent = 0
        for key in set(self.unanswered(carrier).values_list("chunk", flat=True)):
            lease = timezone.now() + settings.MAIL_LEASE
            mine = self.unanswered(carrier).filter(chunk=key)
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

    # What became of them ---------------------------------------------------------------------------

    def due(self) -> Self:
        """All but those of paused issues. Of cancelled ones too: the claim leaves them out."""
        return super().due().exclude(issue__status=Issue.Status.PAUSED)

    def skip_queued(self, reason: str) -> int:
        return self.filter(status=Status.QUEUED).update(status=Status.SKIPPED, reason=reason)

    def held(self) -> Self:
        """Those that a person must decide about: refused, or perhaps sent and perhaps not."""
        return self.filter(status__in=[Status.FAILED, Status.UNCERTAIN])

    def uncertain(self) -> Self:
        return self.filter(status=Status.UNCERTAIN)

    def failed(self) -> Self:
        return self.filter(status=Status.FAILED)

    def with_outcome(self) -> Self:
        """Of which something is known, or was done that cannot be undone."""
        return self.filter(status__in=[Status.SENT, Status.FAILED, Status.UNCERTAIN])

    def bounced(self) -> Self:
        """To an address that does not exist."""
        return self.filter(bounced_at__isnull=False)

    def complained(self) -> Self:
        return self.filter(complained_at__isnull=False)

    def counts(self) -> dict[str, int]:
        """How many there are in each state."""
        rows = self.order_by().values_list("status").annotate(count=models.Count("pk"))
        return dict(rows)


class Delivery(Outbound):
    """One issue to one person."""

    issue = models.ForeignKey(
        Issue,
        models.CASCADE,
        related_name="deliveries",
        verbose_name=_("issue"),
        db_index=False,  # two indexes begin with it
    )
    subscriber = models.ForeignKey(
        Subscriber,
        models.SET_NULL,
        null=True,
        related_name="deliveries",
        verbose_name=_("subscriber"),
    )
    # Bits of the issue's posts that this person had by another letter: see IssuePost.bit.
    omits = models.BigIntegerField(default=0, editable=False)
    chunk = models.ForeignKey(
        Chunk,
        models.SET_NULL,
        null=True,
        related_name="deliveries",
        db_index=False,
        editable=False,
    )
    bounced_at = models.DateTimeField(_("bounced"), null=True, editable=False)
    complained_at = models.DateTimeField(_("called it spam"), null=True, editable=False)

    objects = DeliveryQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Outbound.Meta):
        abstract = False
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            *Outbound.Meta.constraints,
            models.UniqueConstraint(
                fields=["issue", "subscriber"], name="delivery_once_per_person"
            ),
        ]
        indexes = [
            models.Index(fields=["issue", "status", "due_at"], name="delivery_due"),
            models.Index(fields=["chunk"], name="delivery_chunk", condition=Q(chunk__isnull=False)),
            models.Index(
                fields=["issue", "bounced_at"],
                name="delivery_bounced",
                condition=Q(bounced_at__isnull=False),
            ),
            models.Index(
                fields=["issue", "complained_at"],
                name="delivery_complained",
                condition=Q(complained_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return _("delivery %(pk)s") % {"pk": self.pk}

    @property
    def mark(self) -> str:
        """By which a provider's report finds this row; nobody else could make it."""
        return tokens.make(tokens.DELIVERY, str(self.pk))

    def message(self) -> EmailMessage:
        publication = Publication.current()
        letter = emails.copy(self, self.subscriber, publication)  # type: ignore[arg-type]
        quotes = self.issue.chosen_quotes.standing_ids()
        return form_of(self, publication, quotes).message(letter)

    def on_hold(self) -> bool:
        return self.issue.status == Issue.Status.PAUSED

    def unwanted(self, *, suppressed: set[str] | None = None) -> str:
        """Checked again at the claim: people leave while a letter is on its way."""
        if self.issue.status == Issue.Status.CANCELLED:
            return "cancelled"
        if self.subscriber is None:
            return "erased"
        if self.subscriber.status != Subscriber.Status.ACTIVE:
            return self.subscriber.status
        if self.subscriber.frequency == Frequency.NONE:
            return "no newsletter"
        email = self.subscriber.email
        if suppressed is None:
            suppressed = Suppression.objects.among([email])
        return "suppressed" if email in suppressed else ""

    def bounced(self, error: Exception) -> dict[str, Any]:
        """An address that does not exist is never tried again by any letter."""
        if not carriers.address_is_dead(error) or self.subscriber is None:
            return {}
        Suppression.objects.add_address(self.subscriber.email, Suppression.Reason.BOUNCE)
        return {"bounced_at": timezone.now()}
