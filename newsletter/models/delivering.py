"""The mails themselves: one row each."""

from __future__ import annotations

from django.core.mail import EmailMessage
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter import emails, tokens
from newsletter.outbox import Outbound, OutboundQuerySet

from .issues import Issue
from .people import UNCONFIRMED_KEPT, Subscriber, Suppression


class Confirmation(Outbound):
    """The mail that asks whether it was you. Its link names this row."""

    NEVER_MISS = True

    public_id = models.CharField(
        max_length=16, unique=True, default=tokens.public_id, editable=False
    )
    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="confirmations")
    used_at = models.DateTimeField(_("confirmed"), null=True, editable=False)

    objects = OutboundQuerySet["Confirmation"].as_manager()

    class Meta(Outbound.Meta):
        abstract = False
        verbose_name = _("confirmation")
        verbose_name_plural = _("confirmations")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return _("confirmation %(pk)s") % {"pk": self.pk}

    @property
    def token(self) -> str:
        return tokens.make(tokens.CONFIRM, self.public_id)

    @property
    def is_fresh(self) -> bool:
        """The newest one of its subscriber, and younger than thirty days."""
        newer = self.subscriber.confirmations.filter(pk__gt=self.pk)
        return self.created_at > timezone.now() - UNCONFIRMED_KEPT and not newer.exists()

    def message(self) -> EmailMessage:
        return emails.confirmation(self)

    def unwanted(self) -> str:
        if self.used_at:
            return "already confirmed"
        if Suppression.objects.cover(self.subscriber.email):
            return "suppressed"
        return ""


class DeliveryQuerySet(OutboundQuerySet["Delivery"]):
    def due(self) -> DeliveryQuerySet:
        """Only of issues that are being sent."""
        return super().due().filter(issue__status=Issue.Status.SENDING)


class Delivery(Outbound):
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

    objects = DeliveryQuerySet.as_manager()

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
        return emails.issue(self)

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
        if Suppression.objects.cover(self.subscriber.email):
            return "suppressed"
        return ""
