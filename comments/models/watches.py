"""Watches: who wants to hear of new replies under a post, with or without a reply of their own."""

from __future__ import annotations

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Post
from newsletter import addresses, tokens
from newsletter.models import Subscriber

from .writers import hush, lock


class WatchQuerySet(models.QuerySet["Watch"]):
    def going_on(self) -> WatchQuerySet:
        return self.filter(ended_at=None)

    def with_token(self, token: str, purpose: str) -> Watch | None:
        """The one that this link is about."""
        row = self.select_related("subscriber").filter(public_id=tokens.read(token)).first()
        return row if row and tokens.proves(token, purpose) else None

    @transaction.atomic
    def ask(
        self, email: str, post: Post, *, suspicion: str = "", a_minute: int | None = None
    ) -> None:
        """Somebody would like to hear of replies there: one mail asks if it was them.

        Says nothing, and does the same work for every address, known or not.
        """
        subscriber = Subscriber.objects.row_of(addresses.clean(email), "watch")
        subscriber.receipts.ask(
            subscriber=subscriber, post=post, suspicion=suspicion, a_minute=a_minute
        )

    def begin(self, subscriber: Subscriber, post: Post | None) -> bool:
        """From now on they hear of new replies there. False: they do already."""
        watch, made = self.get_or_create(subscriber=subscriber, post=post)
        ended = self.filter(pk=watch.pk, ended_at__isnull=False)
        now = timezone.now()
        return made or bool(ended.update(ended_at=None, begun_at=now, told_at=now))

    def end(self) -> int:
        """They hear of no further replies there; says how many went on."""
        return self.going_on().update(ended_at=timezone.now())

    def move(self, old: Subscriber, new: Subscriber) -> None:
        """Two rows of people become one: see newsletter/moving.py."""
        going_on = list(old.watches.going_on().values_list("post", flat=True))
        new.watches.filter(post__in=going_on).update(ended_at=None)
        watched = list(new.watches.values_list("post", flat=True))
        old.watches.exclude(post__in=watched).update(subscriber=new)


class Watch(models.Model):
    """Begun only when confirmed by mail."""

    public_id = models.CharField(
        max_length=16, unique=True, default=tokens.public_id, editable=False
    )
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

    @transaction.atomic
    def stop(self) -> bool:
        """They hear of no further replies there. False: they did not."""
        subscriber = lock(self)
        stopped = bool(Watch.objects.filter(pk=self.pk).end())
        self.refresh_from_db()
        if stopped:
            hush(subscriber)
        return stopped
