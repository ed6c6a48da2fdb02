"""The posts that one post's page leads to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet

if TYPE_CHECKING:
    from .posts import Post, PostQuerySet


@dataclass(frozen=True)
class Around:
    """Its neighbours in time; what it follows up, and what has followed it up, newest first."""

    previous: Post | None
    next: Post | None
    earlier: list[Post]
    news: list[Post]

    @classmethod
    def of(cls, post: Post) -> Around:
        """One query for all of them."""
        listed = type(post).objects.listed()
        older, newer = _older(post), _newer(post)
        links = type(post).follows_up.through.objects
        followed = links.filter(from_post=post, to_post=OuterRef("pk"))
        following = links.filter(to_post=post, from_post=OuterRef("pk"))
        found = listed.for_links().annotate(is_earlier=Exists(followed), is_news=Exists(following))
        posts = found.filter(
            Q(is_earlier=True)
            | Q(is_news=True)
            | Q(pk__in=_first(listed.filter(older)))
            | Q(pk__in=_first(listed.filter(newer).reverse()))
        )
        # Newest first: nothing that it links to lies between it and its neighbours.
        here = (post.published_at, post.pk)
        before = [other for other in posts if (other.published_at, other.pk) < here]
        after = [other for other in posts if (other.published_at, other.pk) > here]
        return cls(
            previous=before[0] if before else None,
            next=after[-1] if after else None,
            earlier=[other for other in posts if other.is_earlier],
            news=[other for other in posts if other.is_news],
        )


def _first(posts: PostQuerySet) -> QuerySet:
    return posts.values("pk")[:1]


def _older(post: Post) -> Q:
    same_moment = Q(published_at=post.published_at, pk__lt=post.pk)
    return Q(published_at__lt=post.published_at) | same_moment


def _newer(post: Post) -> Q:
    same_moment = Q(published_at=post.published_at, pk__gt=post.pk)
    return Q(published_at__gt=post.published_at) | same_moment
