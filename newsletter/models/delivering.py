"""Deliveries: one issue to one person. The ledger, which outlives the person's row."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.core.mail import EmailMessage
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from blog.models import Publication
from newsletter import emails, outbox, retention, tokens
from newsletter.outbox import Outbound, Status

from .audience import note_what_came_since
from .chunks import Chunk, form_of
from .evidence import ON_ITS_WAY, Witnessed, WitnessedQuerySet
from .issues import Issue
from .people import Frequency, Subscriber
from .sending import SendingQuerySet
from .suppression import Suppression


class DeliveryQuerySet(SendingQuerySet, WitnessedQuerySet):  # type: ignore[override]
    # Always by way of the issues: of these there are a few, of deliveries millions.

    def due(self) -> Self:
        return super().due().filter(issue__in=Issue.objects.sending())

    @transaction.atomic
    def send_again(self) -> int:
        """Of a cancelled issue nothing goes again; one that was over is not any more."""
        chosen = self.exclude(issue__in=Issue.objects.cancelled())
        issues = set(chosen.held().values_list("issue", flat=True))
        again = Issue.objects.filter(pk__in=issues)
        # Locked: see complete_finished().
        for issue in again.select_for_update(no_key=True).order_by("pk"):
            note_what_came_since(chosen.held(), issue)
        again.reopen()
        return super(DeliveryQuerySet, chosen).send_again()

    def open(self) -> Self:
        return super().open().filter(issue__in=Issue.objects.unfinished())

    def last_sent_at(self) -> datetime | None:
        some = Chunk.objects.filter(sent__gt=0)
        return some.aggregate(last=models.Max("ended_at"))["last"]

    @transaction.atomic
    def forget_readers(self) -> int:
        """Cut some of the ties between old letters and who got them; what became of them stays."""
        old = Issue.objects.filter(started_at__lt=retention.limit("deliveries"))
        # A number that is greater than none: the database has an index for that.
        over = self.filter(issue__in=old, subscriber__gt=0).exclude(status__in=outbox.OPEN)
        return self.filter(pk__in=retention.some(over, 5_000)).update(subscriber=None)

    def skip_queued(self, reason: str) -> int:
        return self.filter(status=Status.QUEUED).update(status=Status.SKIPPED, reason=reason)

    def held(self) -> Self:
        """Those that a person must decide about: refused, or perhaps sent and perhaps not."""
        undecided = [Status.FAILED, Status.UNCERTAIN]
        return self.filter(status__in=undecided, issue__in=Issue.objects.started())

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

    def left_out(self) -> dict[str, int]:
        """Why some did not get it, and how many each."""
        rows = self.filter(status=Status.SKIPPED).order_by().values_list("reason")
        return dict(rows.annotate(count=models.Count("pk")))

    def counts(self) -> dict[str, int]:
        """How many there are in each state."""
        rows = self.order_by().values_list("status").annotate(count=models.Count("pk"))
        return dict(rows)


class Delivery(Witnessed):
    """One issue to one person."""

    PURPOSE, LETTER = tokens.DELIVERY, "d"

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
    def reader(self) -> Subscriber:
        """Whom it goes to. Only of rows that are still wanted: see unwanted()."""
        if self.subscriber is None:
            raise ValueError("erased")
        return self.subscriber

    def message(self) -> EmailMessage:
        publication = Publication.current()
        letter = emails.copy(self, self.reader, publication)
        quotes = self.issue.chosen_quotes.standing_ids()
        return form_of(self, publication, quotes).message(letter)

    def on_hold(self) -> bool:
        return self.issue.status == Issue.Status.PAUSED

    def unwanted(
        self, *, suppressed: set[str] | None = None, following: set[int] | None = None
    ) -> str:
        """Checked again at the claim: people leave while a letter is on its way.

        Who looks at many asks first whom of them we must not write to, and who still follows.
        """
        if self.issue.status == Issue.Status.CANCELLED:
            return "cancelled"
        if self.subscriber is None:
            return "erased"
        if self.subscriber.status != Subscriber.Status.ACTIVE:
            return self.subscriber.status
        if self.issue.edition.is_of_stories:
            if following is None:
                following = self.issue.followers_among([self.subscriber.pk])
            if self.subscriber.pk not in following:
                return "stopped following"
        elif self.subscriber.frequency == Frequency.NONE:
            return "no newsletter"
        email = self.subscriber.email
        if suppressed is None:
            suppressed = Suppression.objects.among([email])
        return "suppressed" if email in suppressed else ""

    def learn(self, kind: str, *, at: datetime, reject_reason: str = "", code: str = "") -> None:
        if self.chunk:
            self.chunk.lock()
        super().learn(kind, at=at, reject_reason=reject_reason, code=code)
        # Handed over only once, it can only have been taken by this very call.
        if self.chunk and self.attempts == 1 and kind in ON_ITS_WAY:
            self.chunk.was_accepted(at)
