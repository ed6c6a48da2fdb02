"""Stories that people follow: one post, and news on it for years."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Post

from .people import Subscriber


class FollowQuerySet(models.QuerySet["Follow"]):
    def going_on(self) -> FollowQuerySet:
        return self.filter(ended_at=None)

    def of(self, stories: Iterable[Post | int]) -> FollowQuerySet:
        """Those of these posts that go on."""
        return self.going_on().filter(story__in=stories)

    def begin(self, subscriber: Subscriber, story: Post) -> bool:
        """From now on they hear of news on it. False: they do already."""
        follow, made = self.get_or_create(subscriber=subscriber, story=story)
        if made:
            return True
        ended = self.filter(pk=follow.pk, ended_at__isnull=False)
        return bool(ended.update(ended_at=None, begun_at=timezone.now()))

    def end(self) -> int:
        """No further news on these; says how many were followed."""
        return self.going_on().update(ended_at=timezone.now())


class Follow(models.Model):
    """Somebody wants to hear when there is news on this post. Begun only when confirmed."""

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="follows")
    story = models.ForeignKey(Post, models.CASCADE, related_name="+", verbose_name=_("story"))
    begun_at = models.DateTimeField(_("followed since"), default=timezone.now)
    ended_at = models.DateTimeField(_("followed until"), null=True)

    objects = FollowQuerySet.as_manager()

    class Meta:
        verbose_name = _("story that somebody follows")
        verbose_name_plural = _("stories that people follow")
        ordering = ["begun_at"]
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "story"], name="follow_once"),
        ]
        indexes = [
            models.Index(fields=["story"], name="follow_going_on", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return _("follow %(pk)s") % {"pk": self.pk}
