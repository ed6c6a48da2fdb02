"""Who of the staff looked at whose record, and when: shown to those people when they ask."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .people import Subscriber


class Look(models.Model):
    """One look at one person's record."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("account"),
    )
    subscriber = models.ForeignKey(
        Subscriber, models.CASCADE, related_name="looks", verbose_name=_("subscriber")
    )
    page = models.CharField(_("where"), max_length=40)
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("look at a record")
        verbose_name_plural = _("looks at records")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.page} {self.at:%Y-%m-%d %H:%M}"
