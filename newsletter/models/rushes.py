"""Rushes: times in which machines sign strangers up, noticed by who never confirms."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import ExpressionWrapper, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

WATCHED = timedelta(hours=1)
IN_A_RUSH, IN_A_CROWD = 10, 300  # confirmations that leave in a minute
ENOUGH = 30  # sign-ups: fewer are no rush
# Of people, a third to two thirds never press the button; of machines' strangers nearly all.
SHARE = 0.85


class RushQuerySet(models.QuerySet["Rush"]):
    def is_on(self) -> bool:
        return self.filter(lasts=True).exists()

    def a_minute(self, *, is_crowded: bool = False) -> int | None:
        """How many confirmations may leave each minute now; None: all, at once."""
        return IN_A_RUSH if self.is_on() else IN_A_CROWD if is_crowded else None

    def current(self) -> Rush | None:
        return self.filter(lasts=True).first()

    def around(self, moment) -> RushQuerySet:
        """That in which somebody signed up at this moment, or shortly before it was noticed."""
        began = Q(began_at__lte=ExpressionWrapper(moment + WATCHED, models.DateTimeField()))
        return self.filter(began, Q(ended_at=None) | Q(ended_at__gte=moment))

    def look(self, asked: int, reached: int, confirmed: int) -> None:
        """Begin one when hardly anybody who was reached confirmed; end it when few ask any more."""
        now, rush = timezone.now(), self.current()
        if rush is None:
            if reached >= ENOUGH and confirmed <= reached * (1 - SHARE):
                self.get_or_create(lasts=True, defaults={"asked": reached, "confirmed": confirmed})
        elif asked < ENOUGH and rush.began_at <= now - WATCHED:
            self.filter(pk=rush.pk, lasts=True).update(lasts=None, ended_at=now)


class Rush(models.Model):
    """One such time. While it lasts, sign-ups take one more press and their mails leave slowly."""

    lasts = models.BooleanField(null=True, default=True, unique=True, editable=False)  # or unknown
    began_at = models.DateTimeField(_("began"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True)
    asked = models.PositiveIntegerField(_("sign-ups when it was noticed"), default=0)
    confirmed = models.PositiveIntegerField(_("of them confirmed"), default=0)

    objects = RushQuerySet.as_manager()

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
