"""Replies that say nearly the same, whoever wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.db import connection, models

from comments import likeness
from comments.likeness import FIELDS, Likeness

if TYPE_CHECKING:
    from .writers import Writer

CANDIDATES = 100  # replies that share something with a text: so many are looked at
NOBODY = -1  # no writer has this number
# Those that have one of these parts, in no order: a flood of repeats must cost no more.
SHARING = f"""
SELECT id, {", ".join(FIELDS)} FROM comments_comment
WHERE ({" OR ".join(f"{field} = %s" for field in FIELDS)}) AND COALESCE(writer_id, 0) <> %s LIMIT %s
"""  # noqa: S608  # names of ours

Row = TypeVar("Row", bound=models.Model)


class AlikeQuerySet(models.QuerySet[Row]):
    def repeats_of(self, text: str, besides: Writer | None = None) -> list[int]:
        """Replies by others that say nearly the same: some of them, if they are many.

        `besides`: whoever wrote the text; who says something twice repeats nobody.
        """
        parts = likeness.of(text)
        if parts is None:
            return []
        with connection.cursor() as cursor:  # plain SQL, as each new reply asks
            cursor.execute(SHARING, [*parts, besides.pk if besides else NOBODY, CANDIDATES])
            rows = cursor.fetchall()
        return [pk for pk, *theirs in rows if likeness.are_alike(parts, theirs)]


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
