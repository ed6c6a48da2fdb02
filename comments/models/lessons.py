"""Lessons: what the learned filter has been taught by a reply, and what it should have been.

What it should have been follows from the reply's state alone, so a lesson that is lost, late or
given twice does no harm: whoever comes next teaches what is missing, or takes it back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from celery import shared_task
from django.apps import apps
from django.db import models, transaction
from django.db.models import Q

from comments.vocabulary import words_in

from .words import HAM, SPAM, Word

LESSONS = {"published": HAM, "spam": SPAM}  # by state; all others teach nothing


def untaught(states: Iterable[str]) -> Q:
    """Those of which the filter knows nothing yet, or something that holds no more.

    Pairs of lesson and state, so that it goes by the index. Not those whose words are gone: what
    spam taught before it was purged, stays.
    """
    wrong = Q()
    for state in states:
        due = LESSONS.get(state, "")
        wrong |= Q(status=state, lesson__in=[each for each in ("", HAM, SPAM) if each != due])
    return wrong & Q(purged_at=None)


@shared_task(ignore_result=True)
def learn(reply_id: int) -> None:
    """Teach the filter what was decided about a reply. A lost ring costs minutes, not a lesson."""
    if reply := apps.get_model("comments", "Comment").objects.filter(pk=reply_id).first():
        reply.learn()


class Taught(models.Model):
    """Of a reply: its lesson."""

    # What the learned filter has been taught by it: "", "ham" or "spam".
    lesson = models.CharField(max_length=4, blank=True, editable=False)

    if TYPE_CHECKING:
        pk: int
        body: Any
        status: Any
        purged_at: Any

    class Meta:
        abstract = True
        indexes = [models.Index(fields=["lesson", "status"], name="%(class)s_lesson")]

    @property
    def due_lesson(self) -> str:
        return self.lesson if self.purged_at else LESSONS.get(self.status, "")

    def learn(self) -> bool:
        """Teach the filter what this reply's state says. False: it knew."""
        with transaction.atomic():
            return self._lock() and self._change_lesson(self.due_lesson)

    def unlearn(self) -> bool:
        """Take its lesson back: the first step of whatever changes its words or deletes them.

        The same transaction has to do both. What stays on the page is learned anew afterwards.
        """
        with transaction.atomic():
            return self._lock() and self._change_lesson("")

    def ring_to_learn(self) -> None:
        """Ask a worker to learn from it, after commit, if there is anything to learn."""
        if self.lesson != self.due_lesson:
            learn.delay_on_commit(self.pk)  # type: ignore[attr-defined]

    def _lock(self) -> bool:
        """As it is now; nobody else changes it meanwhile. False: it is gone."""
        manager: Any = type(self)._default_manager
        facts = ("body", "status", "lesson", "purged_at")
        now = manager.select_for_update().filter(pk=self.pk).values(*facts).first() or {}
        for name, value in now.items():
            setattr(self, name, value)
        return bool(now)

    def _change_lesson(self, lesson: str) -> bool:
        if lesson == self.lesson or self.purged_at:  # without its words nothing can be unlearned
            return False
        words = words_in(self.body)
        if self.lesson:
            Word.objects.unteach(words, self.lesson)
        if lesson:
            Word.objects.teach(words, lesson)
        manager: Any = type(self)._default_manager
        manager.filter(pk=self.pk).update(lesson=lesson)
        self.lesson = lesson
        return True
