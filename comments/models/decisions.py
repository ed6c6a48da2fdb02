"""Who decided what about a reply, and when. Undoing is a new decision."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .replies import Comment


class Decision(models.Model):
    comment = models.ForeignKey(
        Comment, models.CASCADE, related_name="decisions", verbose_name=_("reply")
    )
    verdict = models.CharField(_("became"), max_length=10, choices=Comment.Status.choices)
    before = models.CharField(_("was"), max_length=10, choices=Comment.Status.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("by"),
        help_text=_("Empty: its writer."),
    )
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="decision_changed_something", condition=~Q(verdict=F("before"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_before_display()} → {self.get_verdict_display()}"
