"""Closing questions: rows of a post, so that a reply can answer one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from blog import markup

from .addresses import one_line
from .replying import Mode

LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # without look-alikes
ID_LENGTH = 10


def public_id() -> str:
    """A name that stays when questions are put in another order."""
    return get_random_string(ID_LENGTH, LETTERS)


class QuestionQuerySet(models.QuerySet["Question"]):
    def for_thread(self) -> QuestionQuerySet:
        """They know whether they were ever reworded: most were not, and ask no further."""
        return self.annotate(was_reworded=Exists(Wording.objects.filter(question=OuterRef("pk"))))


class Question(models.Model):
    """One thing that a post asks its readers."""

    was_reworded = True  # as far as we know: `for_thread` looks

    if TYPE_CHECKING:
        wordings: Any

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    post = models.ForeignKey(
        "blog.Post", models.CASCADE, related_name="questions", verbose_name=_("post")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    text = models.CharField(_("question"), max_length=300)
    mode = models.CharField(
        _("answers"),
        max_length=6,
        choices=Mode.choices,
        blank=True,
        help_text=_("Empty: as for the whole post."),
    )
    told = models.TextField(
        _("what you told me"),
        blank=True,
        help_text=_("What the answers taught you, for everybody to read. Markdown."),
    )
    told_html = models.TextField(blank=True, editable=False)
    told_at = models.DateTimeField(null=True, editable=False)

    objects = QuestionQuerySet.as_manager()
    rendered_fields, rendered_from = ["told_html"], "told"

    class Meta:
        verbose_name = _("closing question")
        verbose_name_plural = _("closing questions")
        ordering = ["post", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="question_mode_is_known", condition=Q(mode__in=["", *Mode.values])
            ),
            models.CheckConstraint(
                name="question_told_has_time",
                condition=Q(told="", told_at=None) | (~Q(told="") & Q(told_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @transaction.atomic
    def save(self, *args, **kwargs):
        """Reworded after readers saw it, its old words are kept for the answers given to them."""
        self.text, self.told = one_line(self.text), markup.clean_text(self.told).strip()
        before = Question.objects.filter(pk=self.pk).first() if self.pk else None
        if before is None or before.told != self.told:
            self.told_at = timezone.now() if self.told else None
        self.render()
        super().save(*args, **kwargs)
        if before and before.text != self.text and self.post.was_public:
            self.wordings.create(text=before.text)

    def get_absolute_url(self) -> str:
        return f"{self.post.get_absolute_url()}#{self.anchor}"

    def render(self) -> None:
        self.told_html = markup.note_html(self.told)

    @property
    def anchor(self) -> str:
        """Where it stands on the post's page, whatever its number is by then."""
        return f"q-{self.public_id}"

    @property
    def takes_answers(self) -> bool:
        return self.post.takes_answers(self)

    @cached_property
    def earlier_wordings(self) -> list[Wording]:
        """The oldest first; asked for once, however many answers want to know."""
        return list(self.wordings.all()) if self.was_reworded else []

    def as_asked(self, at: datetime) -> str:
        """Its words at that time: an answer stands beside what was asked."""
        later = (wording.text for wording in self.earlier_wordings if wording.until > at)
        return next(later, self.text)


class Wording(models.Model):
    """What a question said before it was reworded."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="wordings")
    text = models.CharField(_("question"), max_length=300)
    until = models.DateTimeField(_("until"), default=timezone.now)

    class Meta:
        verbose_name = _("old wording")
        verbose_name_plural = _("old wordings")
        ordering = ["until"]

    def __str__(self) -> str:
        return self.text
