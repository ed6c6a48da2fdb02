"""Proofs: an issue as it stands, to whoever works on it and nobody else."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter import emails, tokens
from newsletter.outbox import Outbound, OutboundQuerySet, Status

from .issues import Issue
from .suppression import Suppression

AN_HOUR, MOST_AN_HOUR = timedelta(hours=1), 10


class ProofQuerySet(OutboundQuerySet["Proof"]):
    @transaction.atomic
    def ask(self, issue: Issue, user, *, quiet: bool = False) -> Proof | None:
        """Queue one to this person's own address. None: there were enough of them this hour."""
        get_user_model().objects.select_for_update().get(pk=user.pk)
        lately = self.filter(user=user, created_at__gt=timezone.now() - AN_HOUR)
        if lately.count() >= MOST_AN_HOUR:
            return None
        return self.enqueue(issue=issue, user=user, quiet=quiet)

    def sent(self) -> ProofQuerySet:
        return self.filter(status=Status.SENT)


class Proof(Outbound):
    """The letter as it stands when it leaves. Its link to leave unsubscribes nobody."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="proofs", verbose_name=_("issue"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("account")
    )
    quiet = models.BooleanField(_("discreet subject"), default=False)

    objects = ProofQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Outbound.Meta):
        abstract = False
        verbose_name = _("test letter")
        verbose_name_plural = _("test letters")

    def __str__(self) -> str:
        return _("test letter %(pk)s") % {"pk": self.pk}

    @property
    def token(self) -> str:
        return tokens.make(tokens.PROOF, tokens.numbered(self.pk))

    def message(self) -> EmailMessage:
        return emails.proof(self)

    def unwanted(self) -> str:
        if not (self.user.is_active and self.user.is_staff):
            return "no staff"
        if not Issue.objects.with_words().filter(pk=self.issue_id).exists():
            return "cancelled"
        if not self.user.email:
            return "no address"
        return "suppressed" if Suppression.objects.cover(self.user.email) else ""
