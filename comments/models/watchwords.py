"""What staff may set about screening: weights of its rules, words of their own; help lines."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

CHECK_EVERY = timedelta(days=180)
FIRST_LINES = [
    ("US and Canada", "", "988"),
    ("UK and Ireland", "Samaritans", "116 123"),
    ("Australia", "Lifeline", "13 11 14"),
    ("Elsewhere", "your local emergency number", ""),
]


class Weight(models.Model):
    """How heavy a rule of ours weighs here, when that is not its default. 0: it is off."""

    rule = models.CharField(_("rule"), max_length=24, unique=True)
    weight = models.FloatField(_("weight"))

    class Meta:
        verbose_name = _("weight of a rule")
        verbose_name_plural = _("weights of rules")
        constraints = [
            models.CheckConstraint(name="weight_is_not_negative", condition=Q(weight__gte=0)),
        ]

    def __str__(self) -> str:
        return self.rule


class Watchword(models.Model):
    """A word or phrase of this site's own list: a reply that has it waits."""

    phrase = models.CharField(_("word or phrase"), max_length=100, unique=True)
    weight = models.FloatField(_("weight"), default=1)
    is_spam = models.BooleanField(_("counts as spam"), default=False)
    note = models.CharField(_("why"), max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("watchword")
        verbose_name_plural = _("watchwords")
        ordering = ["phrase"]
        constraints = [
            models.CheckConstraint(name="watchword_says_something", condition=~Q(phrase="")),
        ]

    def __str__(self) -> str:
        return self.phrase


class HelpLineQuerySet(models.QuerySet["HelpLine"]):
    def begin(self) -> bool:
        """Where there is none: those to begin with. Whoever runs the site is to check them."""
        if self.exists():
            return False
        today = timezone.localdate()
        for position, (country, name, number) in enumerate(FIRST_LINES, 1):
            self.create(
                position=position,
                country=country,
                name=name,
                number=number,
                checked_on=today,
                check_due=today,
            )
        return True

    def overdue(self) -> HelpLineQuerySet:
        """To be checked again. They are shown all the same: an old number may still help."""
        return self.filter(check_due__lte=timezone.localdate())

    def were_checked(self) -> int:
        """Somebody called or looked them up: they are right."""
        today = timezone.localdate()
        return self.update(checked_on=today, check_due=today + CHECK_EVERY)


class HelpLine(models.Model):
    """Whom to call, in one country. Shown to who may need it, with no word about the reply."""

    position = models.PositiveSmallIntegerField(_("position"), default=1)
    country = models.CharField(_("where"), max_length=80)
    name = models.CharField(_("called"), max_length=80, blank=True)
    number = models.CharField(_("number"), max_length=40, blank=True)
    checked_on = models.DateField(_("last checked"))
    check_due = models.DateField(_("check again by"))

    objects = HelpLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("help line")
        verbose_name_plural = _("help lines")
        ordering = ["position", "country"]

    def __str__(self) -> str:
        return ", ".join(filter(None, [self.country, self.name]))
