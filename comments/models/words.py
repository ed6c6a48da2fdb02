"""What the learned filter knows: in how many spam and other replies each word stood."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Word(models.Model):
    """One word of decided replies. The row of no word counts the replies themselves."""

    text = models.CharField(max_length=40, unique=True)
    spam = models.IntegerField(default=0)
    ham = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("learned word")
        verbose_name_plural = _("learned words")
        constraints = [
            models.CheckConstraint(
                name="word_counts_are_counts", condition=Q(spam__gte=0, ham__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return self.text
