"""What machines read of the site."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from blog.models import Page, Post, Tag
from comments.models import Comment, Writer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_name(settings):
    settings.SITE_URL = "https://slow-signal.example"
    settings.ALLOWED_HOSTS = ["*"]


def items(reader):
    response = reader.get("/feed/", headers={"host": "evil.example"})
    return ElementTree.fromstring(response.content).findall("channel/item")  # noqa: S314


def locations(reader):
    tree = ElementTree.fromstring(reader.get("/sitemap.xml").content)  # noqa: S314
    return [place.text for place in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]


def test_the_feed_leads_to_the_sites_own_name(reader, post):
    (item,) = items(reader)

    assert item.findtext("link") == "https://slow-signal.example" + post.get_absolute_url()
    assert item.findtext("title") == "Hot days"


def test_a_feed_item_says_it_in_short(reader, post):
    (item,) = items(reader)

    assert "<li>It passes.</li>" in item.findtext("description")
    assert "Read “Hot days”" in item.findtext("description")


def test_the_feed_is_rss(reader, post):
    response = reader.get("/feed/")

    assert response["Content-Type"] == "application/rss+xml; charset=utf-8"
    assert b'<rss version="2.0"' in response.content


def test_the_feed_holds_the_twenty_newest(reader, post):
    for number in range(25):
        at = timezone.now() - timedelta(hours=number)
        Post.objects.create(title=f"P {number}", author=post.author, body=".", published_at=at)

    titles = [item.findtext("title") for item in items(reader)]

    assert titles == [f"P {number}" for number in range(20)]


@pytest.mark.parametrize(
    "hidden",
    [
        {"unlisted": True},
        {"published_at": None},
        {"published_at": timezone.now() + timedelta(days=400)},
        {"withdrawn_at": timezone.now()},
    ],
)
def test_what_is_not_listed_is_in_neither_feed_nor_sitemap(reader, post, hidden):
    Post.objects.filter(pk=post.pk).update(**hidden)

    assert items(reader) == []
    assert not [place for place in locations(reader) if "hot-days" in place]


def test_the_feed_tells_nothing_of_those_who_reply(reader, post, sara):
    writer = Writer.objects.create()
    facts = {"name": "Marigold", "body": "marigold@example.com", "consent_wording": "1"}
    facts["consent_at"] = timezone.now()
    Comment.objects.create(post=post, writer=writer, **facts).publish(by=sara)

    feed = reader.get("/feed/").content

    assert b"Marigold" not in feed
    assert b"@example.com" not in feed


def test_no_character_in_a_title_spoils_the_feed(reader, post, publication):
    Post.objects.filter(pk=post.pk).update(
        title="Hot \x08\x0b\x1f\ufffe\uffff <days> & ]]>", in_short="It\x0cpasses.\uffff"
    )
    publication.tagline = "Plain\x01notes"
    publication.save()

    (item,) = items(reader)

    assert item.findtext("title").endswith("<days> & ]]>")


def test_the_sitemap_lists_posts_topics_authors_and_pages(reader, post):
    post.tags.add(Tag.objects.create(name="heat", slug="heat"))
    Page.objects.create(slug="about", title="About", body="Us.")

    assert set(locations(reader)) == {
        "https://slow-signal.example" + path
        for path in ("/", post.get_absolute_url(), "/about/", "/tags/heat/", "/authors/sara/")
    }


def test_robots_learn_what_is_not_theirs_and_where_the_map_is(reader, publication):
    rules = reader.get("/robots.txt").content.decode()

    assert "User-agent: *\nDisallow: /admin/\n" in rules
    assert "Disallow: /replies/\n" in rules
    assert "Sitemap: https://slow-signal.example/sitemap.xml" in rules


def test_ai_crawlers_are_asked_to_stay_away(reader, publication):
    for_crawlers = reader.get("/robots.txt").content.decode().split("\n\n")[0]

    assert "User-agent: GPTBot\n" in for_crawlers
    assert "User-agent: CCBot\n" in for_crawlers
    assert for_crawlers.endswith("\nDisallow: /")


def test_every_page_says_where_the_feed_is(reader, publication):
    page = reader.get("/").content.decode()

    assert 'type="application/rss+xml" title="Feed of posts" href="/feed/"' in page
