"""How many a day: joined, confirmed, left. Numbers only, so that they may outlive the people."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Publication


class TallyQuerySet(models.QuerySet["Tally"]):
    def count(self, what: str, number: int = 1, *, day: date | None = None) -> None:  # type: ignore[override]
        """Add so many to the day's number."""
        day = day or timezone.localdate(timezone=Publication.current().zone)
        self.get_or_create(day=day, what=what)
        self.filter(day=day, what=what).update(number=F("number") + number)

    def by_month(self, since: date) -> models.QuerySet[Tally, tuple[date, str, int]]:
        """The sums of whole months: first day, what, how many."""
        months = self.filter(day__gte=since).annotate(month=TruncMonth("day")).order_by()
        return months.values_list("month", "what").annotate(sum=Sum("number"))


class Tally(models.Model):
    """One day's number of one thing, by the publication's clock."""

    class What(models.TextChoices):
        JOINED = "joined", _("confirmed")
        IMPORTED = "imported", _("brought by a list")
        LEFT = "left", _("left")
        BOUNCED = "bounced", _("addresses that failed")
        COMPLAINED = "complained", _("complaints")

    day = models.DateField(_("day"))
    what = models.CharField(_("what"), max_length=12, choices=What.choices)
    number = models.PositiveIntegerField(_("how many"), default=0)

    objects = TallyQuerySet.as_manager()

    class Meta:
        verbose_name = _("number of a day")
        verbose_name_plural = _("numbers of days")
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["day", "what"], name="tally_once_a_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.what}: {self.number}"
