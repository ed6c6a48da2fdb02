"""Reports: readers say what is wrong with a reply. Three of them in a day ask for a look."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .replies import Comment


class Report(models.Model):
    """One reader's word about one revision of a reply. No account, no address, no free text."""

    class Reason(models.TextChoices):
        HARM = "harm", _("It could harm somebody")
        PERSONAL = "personal", _("It tells something private about a person")
        SELLS = "sells", _("It sells something")
        UNKIND = "unkind", _("It is unkind to somebody")
        WORRIED = "worried", _("I am worried about who wrote it")
        OTHER = "other", _("Something else")

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="reports")
    revision = models.PositiveSmallIntegerField()
    reason = models.CharField(_("reason"), max_length=8, choices=Reason.choices)
    # That day's hash of the client, for counting; wiped when the day is over.
    client = models.CharField(max_length=64, null=True)
    created_at = models.DateTimeField(_("reported"), default=timezone.now)

    class Meta:
        verbose_name = _("report by a reader")
        verbose_name_plural = _("reports by readers")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["comment", "revision", "client"], name="report_once_a_client"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="report_created")]

    def __str__(self) -> str:
        return _("report %(pk)s") % {"pk": self.pk}
