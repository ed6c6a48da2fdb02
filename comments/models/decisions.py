"""Who decided what about a reply, and when. Undoing is a new decision."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .replies import Comment
from .states import Actor


class Decision(models.Model):
    class About(models.TextChoices):
        STATE = "state", _("state")
        CHANGED = "changed", _("other words were accepted")
        REFUSED = "refused", _("other words were not accepted")
        UNDONE = "undone", _("other words wait again")
        NAME = "name", _("the name was taken back")

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
    )
    actor = models.CharField(
        _("decided by"), max_length=8, choices=Actor.choices, default=Actor.STAFF
    )
    about = models.CharField(max_length=8, choices=About.choices, default=About.STATE)
    revision = models.PositiveSmallIntegerField(_("revision"), default=1)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="decision_changed_something",
                condition=~Q(verdict=F("before")) | ~Q(about="state"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_before_display()} → {self.get_verdict_display()}"
