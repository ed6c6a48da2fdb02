"""Lists from elsewhere, taken in line by line: tried first, and resumed where they stopped."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Import(models.Model):
    """One file of people."""

    class Status(models.TextChoices):
        CHECKING = "checking", _("being read")
        CHECKED = "checked", _("read, and nothing changed yet")
        RUNNING = "running", _("being taken in")
        PAUSED = "paused", _("paused")
        DONE = "done", _("taken in")
        FAILED = "failed", _("could not be read")

    class WithoutProof(models.TextChoices):
        LEAVE = "leave", _("leave them out")
        ASK = "ask", _("ask each of them once")

    # A name in the folder of imports; the folder is emptied by the retention job.
    file = models.CharField(max_length=120, editable=False)
    name = models.CharField(_("file"), max_length=200)
    kind = models.CharField(_("exported from"), max_length=20, blank=True)
    source = models.CharField(
        _("where these people agreed"),
        max_length=200,
        blank=True,
        help_text=_("In your own words: kept with each person’s consent."),
    )
    without_proof = models.CharField(
        _("people whose consent the file does not prove"),
        max_length=5,
        choices=WithoutProof.choices,
        default=WithoutProof.LEAVE,
    )
    status = models.CharField(
        _("state"), max_length=8, choices=Status.choices, default=Status.CHECKING, editable=False
    )
    line = models.PositiveIntegerField(_("lines read"), default=0, editable=False)
    lines = models.PositiveIntegerField(_("lines in all"), default=0, editable=False)
    counts = models.JSONField(default=dict, editable=False)  # outcome -> how many
    examples = models.JSONField(default=dict, editable=False)  # outcome -> numbers of lines
    reason = models.CharField(max_length=200, blank=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("account"),
    )
    made_at = models.DateTimeField(_("begun"), default=timezone.now, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)

    class Meta:
        verbose_name = _("list from elsewhere")
        verbose_name_plural = _("lists from elsewhere")
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(
                name="import_ended_has_time",
                condition=Q(status__in=["done", "failed"], ended_at__isnull=False)
                | (~Q(status__in=["done", "failed"]) & Q(ended_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.name
