"""What a letter says: which posts, in which words. The words are data, so that the text part, the
HTML part and the page in the archive are three faces of one thing, frozen once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from blog.models import Post, Publication

IN_FULL = 5


def new_posts(edition) -> QuerySet[Post]:
    """Listed posts since the edition began that it has not brought yet; newest first."""
    fresh = Post.objects.listed().filter(published_at__gt=edition.since)
    return fresh.exclude(issue_items__edition=edition)


def words(
    publication: Publication, posts: list[Post], period: datetime, *, monthly: bool
) -> dict[str, Any]:
    """A whole letter about these posts, ready to be stored as JSON."""
    return {
        "monthly": monthly,
        "heading": heading(len(posts), monthly=monthly),
        "date": formats.date_format(timezone.localtime(period, publication.zone), "l, j F Y"),
        "opening": (posts[0].short_lines or [posts[0].title])[0],
        "posts": [_block(post) for post in posts[:IN_FULL]],
        "more": [_link(post) for post in posts[IN_FULL:]],
    }


def heading(count: int, *, monthly: bool) -> str:
    if monthly:
        words = ngettext("One new post this month", "%(count)d new posts this month", count)
    else:
        words = ngettext("One new post this week", "%(count)d new posts this week", count)
    return words % {"count": count}


def shortened(title: str) -> str:
    """A title up to its colon, for a button."""
    return title.partition(":")[0].strip() or title


def _block(post: Post) -> dict[str, Any]:
    return _link(post) | {
        "short_title": shortened(post.title),
        "in_short": post.short_lines,
        "asks": _("%(author)s asks") % {"author": post.author.name},
        "questions": [question.text for question in post.questions.all()],
    }


def _link(post: Post) -> dict[str, Any]:
    return {"title": post.title, "path": post.get_absolute_url()}
