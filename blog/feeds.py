"""What machines read: the feed of posts, the map of the site, the wishes to robots."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.feedgenerator import Rss201rev2Feed
from django.views.decorators.http import require_safe

from blog import markup
from blog.models import Author, Page, Post, Tag

POSTS_IN_THE_FEED = 20
RSS = "application/rss+xml; charset=utf-8"
XML = "application/xml; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
NOT_XML = re.compile("[\ufffe\uffff]")
AI_CRAWLERS = [
    "AI2Bot",
    "Amazonbot",
    "anthropic-ai",
    "Applebot-Extended",
    "Bytespider",
    "CCBot",
    "ChatGPT-User",
    "Claude-User",
    "Claude-Web",
    "ClaudeBot",
    "cohere-ai",
    "Diffbot",
    "DuckAssistBot",
    "FacebookBot",
    "Google-CloudVertexBot",
    "Google-Extended",
    "GPTBot",
    "ImagesiftBot",
    "Meta-ExternalAgent",
    "Meta-ExternalFetcher",
    "MistralAI-User",
    "OAI-SearchBot",
    "omgili",
    "omgilibot",
    "Perplexity-User",
    "PerplexityBot",
    "PetalBot",
    "Timpibot",
    "YouBot",
]
NOT_FOR_ROBOTS = [
    "/admin/",
    "/dev/",
    "/hooks/",
    "/my-data/",
    "/newsletter/check-mail/",
    "/newsletter/confirm/",
    "/newsletter/address/",
    "/newsletter/manage/",
    "/newsletter/unfollow/",
    "/newsletter/unsubscribe/",
    "/replies/",
]


@require_safe
def posts(request):
    """RSS 2.0: what each post says in short, and the way to it. Nothing of those who reply."""
    publication = request.publication
    feed = Rss201rev2Feed(
        title=plain(publication.name),
        link=absolute(reverse("blog:home")),
        description=plain(publication.tagline),
        language=publication.language,
        feed_url=absolute(reverse("blog:feed")),
    )
    for post in Post.objects.listed().for_lists()[:POSTS_IN_THE_FEED]:
        address = absolute(post.get_absolute_url())
        feed.add_item(
            title=plain(post.title),
            link=address,
            description=plain(
                render_to_string("blog/feed_item.html", {"post": post, "address": address})
            ),
            author_name=plain(post.author.name),
            pubdate=post.published_at,
            updateddate=post.updated_at,
            unique_id=address,
            categories=[plain(tag.name) for tag in post.tags.all()],
        )
    return HttpResponse(feed.writeString("utf-8"), content_type=RSS)


@require_safe
def sitemap(request):
    listed = Post.objects.listed()
    rows: list[Any] = [
        *listed.only("slug", "published_at", "created_at", "updated_at"),
        *Page.objects.filter(slug__in=Page.ADDRESSES),
        *Tag.objects.of(listed),
        *Author.objects.filter(posts__in=listed).distinct(),
    ]
    places = [(absolute(row.get_absolute_url()), getattr(row, "updated_at", "")) for row in rows]
    context = {"home": absolute(reverse("blog:home")), "places": places}
    return render(request, "blog/sitemap.xml", context, XML)


@require_safe
def robots(request):
    context = {
        "crawlers": AI_CRAWLERS,
        "closed": NOT_FOR_ROBOTS,
        "sitemap": absolute(reverse("blog:sitemap")),
    }
    return render(request, "blog/robots.txt", context, TEXT)


def absolute(address: str) -> str:
    """Under the site's own name, whatever name the request was sent to."""
    return settings.SITE_URL + address


def plain(text: str) -> str:
    """Some characters cannot stand in XML at all: one would spoil the feed for everybody."""
    return NOT_XML.sub("", markup.clean_text(text))
