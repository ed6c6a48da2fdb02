"""Replies that say nearly the same, whoever wrote them."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models
from django.db.models import Q

from comments import likeness
from comments.likeness import FIELDS, Likeness

if TYPE_CHECKING:
    from .writers import Writer

CANDIDATES = 100  # replies that share something with a text: so many are looked at


Row = TypeVar("Row", bound=models.Model)


class AlikeQuerySet(models.QuerySet[Row]):
    def repeats_of(self, text: str, besides: Writer | None = None) -> list[int]:
        """Replies by others that say nearly the same: some of them, if they are many.

        `besides`: whoever wrote the text; who says something twice repeats nobody.
        """
        parts = likeness.of(text)
        if parts is None:
            return []
        rows = self.sharing(parts).values_list("pk", *FIELDS)
        if besides:
            rows = rows.exclude(writer=besides)
        return [pk for pk, *theirs in rows[:CANDIDATES] if likeness.are_alike(parts, theirs)]

    def sharing(self, parts: Likeness) -> Self:
        """Those that have one of these parts, in no order: a flood of repeats must cost no more."""
        same = (Q(**{field: part}) for field, part in zip(FIELDS, parts, strict=True))
        return self.filter(reduce(or_, same)).order_by()


class Alike(models.Model):
    """Of a reply: four parts of its likeness. None: its words are too few to tell."""

    likeness_a = models.PositiveIntegerField(null=True, db_index=True, editable=False)
    likeness_b = models.PositiveIntegerField(null=True, db_index=True, editable=False)
    likeness_c = models.PositiveIntegerField(null=True, db_index=True, editable=False)
    likeness_d = models.PositiveIntegerField(null=True, db_index=True, editable=False)

    class Meta:
        abstract = True

    @property
    def likeness(self) -> Likeness | None:
        a, b, c, d = self.likeness_a, self.likeness_b, self.likeness_c, self.likeness_d
        return None if a is None or b is None or c is None or d is None else (a, b, c, d)
