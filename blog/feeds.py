"""What machines read: the feed of posts, twice; the map of the site; the wishes to robots."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.feedgenerator import Rss201rev2Feed
from django.views.decorators.http import require_safe

from blog import markup
from blog.models import Author, Page, Post, Tag

POSTS_IN_THE_FEED = 20
RSS = "application/rss+xml; charset=utf-8"
JSON = "application/feed+json; charset=utf-8"
NAMESPACE = "https://afterword.example/ns/feed"  # a name, as those of XML are; nothing is there
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


class PostsFeed(Rss201rev2Feed):
    """Items carry the closing questions of their post."""

    def root_attributes(self) -> dict[str, str]:
        return super().root_attributes() | {"xmlns:afterword": NAMESPACE}

    def add_item_elements(self, handler, item) -> None:
        super().add_item_elements(handler, item)
        for question in item["questions"]:
            facts = {"id": question["id"], "url": question["url"]}
            facts["open"] = "true" if question["open"] else "false"
            handler.addQuickElement("afterword:question", question["text"], facts)


@require_safe
def posts(request):
    """RSS 2.0: what each post says in short, and the way to it. Nothing of those who reply."""
    publication = request.publication
    feed = PostsFeed(
        title=plain(publication.name),
        link=absolute(reverse("blog:home")),
        description=plain(publication.tagline),
        language=publication.language,
        feed_url=absolute(reverse("blog:feed")),
    )
    for post in _newest(request):
        address = absolute(post.get_absolute_url())
        feed.add_item(
            title=plain(post.title),
            link=address,
            description=_in_short(post, address),
            author_name=plain(post.author.name),
            pubdate=post.published_at,
            updateddate=post.updated_at,
            unique_id=address,
            categories=[plain(tag.name) for tag in post.tags.all()],
            questions=_asked(post),
        )
    return HttpResponse(feed.writeString("utf-8"), content_type=RSS)


@require_safe
def posts_as_json(request):
    """The same as a JSON Feed 1.1."""
    publication = request.publication
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": plain(publication.name),
        "home_page_url": absolute(reverse("blog:home")),
        "feed_url": absolute(reverse("blog:json-feed")),
        "description": plain(publication.tagline),
        "language": publication.language,
        "items": [_item(post) for post in _newest(request)],
    }
    return JsonResponse(feed, content_type=JSON, json_dumps_params={"ensure_ascii": False})


def _newest(request: HttpRequest) -> list[Post]:
    newest = list(Post.objects.listed().for_lists()[:POSTS_IN_THE_FEED])
    for post in newest:
        post.publication = request.publication  # type: ignore[attr-defined]
    return newest


def _item(post: Post) -> dict[str, Any]:
    address = absolute(post.get_absolute_url())
    author = post.author
    signed = {"name": plain(author.name), "url": absolute(author.get_absolute_url())}
    item = {
        "id": address,
        "url": address,
        "title": plain(post.title),
        "content_html": _in_short(post, address),
        "date_published": post.published_at,
        "date_modified": post.updated_at,
        "authors": [signed],
        "tags": [plain(tag.name) for tag in post.tags.all()],
        "_afterword": {"questions": _asked(post)},
    }
    return item | ({"summary": plain(post.blurb)} if post.blurb else {})


def _in_short(post: Post, address: str) -> str:
    return plain(render_to_string("blog/feed_item.html", {"post": post, "address": address}))


def _asked(post: Post) -> list[dict[str, Any]]:
    return [
        {
            "id": question.public_id,
            "url": absolute(question.get_absolute_url()),
            "text": plain(question.text),
            "open": question.takes_answers,
        }
        for question in post.questions.all()
    ]


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
