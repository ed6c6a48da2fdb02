"""What the learned filter knows: in how many spam and other replies each word stood."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.db import connection, models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

ALL = ""  # the row of no word
HAM, SPAM = "ham", "spam"
COUNTS = "SELECT text, spam, ham FROM comments_word WHERE text = ANY(%s)"
COUNTS_SQLITE = COUNTS.replace("= ANY(%s)", "IN (SELECT value FROM json_each(%s))")


class WordQuerySet(models.QuerySet["Word"]):
    def counts(self, texts: Iterable[str]) -> dict[str, tuple[int, int]]:
        """Of these words, and of all replies: in how many spam and in how many other replies.

        By plain SQL, and one parameter: the ORM takes four times as long for six hundred words.
        """
        wanted = [ALL, *texts]
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute(COUNTS_SQLITE, [json.dumps(wanted)])
            else:
                cursor.execute(COUNTS, [wanted])
            return {text: (spam, ham) for text, spam, ham in cursor}

    @transaction.atomic
    def teach(self, texts: Iterable[str], lesson: str) -> None:
        """One more reply, spam or not, in which these words stand."""
        self._add([ALL], lesson)
        self._add(sorted(texts), lesson)

    @transaction.atomic
    def unteach(self, texts: Iterable[str], lesson: str) -> None:
        """One reply less. What an older release counted in other words never goes below nothing."""
        texts = sorted(texts)
        self._add([ALL], lesson, 0)  # every lesson begins with this row: one at a time
        counted = self.filter(**{f"{lesson}__gt": 0})
        counted.filter(text__in=[ALL, *texts]).update(**{lesson: F(lesson) - 1})
        self.filter(text__in=texts, spam=0, ham=0).delete()

    def _add(self, texts: list[str], lesson: str, one: int = 1) -> None:
        """In one statement, so that two at once both count; sorted, so that none wait in a ring."""
        if not texts:
            return
        spam, ham = (one, 0) if lesson == SPAM else (0, one)
        values = ", ".join(["(%s, %s, %s)"] * len(texts))
        sql = (
            f"INSERT INTO comments_word (text, spam, ham) VALUES {values} "  # noqa: S608
            "ON CONFLICT (text) DO UPDATE SET spam = comments_word.spam + excluded.spam, "
            "ham = comments_word.ham + excluded.ham"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [value for text in texts for value in (text, spam, ham)])


class Word(models.Model):
    """One word of decided replies. The row of no word counts the replies themselves."""

    text = models.CharField(max_length=40, unique=True)
    spam = models.IntegerField(default=0)
    ham = models.IntegerField(default=0)

    objects = WordQuerySet.as_manager()

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
