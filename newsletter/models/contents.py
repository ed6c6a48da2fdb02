"""What is in an issue: its posts in their order, and the variants for who had some of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Post

from .editions import Edition

if TYPE_CHECKING:
    from .issues import Issue


class IssuePostQuerySet(models.QuerySet["IssuePost"]):
    def add_posts(self, issue: Issue, posts: Iterable[Post]) -> None:
        """Put these at the end; two who do so at once add each post once."""
        last = self.aggregate(last=models.Max("position"))["last"] or 0
        IssuePost.objects.bulk_create(
            (
                IssuePost(issue=issue, edition=issue.edition, post=post, position=position)
                for position, post in enumerate(posts, last + 1)
            ),
            ignore_conflicts=True,
        )

    def number(self, order: Iterable[int]) -> None:
        """Positions from 1 in this order of posts' pks; what it does not name comes last."""
        place = {pk: position for position, pk in enumerate(order, 1)}
        items: list[IssuePost] = list(self.all())
        last = len(place) + 1
        items.sort(key=lambda item: (place.get(item.post_id, last), item.position))
        for position, item in enumerate(items, 1):
            item.position = position
        IssuePost.objects.bulk_update(items, ["position"])

    def let_go(self, edition: Edition) -> None:
        """They wait for the next issue. Where each post has its own, it is passed over."""
        if edition.is_of_stories:
            return  # known as brought, so that it is never new again
        if edition.kind == Edition.Kind.EACH:
            public = self.filter(post__published_at__lte=timezone.now())
            if newest := public.aggregate(at=models.Max("post__published_at"))["at"]:
                edition.pass_over(newest)
        self.delete()

    def keep(self, posts: list[Post]) -> None:
        """Only these, numbered: from now on a position is the post's bit in `Delivery.omits`."""
        self.exclude(post__in=posts).delete()
        self.number(post.pk for post in posts)


class IssuePost(models.Model):
    """A post in an issue. The edition stands here too, so that the database can say: once."""

    issue = models.ForeignKey("newsletter.Issue", models.CASCADE, related_name="items")
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, models.PROTECT, related_name="issue_items")
    position = models.PositiveSmallIntegerField(default=1)
    left_out = models.BooleanField(default=False)

    objects = IssuePostQuerySet.as_manager()

    class Meta:
        verbose_name = _("post in an issue")
        verbose_name_plural = _("posts in issues")
        ordering = ["issue", "position"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "post"], name="post_once_per_edition"),
        ]

    def __str__(self) -> str:
        return str(self.post)

    @property
    def bit(self) -> int:
        return 1 << (self.position - 1)


class Variant(models.Model):
    """The letter for people who had some of its posts by another one: frozen once, like it."""

    issue = models.ForeignKey("newsletter.Issue", models.CASCADE, related_name="variants")
    omits = models.BigIntegerField()
    subject = models.CharField(max_length=150)
    text = models.TextField()
    html = models.TextField()

    class Meta:
        verbose_name = _("variant of an issue")
        verbose_name_plural = _("variants of issues")
        constraints = [
            models.UniqueConstraint(fields=["issue", "omits"], name="variant_once_per_issue"),
        ]

    def __str__(self) -> str:
        return f"{self.issue} ({self.omits:b})"
