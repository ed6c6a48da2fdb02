"""Memos: short mails to one person about their own letters."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter import memo_mails, moving, tokens
from newsletter.outbox import Outbound, Status

from .asked import A_DAY, Asked, AskedQuerySet
from .confirming import Confirmation
from .people import Subscriber
from .suppression import Suppression

FRESH_FOR = timedelta(days=1)
SECRET_LENGTH = 64
UNKNOWN, LEFT = "unknown", "unsubscribed"


def _seed() -> str:
    return secrets.token_hex(32)


class MemoQuerySet(AskedQuerySet["Memo"]):
    def of(self, person: Subscriber) -> Self:
        return super().of(person).filter(to_address="")

    def write(self, subscriber: Subscriber, kind: str, **facts) -> Memo:
        """Queue one to this person."""
        return self.enqueue(subscriber=subscriber, kind=kind, **facts)

    def welcome(self, subscriber: Subscriber) -> Memo:
        return self.write(subscriber, Memo.Kind.WELCOME)

    def welcome_back(self, subscriber: Subscriber) -> Memo:
        return self.write(subscriber, Memo.Kind.BACK)

    def tell_already_in(self, subscriber: Subscriber) -> Memo | None:
        """Somebody typed the address of a person who is in: say so, once a day at most."""
        kind = Memo.Kind.ALREADY_IN
        lately = self.filter(kind=kind, created_at__gt=timezone.now() - A_DAY)
        return None if lately.exists() else self.write(subscriber, kind)

    def ask_for_link(self, email: str, *, suspicion: str = "") -> None:
        """Somebody typed this address, and would like the link of whoever has it.

        The same work for every address: whose it is, if anybody's, is looked up when it leaves.
        """
        wish = {"subscriber": None, "kind": Memo.Kind.LINK}
        if suspicion:  # a machine: keep the trace, and neither send nor keep the address
            self.create(status=Status.SKIPPED, reason=suspicion, **wish)
        else:
            self.enqueue(to_address=email, **wish)

    def send_link(self, subscriber: Subscriber, leads_to: str = "") -> Memo:
        """A fresh link for who holds an older one. It goes to their own address, nowhere else."""
        return self.write(subscriber, Memo.Kind.LINK, leads_to=leads_to)

    def ask_new_address(self, subscriber: Subscriber, email: str) -> Memo:
        """Ask the mailbox that they would like to change to."""
        return self.write(subscriber, Memo.Kind.NEW_ADDRESS, to_address=email)

    def with_secret(self, secret: str, kind: str) -> Memo | None:
        """The one of this kind whose mail brought this link; good still or not."""
        if len(secret) != SECRET_LENGTH or not secret.isascii():
            return None
        rows = self.select_related("subscriber").filter(kind=kind, subscriber__isnull=False)
        return rows.filter(link_hash=_hash(secret)).first()


class Memo(Asked):
    """One short mail. Some bring a fresh link: random, known here by its hash, good for a day."""

    class Kind(models.TextChoices):
        WELCOME = "welcome", _("welcome")
        ALREADY_IN = "already-in", _("already signed up")
        REMINDER = "reminder", _("reminder")
        BACK = "back", _("a pause has ended")
        LINK = "link", _("a link to their own page")
        OLD_ADDRESS = "old-address", _("change of address: says the old one")
        NEW_ADDRESS = "new-address", _("change of address: proves the new one")

    class Page(models.TextChoices):
        """Where a fresh link leads, when it is not to their own page."""

        STORIES = "stories", _("stories they follow")
        ADDRESS = "address", _("change of address")

    NEVER_MISS = True
    PURPOSE, LETTER = tokens.MEMO, "m"
    FRESH = {Kind.LINK, Kind.NEW_ADDRESS}

    # Nobody's yet: somebody typed an address, and whose it is is not looked up before it leaves.
    subscriber = models.ForeignKey(
        Subscriber,
        models.CASCADE,
        null=True,
        related_name="memos",
        verbose_name=_("subscriber"),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    leads_to = models.CharField(max_length=8, choices=Page.choices, blank=True, editable=False)
    # Of whose mail it reminds.
    confirmation = models.OneToOneField(
        Confirmation, models.CASCADE, null=True, related_name="reminder"
    )
    # Where it goes when that is not the subscriber's own address: one that they change to, or
    # have left. And what somebody typed, until it is known whose it is.
    to_address = models.EmailField(blank=True)
    # The link's secret is made from this and the site's key, so that neither alone is enough.
    seed = models.CharField(max_length=64, default=_seed, editable=False)
    link_hash = models.CharField(max_length=64, null=True, unique=True, editable=False)
    used_at = models.DateTimeField(_("used"), null=True, editable=False)

    objects = MemoQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Outbound.Meta):
        abstract = False
        verbose_name = _("memo")
        verbose_name_plural = _("memos")
        ordering = ["-created_at"]
        constraints = [
            *Outbound.Meta.constraints,
            models.CheckConstraint(
                name="memo_of_somebody", condition=Q(subscriber__isnull=False) | Q(kind="link")
            ),
        ]
        indexes = [
            *Outbound.Meta.indexes,
            models.Index(fields=["subscriber", "kind"], name="memo_of_a_kind"),
        ]

    def __str__(self) -> str:
        return _("memo %(pk)s") % {"pk": self.pk}

    def message(self) -> EmailMessage:
        return memo_mails.BY_KIND[self.kind](self)

    def unwanted(self) -> str:
        """Judged when it leaves: much may have changed since it was written."""
        if self.subscriber is None:
            return UNKNOWN
        if Suppression.objects.cover(self.to):
            return "suppressed"
        return self._out_of_date() or self._asked_too_often()

    @property
    def person(self) -> Subscriber:
        if self.subscriber is None:
            raise ValueError("nobody's yet")
        return self.subscriber

    @property
    def address(self) -> str:
        return self.to_address or super().address

    def _is_theirs(self) -> bool:
        return not self.to_address and super()._is_theirs()

    @property
    def to(self) -> str:
        return self.to_address or self.person.email

    @property
    def secret(self) -> str:
        """The fresh link's own 256 bits: to be mailed, never stored."""
        key = settings.SECRET_KEY.encode()
        return hmac.digest(key, f"newsletter.memos:{self.seed}".encode(), "sha256").hex()

    @property
    def is_fresh(self) -> bool:
        """A day from its sending."""
        sent_at = self.sent_at or self.first_tried_at
        return sent_at is not None and sent_at > timezone.now() - FRESH_FOR

    @transaction.atomic
    def use_address(self) -> bool:
        """The new mailbox says yes as well: letters go there from now on. Twice is once.

        False: the link is spent or old, or they have left meanwhile.
        """
        # Locked: of two presses at once, one moves and the other finds it done.
        self.subscriber = person = Subscriber.objects.select_for_update().get(pk=self.person.pk)
        self.refresh_from_db(fields=["used_at", "link_hash"])
        if self.used_at:
            return True
        if self.link_hash is None or not self.is_fresh or not person.is_in:
            return False
        old_address, self.used_at = person.email, timezone.now()
        moving.move(person, self.to_address)
        self.save(update_fields=["link_hash", "used_at"])  # its own link alone outlives the move
        person.memos.write(person, Memo.Kind.OLD_ADDRESS, to_address=old_address)
        return True

    def _claim(self) -> bool:
        claimed = super()._claim()
        if claimed:
            self._look_up()
        return claimed

    def _look_up(self) -> None:
        """Whose the typed address is, which is not kept; and the link's hash, by today's key."""
        if self.subscriber is None:
            self.subscriber = Subscriber.objects.with_address(self.to_address).first()
            self.to_address = ""
        if self.kind in self.FRESH:
            self.link_hash = _hash(self.secret)
        self.save(update_fields=["subscriber", "to_address", "link_hash"])

    def _out_of_date(self) -> str:
        """Why it is not true any more; else empty."""
        person = self.person
        if self.kind == self.Kind.REMINDER:
            waits = self.confirmation and self.confirmation.state is Confirmation.State.OPEN
            return "" if waits else "not waiting any more"
        if self.kind == self.Kind.LINK:
            return "not confirmed" if person.status == Subscriber.Status.PENDING else ""
        if self.kind == self.Kind.BACK and person.status == Subscriber.Status.PAUSED:
            return "paused"
        if self.kind == self.Kind.WELCOME and not person.gets_letters:
            return LEFT
        return "" if person.is_in or self.kind == self.Kind.OLD_ADDRESS else LEFT

    def _asked_too_often(self) -> str:
        """Only links are asked for."""
        if self.kind not in self.FRESH:
            return ""
        earlier = Memo.objects.before(self).filter(kind=self.kind)
        if self.kind == self.Kind.LINK:
            same = earlier.filter(leads_to=self.leads_to, subscriber=self.subscriber)
            typed = Q(subscriber=None, to_address__iexact=self.to)
            earlier = earlier.filter(typed | Q(subscriber__mailbox=self.person.mailbox))
        else:
            same = earlier.filter(to_address__iexact=self.to_address)
            earlier = earlier.filter(
                Q(subscriber=self.subscriber) | Q(to_address__iexact=self.to_address)
            )
        return self.asked_enough(same, earlier)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
