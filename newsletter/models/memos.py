"""Memos: short mails to one person about their own letters."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter import tokens
from newsletter.outbox import Outbound

from .confirming import Confirmation
from .evidence import Witnessed, WitnessedQuerySet
from .people import Subscriber
from .suppression import Suppression

A_DAY = FRESH_FOR = timedelta(days=1)


def _seed() -> str:
    return secrets.token_hex(32)


class MemoQuerySet(WitnessedQuerySet["Memo"]):
    def write(self, subscriber: Subscriber, kind: str, **facts) -> Memo:
        """Queue one to this person."""
        return self.enqueue(subscriber=subscriber, kind=kind, **facts)

    def tell_already_in(self, subscriber: Subscriber) -> Memo | None:
        """Somebody typed the address of a person who is in: say so, once a day at most."""
        kind = Memo.Kind.ALREADY_IN
        lately = self.filter(kind=kind, created_at__gt=timezone.now() - A_DAY)
        return None if lately.exists() else self.write(subscriber, kind)


class Memo(Witnessed):
    """One short mail. Some bring a fresh link: random, known here by its hash, good for a day."""

    class Kind(models.TextChoices):
        WELCOME = "welcome", _("welcome")
        ALREADY_IN = "already-in", _("already signed up")
        REMINDER = "reminder", _("reminder")
        BACK = "back", _("a pause has ended")
        LINK = "link", _("a link to their own page")
        OLD_ADDRESS = "old-address", _("change of address: says the old one")
        NEW_ADDRESS = "new-address", _("change of address: proves the new one")

    NEVER_MISS = True
    PURPOSE, LETTER = tokens.MEMO, "m"

    subscriber = models.ForeignKey(
        Subscriber, models.CASCADE, related_name="memos", verbose_name=_("subscriber")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    # Of whose mail it reminds.
    confirmation = models.OneToOneField(
        Confirmation, models.CASCADE, null=True, related_name="reminder"
    )
    # Where it goes when that is not the subscriber's own address: one that they change to.
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
        indexes = [
            *Outbound.Meta.indexes,
            models.Index(fields=["subscriber", "kind"], name="memo_of_a_kind"),
        ]

    def __str__(self) -> str:
        return _("memo %(pk)s") % {"pk": self.pk}

    def unwanted(self) -> str:
        return "suppressed" if Suppression.objects.cover(self.to) else ""

    @property
    def address(self) -> str:
        return self.to_address or super().address

    def _is_theirs(self) -> bool:
        return not self.to_address and super()._is_theirs()

    @property
    def to(self) -> str:
        return self.to_address or self.subscriber.email

    @property
    def secret(self) -> str:
        """The fresh link's own 256 bits: to be mailed, never stored."""
        key = settings.SECRET_KEY.encode()
        return hmac.digest(key, f"newsletter.memos:{self.seed}".encode(), "sha256").hex()
