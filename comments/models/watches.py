"""Watches: who wants to hear of new replies under a post, with or without a reply of their own."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Post
from newsletter.models import Subscriber


class WatchQuerySet(models.QuerySet["Watch"]):
    def going_on(self) -> WatchQuerySet:
        return self.filter(ended_at=None)


class Watch(models.Model):
    """Begun only when confirmed by mail."""

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="watches")
    post = models.ForeignKey(Post, models.CASCADE, related_name="watches")
    begun_at = models.DateTimeField(_("since"), default=timezone.now)
    ended_at = models.DateTimeField(_("until"), null=True)
    # Replies up to then were told of.
    told_at = models.DateTimeField(_("last told"), default=timezone.now)

    objects = WatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("watch of a thread")
        verbose_name_plural = _("watches of threads")
        ordering = ["begun_at"]
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "post"], name="watch_once"),
        ]
        indexes = [
            models.Index(fields=["post"], name="watch_going_on", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return _("watch %(pk)s") % {"pk": self.pk}
