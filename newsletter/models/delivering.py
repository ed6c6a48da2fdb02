"""The mails themselves: one row each."""

from __future__ import annotations

import enum
from datetime import timedelta
from typing import Self

from django.core.mail import EmailMessage
from django.db import connection, models, transaction
from django.db.models import Q, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter import addresses, emails, tokens
from newsletter.outbox import DRAIN_SECONDS, Outbound, OutboundQuerySet, Status

from .evidence import Witnessed
from .issues import Issue
from .people import UNCONFIRMED_KEPT, Frequency, Subscriber, Suppression

HONEYPOT = "honeypot"

REPEAT = timedelta(minutes=5)
A_DAY, PER_DAY = timedelta(days=1), 3


class ConfirmationQuerySet(OutboundQuerySet["Confirmation"]):
    def ask(self, subscriber: Subscriber, *, suspicion: str = "") -> Confirmation | None:
        """Queue a confirmation, unless one is on its way or their mailbox had three today."""
        if suspicion == HONEYPOT:
            return self._leave_out(subscriber, suspicion)
        if subscriber.confirmations.mailed().since(REPEAT).exists():
            return None
        mailbox = self.model.objects.to_mailbox_of(subscriber.email)
        if mailbox.mailed().since(A_DAY).count() >= PER_DAY:
            return None
        return self.enqueue(subscriber=subscriber)

    def since(self, ago: timedelta) -> ConfirmationQuerySet:
        return self.filter(created_at__gt=timezone.now() - ago)

    def mailed(self) -> ConfirmationQuerySet:
        """Sent, or still to be sent."""
        return self.exclude(status=Status.SKIPPED)

    def to_mailbox_of(self, email: str) -> ConfirmationQuerySet:
        """To this address or its name+tag forms: they all land in one mailbox."""
        name, host = addresses.without_tag(email)
        return self.filter(
            Q(subscriber__email__iexact=f"{name}@{host}")
            | Q(subscriber__email__istartswith=f"{name}+", subscriber__email__iendswith=f"@{host}")
        )

    def with_token(self, token: str) -> Confirmation | None:
        """The row that a proved token names, if it is still there."""
        return self.select_related("subscriber").filter(public_id=tokens.read(token)).first()

    def _leave_out(self, subscriber: Subscriber, reason: str) -> Confirmation | None:
        """A machine filled in the form: keep a trace that the sign-up was made, and no mail."""
        if subscriber.confirmations.filter(reason=reason).since(A_DAY).exists():
            return None
        return self.create(subscriber=subscriber, status=Status.SKIPPED, reason=reason)


class Confirmation(Outbound):
    """The mail that asks whether it was you. Its link names this row."""

    class State(enum.Enum):
        """What its link is still good for."""

        OPEN = "may confirm"
        IN = "is signed up already"
        REPLACED = "a newer mail has the good link"
        LEFT = "has left since"
        OLD = "has rested too long"

    NEVER_MISS = True

    public_id = models.CharField(
        max_length=16, unique=True, default=tokens.public_id, editable=False
    )
    subscriber = models.ForeignKey(
        Subscriber, models.CASCADE, related_name="confirmations", verbose_name=_("subscriber")
    )
    used_at = models.DateTimeField(_("confirmed"), null=True, editable=False)

    objects = ConfirmationQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Outbound.Meta):
        abstract = False
        verbose_name = _("confirmation")
        verbose_name_plural = _("confirmations")
        ordering = ["-created_at"]
        indexes = [
            *Outbound.Meta.indexes,
            models.Index(fields=["created_at"], name="confirmation_created"),
        ]

    def __str__(self) -> str:
        return _("confirmation %(pk)s") % {"pk": self.pk}

    @property
    def token(self) -> str:
        return tokens.make(tokens.CONFIRM, self.public_id)

    @property
    def state(self) -> State:
        if self.subscriber.is_in:
            return self.State.IN
        if self.used_at or self._left_since:
            return self.State.LEFT
        if self.created_at <= timezone.now() - UNCONFIRMED_KEPT:
            return self.State.OLD
        if self._newer().exists():
            return self.State.REPLACED
        return self.State.OPEN

    @transaction.atomic
    def confirm(self) -> bool:
        """Yes, it was them. False: the link is spent, replaced or old."""
        if self.state is not self.State.OPEN or not self.subscriber.confirm():
            return False
        self.used_at = self.subscriber.confirmed_at
        self.save(update_fields=["used_at"])
        if consent := self.subscriber.consents.filter(confirmed_at=None).first():
            consent.confirmed_at = self.used_at
            consent.save(update_fields=["confirmed_at"])
        return True

    def replace(self) -> bool:
        """Queue a new one, with a fresh link. False: there were enough of them today."""
        if self.state is not self.State.REPLACED:
            return False
        with transaction.atomic():
            subscriber = Subscriber.objects.select_for_update().get(pk=self.subscriber_id)
            return bool(self.subscriber.confirmations.ask(subscriber))

    @property
    def _left_since(self) -> bool:
        left_at = self.subscriber.unsubscribed_at
        return left_at is not None and left_at >= self.created_at

    def _newer(self) -> models.QuerySet:
        """Later ones that reached them, or will."""
        later = self.subscriber.confirmations.filter(pk__gt=self.pk)
        return later.exclude(status__in=[Status.SKIPPED, Status.FAILED])

    def message(self) -> EmailMessage:
        return emails.confirmation(self)

    def unwanted(self) -> str:
        if self.used_at or self.subscriber.is_in:
            return "already confirmed"
        if self._left_since:
            return "unsubscribed"
        if Suppression.objects.cover(self.subscriber.email):
            return "suppressed"
        return ""


class DeliveryQuerySet(OutboundQuerySet["Delivery"]):
    def due(self) -> Self:
        """All but those of paused issues. Of cancelled ones too: the claim leaves them out."""
        return super().due().exclude(issue__status=Issue.Status.PAUSED)

    def deliver_due(self, *, seconds: float = DRAIN_SECONDS) -> int:
        settled = super().deliver_due(seconds=seconds)
        Issue.objects.complete_finished()
        return settled

    def freeze(self, *, issue: Issue, audience: QuerySet[Subscriber]) -> int:
        """One row for each of the audience, in one statement; says how many."""
        now = timezone.now()
        row = {
            "status": Value(Status.QUEUED.value),
            "due_at": Value(now, models.DateTimeField()),
            "created_at": Value(now, models.DateTimeField()),
            "attempts": Value(0),
            "reason": Value(""),
            "issue_id": Value(issue.pk),
        }
        # An alias must not be called like a column of the table that is read.
        people = audience.order_by().annotate(**{f"its_{name}": row[name] for name in row})
        select, params = people.values_list(
            *(f"its_{name}" for name in row), "pk"
        ).query.sql_with_params()
        columns = ", ".join([*row, "subscriber_id"])
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {self.model._meta.db_table} ({columns}) {select}", params)
            return cursor.rowcount

    def skip_queued(self, reason: str) -> int:
        return self.filter(status=Status.QUEUED).update(status=Status.SKIPPED, reason=reason)

    def held(self) -> DeliveryQuerySet:
        """Those that a person must decide about: refused, or perhaps sent and perhaps not."""
        return self.filter(status__in=[Status.FAILED, Status.UNCERTAIN])

    def with_mark(self, mark: str) -> Delivery | None:
        """The one that a report is about; None for marks that this site never made."""
        if not tokens.proves(mark, tokens.DELIVERY):
            return None
        return self.filter(pk=tokens.number(tokens.read(mark))).first()

    def with_message_id(self, message_id: str) -> Delivery | None:
        """The one whose mail had this Message-ID, as reports quote it when they lack the mark."""
        pk = emails.delivery_of(message_id)
        return self.filter(pk=pk).first() if pk else None

    def counts(self) -> dict[str, int]:
        """How many there are in each state."""
        rows = self.order_by().values_list("status").annotate(count=models.Count("pk"))
        return dict(rows)


class Delivery(Witnessed, Outbound):
    """One issue to one person: the ledger. It outlives the person's row."""

    issue = models.ForeignKey(
        Issue, models.CASCADE, related_name="deliveries", verbose_name=_("issue")
    )
    subscriber = models.ForeignKey(
        Subscriber,
        models.SET_NULL,
        null=True,
        related_name="deliveries",
        verbose_name=_("subscriber"),
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

    def __str__(self) -> str:
        return _("delivery %(pk)s") % {"pk": self.pk}

    def message(self) -> EmailMessage:
        return emails.issue(self, self.subscriber)  # type: ignore[arg-type]  # see unwanted()

    def on_hold(self) -> bool:
        return self.issue.status == Issue.Status.PAUSED

    def unwanted(self) -> str:
        """Checked again at the claim: people leave while a letter is on its way."""
        if self.issue.status == Issue.Status.CANCELLED:
            return "cancelled"
        if self.subscriber is None:
            return "erased"
        if self.subscriber.status != Subscriber.Status.ACTIVE:
            return self.subscriber.status
        if self.subscriber.frequency == Frequency.NONE:
            return "no newsletter"
        if Suppression.objects.cover(self.subscriber.email):
            return "suppressed"
        return ""
