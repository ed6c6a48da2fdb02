"""What is learnt about a mail after it left: that it was taken, came back, or was complained of."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self

from anymail.signals import EventType
from django.apps import apps
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter import carriers, emails, tokens
from newsletter.bounces import Blame, blame
from newsletter.outbox import Outbound, OutboundQuerySet, Row, Status

from .people import Subscriber
from .suppression import Suppression

ARRIVED = {EventType.DELIVERED, EventType.OPENED, EventType.CLICKED}
# Whoever says one of these had the mail in hands.
TAKEN = {
    *ARRIVED,
    *(EventType.QUEUED, EventType.SENT, EventType.DEFERRED),
    *(EventType.COMPLAINED, EventType.UNSUBSCRIBED),
}
# Who has come so far belonged to a call that was accepted. REJECTED says that it was not.
ON_ITS_WAY = {*TAKEN, EventType.BOUNCED}
REFUSED = {EventType.REJECTED, EventType.FAILED, EventType.BOUNCED}
COLUMN = {Blame.ADDRESS: "bounced_at", Blame.DEFERRAL: "soft_bounced_at"}


def kinds() -> list[Any]:
    """All kinds of mail that reports come back about, of whichever floor."""
    return [model for model in apps.get_models() if issubclass(model, Witnessed)]


class WitnessedQuerySet(OutboundQuerySet[Row]):
    def of(self, person: Subscriber) -> Self:
        """Those that went to the address that this person has."""
        return self.filter(subscriber=person)

    def with_mark(self, mark: str) -> Row | None:
        """The one that a report is about; None for marks that this site never made."""
        if not tokens.proves(mark, self.model.PURPOSE):  # type: ignore[attr-defined]
            return None
        return self.filter(pk=tokens.number(tokens.read(mark))).first()

    def with_message_id(self, message_id: str) -> Row | None:
        """The one whose mail had this Message-ID, as reports quote it when they lack the mark."""
        kind, number = emails.named(message_id)
        mine = kind == self.model.LETTER  # type: ignore[attr-defined]
        return self.filter(pk=number).first() if mine else None


class Witnessed(Outbound):
    """An outbox row that reports come back about, under a mark that only this site can make."""

    PURPOSE: ClassVar[str]  # of the mark that goes along with the mail
    LETTER: ClassVar[str]  # that its Message-ID begins with

    bounced_at = models.DateTimeField(_("came back"), null=True, editable=False)
    soft_bounced_at = models.DateTimeField(_("given up for now"), null=True, editable=False)
    complained_at = models.DateTimeField(_("marked as spam"), null=True, editable=False)

    subscriber: Any  # or None, once they were erased
    subscriber_id: Any

    class Meta(Outbound.Meta):
        abstract = True

    @property
    def mark(self) -> str:
        return tokens.make(self.PURPOSE, tokens.numbered(self.pk))

    @property
    def address(self) -> str:
        """Where it went; empty when nobody knows any more."""
        return self.subscriber.email if self._is_theirs() else ""

    def learn(self, kind: str, *, at: datetime, reject_reason: str = "", code: str = "") -> None:
        """Take in one report (anymail's words). In any order, and twice, it comes to the same."""
        with transaction.atomic():
            self._lock_person()
            if kind in TAKEN:
                self._settle_doubt(Status.SENT, sent_at=at, reason="")
            if kind in ARRIVED and self._is_theirs():
                self.subscriber.was_reached(at)
            if kind in REFUSED:
                why = f"{kind} {code or reject_reason}".strip()
                self._settle_doubt(Status.FAILED, of=[Status.UNCERTAIN], reason=why)
                self._came_back(blame(reject_reason, code), at)
            if kind == EventType.COMPLAINED:
                self._complained(at)
            if kind == EventType.UNSUBSCRIBED and self._is_theirs():
                self.subscriber.unsubscribe()
        self.refresh_from_db()

    @transaction.atomic
    def refused(self, error: Exception) -> bool:
        """A no while it is handed over means what the same no means in a report that comes late."""
        self._lock_person()
        settled = super().refused(error)
        whose = carriers.whose_fault(error)
        if settled and whose:
            self._came_back(whose, timezone.now())
            self.refresh_from_db()
        return settled

    def _came_back(self, whose: Blame, at: datetime) -> None:
        if whose is Blame.MESSAGE:
            return
        self._note(COLUMN[whose], at)
        if whose is Blame.ADDRESS:
            self._suppress(Suppression.Reason.BOUNCE, at)
        if self._is_theirs():
            self.subscriber.add_up_failures()

    def _complained(self, at: datetime) -> None:
        self._note("complained_at", at)
        self._suppress(Suppression.Reason.COMPLAINT, at)
        if self._is_theirs():
            self.subscriber.unsubscribe()

    def _suppress(self, reason: Suppression.Reason, at: datetime) -> None:
        if address := self.address:
            Suppression.objects.add_address(address, reason, at=at)

    def _settle_doubt(
        self, status: Status, of: tuple | list = (Status.SENDING, Status.UNCERTAIN), **facts
    ) -> None:
        """Only what nobody is sure of: a settled row, and one queued anew, stay as they are."""
        self._me().filter(status__in=of).update(status=status, **facts)

    def _note(self, column: str, at: datetime) -> None:
        """The earliest time counts, however late it is heard of."""
        earlier = Q(**{column: None}) | Q(**{f"{column}__gt": at})
        self._me().filter(earlier).update(**{column: at})

    def _lock_person(self) -> None:
        """Before the row itself, as whoever confirms does; two failures at once add up."""
        if self.subscriber:
            people = Subscriber.objects.select_for_update(no_key=True)
            self.subscriber = people.filter(pk=self.subscriber_id).first()

    def _is_theirs(self) -> bool:
        """Whether it went to the address that this person has now."""
        return self.subscriber is not None and not self.subscriber.has_moved_since(
            self.first_tried_at or self.created_at
        )

    def _me(self) -> models.QuerySet[Any]:
        return type(self)._default_manager.filter(pk=self.pk)
