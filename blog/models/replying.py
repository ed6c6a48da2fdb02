"""Whether a post takes replies, and whose wait to be read: by the question, the post, the site."""

from __future__ import annotations

from datetime import datetime, time

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Mode(models.TextChoices):
    """What becomes of a new reply. Whatever stands out waits, in every mode."""

    OPEN = "open", _("appear at once")
    FIRST = "first", _("the first two of each person wait")
    ALL = "all", _("all wait")
    CLOSED = "closed", _("closed")


class ReplyRules(models.Model):
    """What a post may have of its own, and the publication has for all others."""

    replies_mode = models.CharField(
        _("new replies"), max_length=6, choices=Mode.choices, blank=True
    )
    replies_close_after = models.PositiveSmallIntegerField(
        _("replies close after so many days"), null=True, blank=True
    )
    quiet_from = models.TimeField(_("quiet hours from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet hours until"), null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_quiet_hours_begin_and_end",
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                violation_error_message=_("Quiet hours need a beginning and an end."),
            ),
            models.CheckConstraint(
                name="%(class)s_mode_is_known",
                condition=Q(replies_mode__in=["", *Mode.values]),
            ),
        ]

    def clean(self) -> None:
        """Said beside the box that is empty, before the database says it."""
        super().clean()
        if (self.quiet_from is None) != (self.quiet_until is None):
            missing = "quiet_from" if self.quiet_from is None else "quiet_until"
            raise ValidationError({missing: _("Quiet hours need a beginning and an end.")})
        if self.quiet_from is not None and self.quiet_from == self.quiet_until:
            words = _("Quiet hours cannot end in the minute in which they begin.")
            raise ValidationError({"quiet_until": words})

    @property
    def quiet_hours(self) -> tuple[time, time] | None:
        if self.quiet_from is None or self.quiet_until is None:
            return None
        return self.quiet_from, self.quiet_until

    def is_quiet_at(self, moment: datetime) -> bool:
        """Whether nobody reads replies then, so that all wait. `moment` by the site's clock."""
        if self.quiet_hours is None:
            return False
        (begin, end), now = self.quiet_hours, moment.time()
        return begin <= now < end if begin <= end else now >= begin or now < end
