"""Rushes: times in which machines sign strangers up, noticed by who never confirms."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Rush(models.Model):
    """One such time. While it lasts, sign-ups take one more press and their mails leave slowly."""

    lasts = models.BooleanField(null=True, default=True, unique=True, editable=False)  # or unknown
    began_at = models.DateTimeField(_("began"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True)
    asked = models.PositiveIntegerField(_("sign-ups when it was noticed"), default=0)
    confirmed = models.PositiveIntegerField(_("of them confirmed"), default=0)

    class Meta:
        verbose_name = _("rush of sign-ups")
        verbose_name_plural = _("rushes of sign-ups")
        ordering = ["-began_at"]
        constraints = [
            models.CheckConstraint(
                name="rush_over_has_end",
                condition=Q(lasts=True, ended_at=None) | Q(lasts=None, ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M}"
