"""What is learnt about a mail after it left: that it was taken, came back, or was complained of."""

from __future__ import annotations

from datetime import datetime

from anymail.signals import EventType
from django.db import models
from django.utils.translation import gettext_lazy as _

from newsletter import tokens
from newsletter.bounces import Blame, blame
from newsletter.outbox import Status

from .people import Subscriber
from .suppression import Suppression

# Whoever says one of these had the mail in hands.
TAKEN = {
    *(EventType.QUEUED, EventType.SENT, EventType.DEFERRED, EventType.DELIVERED),
    *(EventType.OPENED, EventType.CLICKED, EventType.COMPLAINED, EventType.UNSUBSCRIBED),
}
# Who has come so far belonged to a call that was accepted. REJECTED says that it was not.
ON_ITS_WAY = {*TAKEN, EventType.BOUNCED}
REFUSED = {EventType.REJECTED, EventType.FAILED, EventType.BOUNCED}


class Witnessed(models.Model):
    """An outbox row that reports come back about, under a mark that only this site can make."""

    bounced_at = models.DateTimeField(_("came back"), null=True, editable=False)
    complained_at = models.DateTimeField(_("marked as spam"), null=True, editable=False)

    subscriber: Subscriber | None

    class Meta:
        abstract = True

    @property
    def mark(self) -> str:
        """Goes along with the mail, so that a report can say which one it is about."""
        return tokens.make(tokens.DELIVERY, tokens.numbered(self.pk))

    def learn(self, kind: str, *, at: datetime, reject_reason: str = "", code: str = "") -> None:
        """Take in one report (anymail's words). In any order, and twice, it comes to the same."""
        if kind in TAKEN:
            self._settle_doubt(Status.SENT, sent_at=at, reason="")
        if kind in REFUSED:
            self._came_back(kind, at, reject_reason, code)
        if kind == EventType.COMPLAINED:
            self._complained(at)
        if kind == EventType.UNSUBSCRIBED and self.subscriber:
            self.subscriber.unsubscribe()
        self.refresh_from_db()

    def _came_back(self, kind: str, at: datetime, reject_reason: str, code: str) -> None:
        why = f"{kind} {code or reject_reason}".strip()
        self._settle_doubt(Status.FAILED, of=[Status.UNCERTAIN], reason=why)
        if blame(reject_reason, code) is Blame.ADDRESS:
            self._note("bounced_at", at)
            self._suppress(Suppression.Reason.BOUNCE)

    def _complained(self, at: datetime) -> None:
        self._note("complained_at", at)
        self._suppress(Suppression.Reason.COMPLAINT)
        if self.subscriber:
            self.subscriber.unsubscribe()

    def _settle_doubt(
        self, status: Status, of: tuple | list = (Status.SENDING, Status.UNCERTAIN), **facts
    ) -> None:
        """Only what nobody is sure of: a settled row, and one queued anew, stay as they are."""
        self._me().filter(status__in=of).update(status=status, **facts)

    def _note(self, column: str, at: datetime) -> None:
        """The first time counts."""
        self._me().filter(**{column: None}).update(**{column: at})

    def _suppress(self, reason: Suppression.Reason) -> None:
        if self.subscriber:
            Suppression.objects.add_address(self.subscriber.email, reason)

    def _me(self) -> models.QuerySet:
        return type(self)._default_manager.filter(pk=self.pk)
