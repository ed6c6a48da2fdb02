"""What a letter says: which posts, in which words. The words are data, so that the text part, the
HTML part and the page in the archive are three faces of one thing, frozen once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from blog.models import Post, Publication

IN_FULL = 5
MOST = 50  # posts of one letter: a bit each in `Delivery.omits`; the rest wait for the next one


def new_posts(edition) -> QuerySet[Post]:
    """Listed posts since the edition began that it has not brought yet; newest first."""
    since = edition.since
    if not edition.has_slots and edition.switched_on_at:
        since = max(since, edition.switched_on_at)  # never a flood of what is old already
    fresh = Post.objects.listed().filter(published_at__gt=since)
    if edition.is_of_stories:
        fresh = fresh.with_news()
    return fresh.exclude(issue_items__edition=edition)


def stories(posts: Iterable[Post]) -> QuerySet[Post]:
    """What these have news on, oldest first; nothing that was withdrawn."""
    earlier = Post.objects.published().filter(later_posts__in=posts).distinct()
    return earlier.order_by("published_at", "pk")


def words(
    publication: Publication, posts: list[Post], period: datetime, *, kind: str, note: str = ""
) -> dict[str, Any]:
    """Everything that a letter about these posts can say, ready to be stored as JSON."""
    return {
        "kind": kind,
        "date": formats.date_format(timezone.localtime(period, publication.zone), "l, j F Y"),
        "note": [part.split("\n") for part in note.replace("\r\n", "\n").split("\n\n") if part],
        "stories": [_story(post) for post in stories(posts)] if kind == "story" else [],
        "in_full": IN_FULL,
        "blocks": [_block(post) for post in posts],
    }


def letter(words: dict[str, Any], *, omits: int = 0) -> dict[str, Any]:
    """The letter made of these words, without the posts whose bits are set: they were read."""
    if "blocks" not in words:
        return words  # frozen by an earlier version
    blocks = [block for place, block in enumerate(words["blocks"]) if not omits >> place & 1]
    first = blocks[0] if blocks else {"in_short": [], "title": ""}
    return {
        "kind": words["kind"],
        "monthly": words["kind"] == "monthly",
        "heading": heading(len(blocks), kind=words["kind"]),
        "date": words["date"],
        "note": words["note"],
        "stories": words.get("stories", []),
        "opening": (first["in_short"] or [first["title"]])[0],
        "posts": blocks[: words["in_full"]],
        "more": blocks[words["in_full"] :],
    }


def heading(count: int, *, kind: str) -> str:
    if kind == "monthly":
        words = ngettext("One new post this month", "%(count)d new posts this month", count)
    elif kind == "weekly":
        words = ngettext("One new post this week", "%(count)d new posts this week", count)
    elif kind == "story":
        return _("There is news")
    else:
        words = ngettext("A new post", "%(count)d new posts", count)
    return words % {"count": count}


def shortened(title: str) -> str:
    """A title up to its colon, for a button."""
    return title.partition(":")[0].strip() or title


def _story(post: Post) -> dict[str, Any]:
    return {"pk": post.pk, "title": post.title, "short_title": shortened(post.title)}


def _block(post: Post) -> dict[str, Any]:
    return {
        "title": post.title,
        "path": post.get_absolute_url(),
        "short_title": shortened(post.title),
        "in_short": post.short_lines,
        "asks": _("%(author)s asks") % {"author": post.author.name},
        # Letters frozen before questions had names hold their words alone.
        "questions": [{"text": q.text, "place": q.anchor} for q in post.questions.all()],
    }
