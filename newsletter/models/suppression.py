"""Whom we must not write to, known only by a keyed hash that outlives the address."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter import tokens

GRAVITY = ["left", "erased", "bounce", "complaint"]


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def standing(self) -> SuppressionQuerySet:
        """Not lifted by anybody."""
        return self.filter(lifted_at=None)

    def against_mail(self) -> SuppressionQuerySet:
        """Those that stop every mail. Who left, or was erased, may still ask to come back."""
        return self.standing().filter(
            reason__in=[Suppression.Reason.BOUNCE, Suppression.Reason.COMPLAINT]
        )

    def cover(self, email: str) -> bool:
        """Whether nothing at all may be sent there."""
        return bool(self.among([email]))

    def among(self, emails: Iterable[str]) -> set[str]:
        """Those of these addresses that get no mail at all."""
        return self.against_mail().matching(emails)

    def refused_to_imports(self, emails: Iterable[str]) -> set[str]:
        """Those of these that no list from elsewhere may bring back, for whatever reason."""
        return self.standing().matching(emails)

    def matching(self, emails: Iterable[str]) -> set[str]:
        return set(self.reasons(emails))

    def reasons(self, emails: Iterable[str]) -> dict[str, str]:
        """Why, for those of these addresses that are here."""
        hashes = {hash: email for email in emails for hash in tokens.address_hashes(email)}
        found = self.filter(address_hash__in=hashes).values_list("address_hash", "reason")
        return {hashes[hash]: reason for hash, reason in found}

    def add_many(self, emails: Iterable[str], reason: str) -> None:
        """The same as `add_address` for each of these, in a few statements."""
        hashes = [tokens.address_hashes(email)[0] for email in emails]
        before = list(self.filter(address_hash__in=hashes))
        rows = [Suppression(address_hash=hash, reason=reason) for hash in hashes]
        Suppression.objects.bulk_create(rows, ignore_conflicts=True)
        for suppression in before:
            suppression.stand_for(reason)

    def add_address(self, email: str, reason: str) -> Suppression:
        """Suppress it; a lifted one stands again, and a graver reason displaces a lighter one."""
        suppression, made = self.get_or_create(
            address_hash=tokens.address_hashes(email)[0], defaults={"reason": reason}
        )
        if not made:
            suppression.stand_for(reason)
        return suppression


class Suppression(models.Model):
    """An address that is not written to, or not brought back by a list from elsewhere."""

    class Reason(models.TextChoices):
        BOUNCE = "bounce", _("the address does not exist")
        COMPLAINT = "complaint", _("marked our mail as spam")
        ERASED = "erased", _("asked to be erased")
        LEFT = "left", _("stopped all letters")

    address_hash = models.CharField(max_length=64, unique=True, editable=False)
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)
    lifted_at = models.DateTimeField(_("lifted"), null=True, editable=False)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("lifted by"),
    )
    note = models.CharField(_("why it was lifted"), max_length=200, blank=True, editable=False)

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="suppression_lifted_with_note",
                condition=Q(lifted_at=None) | ~Q(note=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}, {self.address_hash[:8]}"

    def keep_hash_of(self, email: str) -> None:
        self.address_hash = tokens.address_hashes(email)[0]

    def stand_for(self, reason: str) -> None:
        """Stand (again) for this reason, unless a graver one stands already."""
        is_graver = GRAVITY.index(reason) > GRAVITY.index(self.reason)
        if self.lifted_at or is_graver:
            self.reason, self.created_at = reason, timezone.now()
            self.lifted_at, self.lifted_by, self.note = None, None, ""
            self.save()

    def lift(self, note: str, *, by=None) -> bool:
        """Let mail go there again; says why. False: it was lifted already."""
        mine = Suppression.objects.standing().filter(pk=self.pk)
        lifted = mine.update(lifted_at=timezone.now(), lifted_by=by, note=note)
        self.refresh_from_db()
        return bool(lifted)
