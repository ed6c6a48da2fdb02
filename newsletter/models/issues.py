"""Editions (which letter, when) and their issues (one edition of the digest)."""

from __future__ import annotations

from datetime import time

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Post
from newsletter import tokens


class Edition(models.Model):
    """A rhythm of letters. Off while `switched_on_at` is empty."""

    class Kind(models.TextChoices):
        EACH = "each", _("each post")
        WEEKLY = "weekly", _("weekly")
        MONTHLY = "monthly", _("monthly")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, unique=True)
    since = models.DateTimeField(
        _("posts since"),
        default=timezone.now,
        help_text=_("Posts published before never go into an issue."),
    )
    switched_on_at = models.DateTimeField(_("on since"), null=True, blank=True)
    goes_by_itself = models.BooleanField(
        _("goes by itself"), default=True, help_text=_("Otherwise it waits until you start it.")
    )
    weekday = models.PositiveSmallIntegerField(
        _("weekday"),
        default=6,
        choices=[
            (0, _("Monday")),
            (1, _("Tuesday")),
            (2, _("Wednesday")),
            (3, _("Thursday")),
            (4, _("Friday")),
            (5, _("Saturday")),
            (6, _("Sunday")),
        ],
    )
    at = models.TimeField(_("time of day"), default=time(9, 0))

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        constraints = [
            models.CheckConstraint(name="edition_weekday", condition=Q(weekday__lte=6)),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class IssueQuerySet(models.QuerySet["Issue"]):
    def sent(self) -> IssueQuerySet:
        return self.filter(status=Issue.Status.SENT).order_by("-period")

    def sending(self) -> IssueQuerySet:
        return self.filter(status=Issue.Status.SENDING)


class Issue(models.Model):
    """One letter of an edition. Its words are frozen once, when it starts."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SCHEDULED = "scheduled", _("scheduled")
        SENDING = "sending", _("being sent")
        PAUSED = "paused", _("paused")
        SENT = "sent", _("sent")
        CANCELLED = "cancelled", _("cancelled")
        EMPTY = "empty", _("nothing new, nothing sent")

    public_id = models.CharField(
        max_length=16, unique=True, default=tokens.public_id, editable=False
    )
    edition = models.ForeignKey(
        Edition, models.PROTECT, related_name="issues", verbose_name=_("edition")
    )
    period = models.DateTimeField(
        _("for"), help_text=_("The slot's start, or the minute of a manual issue.")
    )
    status = models.CharField(
        _("state"), max_length=10, choices=Status.choices, default=Status.DRAFT, editable=False
    )
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    text = models.TextField(_("text part"), blank=True, editable=False)
    html = models.TextField(_("HTML part"), blank=True, editable=False)
    candidates = models.PositiveIntegerField(default=0, editable=False)
    exclusions = models.JSONField(default=dict, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)

    objects = IssueQuerySet.as_manager()

    class Meta:
        verbose_name = _("issue")
        verbose_name_plural = _("issues")
        ordering = ["-period"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "period"], name="issue_once_per_period"),
            models.CheckConstraint(
                name="issue_started_has_time",
                condition=~Q(status__in=["sending", "paused", "sent"])
                | Q(started_at__isnull=False),
            ),
            models.CheckConstraint(
                name="issue_sent_has_time",
                condition=Q(status="sent", finished_at__isnull=False)
                | (~Q(status="sent") & Q(finished_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.subject or f"{self.edition}, {self.period:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        return reverse("newsletter:issue", args=[self.public_id])


class IssuePost(models.Model):
    """A post in an issue. The edition stands here too, so that the database can say: once."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="items")
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, models.PROTECT, related_name="issue_items")
    position = models.PositiveSmallIntegerField(default=1)

    class Meta:
        verbose_name = _("post in an issue")
        verbose_name_plural = _("posts in issues")
        ordering = ["issue", "position"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "post"], name="post_once_per_edition"),
        ]

    def __str__(self) -> str:
        return str(self.post)
