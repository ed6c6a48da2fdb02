"""The people we may write to, what they agreed to, and whom we must never write to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter import addresses, tokens

UNCONFIRMED_KEPT = timedelta(days=30)
CONSENT_WORDING = "2026-11"  # the version of the sentences in the sign-up box


class Frequency(models.TextChoices):
    NONE = "none", _("no newsletter")
    EACH = "each", _("each post")
    WEEKLY = "weekly", _("once a week")
    MONTHLY = "monthly", _("once a month")


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def active(self) -> SubscriberQuerySet:
        """People who may receive issues now."""
        return self.filter(status=Subscriber.Status.ACTIVE).exclude(frequency=Frequency.NONE)

    def paused(self) -> SubscriberQuerySet:
        return self.filter(status=Subscriber.Status.PAUSED)

    def with_address(self, email: str) -> SubscriberQuerySet:
        return self.filter(email__iexact=email.strip())

    def sign_up(self, email: str, *, page: str = "site", suspicion: str = "") -> None:
        """Record a wish for letters and queue the mail that asks whether it was them.

        Says nothing: whoever typed the address must not learn from us who is on the list.
        """
        email = addresses.clean(email)
        if Suppression.objects.cover(email):
            return
        with transaction.atomic():
            found, _made = self.get_or_create(
                email__iexact=email, defaults={"email": email, "source": page}
            )
            # Locked, so that a hundred sign-ups at once are counted one after the other.
            subscriber = self.select_for_update().get(pk=found.pk)
            subscriber.ask_to_confirm(page=page, suspicion=suspicion)

    def with_token(self, token: str) -> Subscriber | None:
        """Whose link to leave this is; None for what this site never made, or has revoked."""
        subscriber = self.filter(public_id=tokens.read(token)).first()
        if subscriber and tokens.proves(token, tokens.UNSUBSCRIBE, subscriber.link_version):
            return subscriber
        return None

    def forget_unconfirmed(self) -> int:
        """Delete sign-ups that nobody confirmed within thirty days (privacy P10)."""
        old = timezone.now() - UNCONFIRMED_KEPT
        return self.filter(status=Subscriber.Status.PENDING, signed_up_at__lt=old).delete()[0]


class Subscriber(models.Model):
    """One address that we may write to. Confirming turns on only what was asked for."""

    class Status(models.TextChoices):
        PENDING = "pending", _("not confirmed yet")
        ACTIVE = "active", _("active")
        PAUSED = "paused", _("paused")
        UNSUBSCRIBED = "unsubscribed", _("unsubscribed")

    public_id = models.CharField(
        max_length=16, unique=True, default=tokens.public_id, editable=False
    )
    link_version = models.PositiveIntegerField(default=0, editable=False)
    email = models.EmailField(_("address"))
    status = models.CharField(
        _("state"), max_length=12, choices=Status.choices, default=Status.PENDING, editable=False
    )
    frequency = models.CharField(
        _("how often"), max_length=8, choices=Frequency.choices, default=Frequency.WEEKLY
    )
    quiet = models.BooleanField(_("discreet subjects"), default=False)
    source = models.CharField(
        _("where they signed up"), max_length=40, default="site", editable=False
    )
    signed_up_at = models.DateTimeField(_("signed up"), default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False)
    paused_until = models.DateField(_("paused until"), null=True, editable=False)
    unsubscribed_at = models.DateTimeField(_("unsubscribed"), null=True, editable=False)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")
        ordering = ["-signed_up_at"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="subscriber_email_unique"),
            models.CheckConstraint(
                name="subscriber_active_is_confirmed",
                condition=~Q(status__in=["active", "paused"]) | Q(confirmed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="subscriber_paused_has_end",
                condition=Q(status="paused", paused_until__isnull=False)
                | (~Q(status="paused") & Q(paused_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="subscriber_left_has_time",
                condition=Q(status="unsubscribed", unsubscribed_at__isnull=False)
                | (~Q(status="unsubscribed") & Q(unsubscribed_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return _("subscriber %(pk)s") % {"pk": self.pk}

    @property
    def is_in(self) -> bool:
        """Has said yes, and has not left since."""
        return self.status in {self.Status.ACTIVE, self.Status.PAUSED}

    def ask_to_confirm(self, *, page: str, suspicion: str = "") -> bool:
        """Queue a confirmation with what was agreed to. False: not needed, or asked enough."""
        if self.is_in or not self.confirmations.ask(self, suspicion=suspicion):
            return False
        self.consents.create(wording=CONSENT_WORDING, page=page)
        # The thirty days of an unconfirmed sign-up count from the newest mail.
        Subscriber.objects.filter(pk=self.pk).update(signed_up_at=timezone.now())
        return True

    def confirm(self) -> bool:
        """Pending or gone, to active. False: somebody already did.

        Who comes back gets what the box promised, not the rhythm that they once left.
        """
        facts = {"confirmed_at": timezone.now(), "unsubscribed_at": None}
        return self._become(self.Status.ACTIVE, of=[self.Status.PENDING], **facts) or self._become(
            self.Status.ACTIVE,
            of=[self.Status.UNSUBSCRIBED],
            frequency=Frequency.WEEKLY,
            **facts,
        )

    def unsubscribe(self) -> bool:
        """No further letter, from whatever state. False: there was nothing left to stop."""
        return self._become(
            self.Status.UNSUBSCRIBED,
            of=[self.Status.PENDING, self.Status.ACTIVE, self.Status.PAUSED],
            unsubscribed_at=timezone.now(),
            paused_until=None,
        )

    def pause(self, *, until) -> bool:
        return self._become(self.Status.PAUSED, of=[self.Status.ACTIVE], paused_until=until)

    def resume(self) -> bool:
        return self._become(self.Status.ACTIVE, of=[self.Status.PAUSED], paused_until=None)

    def revoke_links(self) -> None:
        """Make every link mailed so far useless."""
        Subscriber.objects.filter(pk=self.pk).update(link_version=F("link_version") + 1)
        self.refresh_from_db()

    @property
    def unsubscribe_token(self) -> str:
        return tokens.make(tokens.UNSUBSCRIBE, self.public_id, self.link_version)

    def _become(self, status: Subscriber.Status, *, of: list, **facts) -> bool:
        changed = Subscriber.objects.filter(pk=self.pk, status__in=of).update(
            status=status, **facts
        )
        self.refresh_from_db()
        return bool(changed)


class Consent(models.Model):
    """What a person agreed to, in which words, on which page, and when they proved it."""

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="consents")
    wording = models.CharField(_("version of the words"), max_length=20)
    page = models.CharField(_("page"), max_length=40)
    given_at = models.DateTimeField(_("given"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-given_at"]

    def __str__(self) -> str:
        return f"{self.wording} {self.given_at:%Y-%m-%d}"


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def cover(self, email: str) -> bool:
        return self.filter(address_hash__in=tokens.address_hashes(email)).exists()

    def among(self, emails: Iterable[str]) -> set[str]:
        """Those of these addresses that are on the list."""
        hashes = {hash: email for email in emails for hash in tokens.address_hashes(email)}
        found = self.filter(address_hash__in=hashes).values_list("address_hash", flat=True)
        return {hashes[hash] for hash in found}

    def add_address(self, email: str, reason: str) -> Suppression:
        suppression, _made = self.get_or_create(
            address_hash=tokens.address_hashes(email)[0], defaults={"reason": reason}
        )
        return suppression


class Suppression(models.Model):
    """An address that must never get mail again, known only by a keyed hash."""

    class Reason(models.TextChoices):
        BOUNCE = "bounce", _("the address does not exist")
        COMPLAINT = "complaint", _("marked our mail as spam")
        ERASED = "erased", _("asked to be erased")

    address_hash = models.CharField(max_length=64, unique=True, editable=False)
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}, {self.address_hash[:8]}"

    def keep_hash_of(self, email: str) -> None:
        self.address_hash = tokens.address_hashes(email)[0]
