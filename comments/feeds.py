"""The replies to a post as a feed, where the publication wants that. Robots copy feeds."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from blog.feeds import RSS, absolute, plain
from blog.models import Post
from comments.models import Comment

REPLIES_IN_THE_FEED = 50


@require_safe
def replies(request: HttpRequest, year: int, month: int, slug: str) -> HttpResponse:
    """RSS 2.0 of what everybody can read under the post, the newest first."""
    publication = request.publication  # type: ignore[attr-defined]
    if not publication.replies_feed:
        raise Http404
    post = get_object_or_404(Post.objects.published().select_related("author"), slug=slug)
    address = f"{post.get_absolute_url()}feed/"
    if request.path != address:
        return redirect(address, permanent=True)
    feed = Rss201rev2Feed(
        title=plain(_("Replies to “%(title)s”") % {"title": post.title}),
        link=absolute(post.get_absolute_url()),
        description=plain(publication.name),
        language=publication.language,
        feed_url=absolute(address),
    )
    for reply in post.comments.newest_shown()[:REPLIES_IN_THE_FEED]:
        reply.post = post
        place = absolute(reply.get_absolute_url())
        feed.add_item(
            title=plain(_title(reply)),
            link=place,
            description=plain(render_to_string("comments/feed_item.html", {"reply": reply})),
            pubdate=reply.published_at,
            unique_id=place,
        )
    headers = {"X-Robots-Tag": "noindex"}
    return HttpResponse(feed.writeString("utf-8"), content_type=RSS, headers=headers)


def _title(reply: Comment) -> str:
    return _("Reply by %(name)s") % {"name": reply.name} if reply.name else _("A reply")
