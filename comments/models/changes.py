"""Changes: other words for a reply that is on the page, which shows the old ones until then."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter import retention

from .replies import Comment


class ChangeQuerySet(models.QuerySet["Change"]):
    def waiting(self) -> ChangeQuerySet:
        return self.filter(status=Change.Status.PENDING)

    def forget_old(self) -> int:
        """Delete some that were decided long ago: what stood there before, or never did."""
        return retention.delete_some(self.filter(decided_at__lt=retention.limit("changes")))


class Change(models.Model):
    """What its writer would rather say. Accepted, it holds what stood there before."""

    class Status(models.TextChoices):
        PENDING = "pending", _("waiting")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("not accepted")

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="changes")
    name = models.CharField(_("name"), max_length=80, blank=True)
    body = models.TextField(_("text"))
    signals = models.JSONField(default=list, editable=False)
    status = models.CharField(
        _("state"), max_length=8, choices=Status.choices, default=Status.PENDING, editable=False
    )
    created_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, editable=False)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of a reply")
        verbose_name_plural = _("changes of replies")
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["comment"], condition=Q(status="pending"), name="change_one_waits"
            ),
            models.CheckConstraint(
                name="change_decided_has_time",
                condition=Q(status="pending", decided_at=None)
                | (~Q(status="pending") & Q(decided_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return _("change %(pk)s") % {"pk": self.pk}
