"""What is learnt about a mail after it left: that it was taken, came back, or was complained of."""

from __future__ import annotations

import enum
from datetime import datetime

from anymail.signals import EventType, RejectReason
from django.db import models
from django.utils.translation import gettext_lazy as _

from newsletter import tokens
from newsletter.outbox import Status

from .people import Subscriber, Suppression

# Whoever says one of these had the mail in hands.
TAKEN = {
    *(EventType.QUEUED, EventType.SENT, EventType.DEFERRED, EventType.DELIVERED),
    *(EventType.OPENED, EventType.CLICKED, EventType.COMPLAINED, EventType.UNSUBSCRIBED),
}
REFUSED = {EventType.REJECTED, EventType.FAILED, EventType.BOUNCED}

# Enhanced status codes (RFC 3463) that are about the address alone.
NO_SUCH_ADDRESS = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}
MAILBOX_FULL = "5.2.2"
TOO_LARGE = {"5.2.3", "5.3.4"}
CONTENT_OR_POLICY = ("5.6.", "5.7.")


class Blame(enum.Enum):
    """Whose fault it is that a mail did not arrive. Only the first is held against an address."""

    ADDRESS = "there is no such mailbox"
    MESSAGE = "this letter, its size or its sender was not liked"
    DEFERRAL = "not now"


def blame(reject_reason: str, code: str = "") -> Blame:
    """Sort a failure by its code (`550 5.1.1`), else by anymail's word for the reason."""
    basic, enhanced = _parted(code)
    if enhanced in NO_SUCH_ADDRESS:
        return Blame.ADDRESS
    if enhanced == MAILBOX_FULL or (enhanced or basic).startswith("4"):
        return Blame.DEFERRAL
    if enhanced in TOO_LARGE or enhanced.startswith(CONTENT_OR_POLICY):
        return Blame.MESSAGE
    if not enhanced and basic in {"552", "554"}:
        return Blame.MESSAGE
    if reject_reason in {RejectReason.BOUNCED, RejectReason.INVALID}:
        return Blame.ADDRESS
    return Blame.DEFERRAL if reject_reason == RejectReason.TIMED_OUT else Blame.MESSAGE


def _parted(code: str) -> tuple[str, str]:
    """The code of three figures and the one with dots; either may be missing."""
    words = code.split()
    basic = next((word for word in words if "." not in word), "")
    return basic, next((word for word in words if "." in word), "")


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
