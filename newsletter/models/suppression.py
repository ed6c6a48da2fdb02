"""Whom we must not write to, known only by a keyed hash that outlives the address."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter import tokens

from .tallies import Tally

GRAVITY = ["silent", "left", "erased", "bounce", "complaint"]
COUNTED = {"bounce": Tally.What.BOUNCED, "complaint": Tally.What.COMPLAINED}


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def standing(self) -> SuppressionQuerySet:
        """Not lifted by anybody."""
        return self.filter(lifted_at=None)

    def lifted(self) -> SuppressionQuerySet:
        return self.filter(lifted_at__isnull=False)

    def with_address(self, email: str) -> SuppressionQuerySet:
        """That of this address, by any key that this site knows."""
        return self.filter(address_hash__in=tokens.address_hashes(email))

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
            suppression.stand_for(reason, at=timezone.now())

    def lifted_at(self, email: str) -> datetime | None:
        """When somebody last let mail go there again."""
        return self.with_address(email).aggregate(last=models.Max("lifted_at"))["last"]

    def add_address(self, email: str, reason: str, *, at: datetime | None = None) -> Suppression:
        """Suppress it; a lifted one stands again, and a graver reason displaces a lighter one.

        `at`: when that was. What happened before somebody lifted it is forgiven.
        """
        suppression, made = self.get_or_create(
            address_hash=tokens.address_hashes(email)[0], defaults={"reason": reason}
        )
        stands = made or suppression.stand_for(reason, at=at or timezone.now())
        if stands and reason in COUNTED:
            Tally.objects.count(COUNTED[reason])
        return suppression


class Suppression(models.Model):
    """An address that is not written to, or not brought back by a list from elsewhere."""

    class Reason(models.TextChoices):
        BOUNCE = "bounce", _("the address does not exist")
        COMPLAINT = "complaint", _("marked our mail as spam")
        ERASED = "erased", _("asked to be erased")
        LEFT = "left", _("stopped all letters")
        SILENT = "silent", _("was asked once, and did not answer")

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

    @property
    def stands(self) -> bool:
        return self.lifted_at is None

    def stand_for(self, reason: str, *, at: datetime) -> bool:
        """Stand (again) for this reason. False: one as grave stands already, or it is forgiven."""
        lighter = GRAVITY[: GRAVITY.index(reason)]
        mine = Suppression.objects.filter(pk=self.pk)
        standing = Q(lifted_at=None, reason__in=lighter)
        stands = mine.filter(standing | Q(lifted_at__lt=at)).update(
            reason=reason, created_at=timezone.now(), lifted_at=None, lifted_by=None, note=""
        )
        self.refresh_from_db()
        return bool(stands)

    def lift(self, note: str, *, by=None) -> bool:
        """Let mail go there again; says why. False: it was lifted already."""
        mine = Suppression.objects.standing().filter(pk=self.pk)
        lifted = mine.update(lifted_at=timezone.now(), lifted_by=by, note=note)
        self.refresh_from_db()
        return bool(lifted)
