"""Alerts: mails to those who moderate. They quote no reply and name no writer."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import models
from django.utils.translation import gettext_lazy as _

from newsletter.outbox import Outbound, OutboundQuerySet

from .replies import Comment


class Alert(Outbound):
    """Somebody should look now."""

    class Kind(models.TextChoices):
        CARE = "care", _("a reply needs care")
        FLOOD = "flood", _("very many replies")

    NEVER_MISS = True

    kind = models.CharField(_("kind"), max_length=5, choices=Kind.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, related_name="alerts")

    objects = OutboundQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Outbound.Meta):
        abstract = False
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-created_at"]
        constraints = [
            *Outbound.Meta.constraints,
            models.UniqueConstraint(fields=["kind", "comment", "user"], name="alert_once"),
        ]

    def __str__(self) -> str:
        return _("alert %(pk)s") % {"pk": self.pk}

    def message(self) -> EmailMessage:
        raise NotImplementedError

    def unwanted(self) -> str:
        raise NotImplementedError
