"""The feed of a post's replies: off unless it is wanted, and only what everybody can read."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from blog.models import Post
from comments.models import Comment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_name(settings):
    settings.SITE_URL = "https://slow-signal.example"


@pytest.fixture
def wanted(publication):
    publication.replies_feed = True
    publication.save()


@pytest.fixture
def feed(reader, post):
    return lambda: reader.get(f"{post.get_absolute_url()}feed/")


@pytest.fixture
def items(wanted, feed):
    return lambda: ElementTree.fromstring(feed().content).findall("channel/item")  # noqa: S314


def test_there_is_none_unless_the_publication_wants_it(feed, show, reader, post):
    show()

    assert feed().status_code == 404
    assert "Replies to “" not in reader.get(post.get_absolute_url()).content.decode()


def test_the_posts_page_says_where_it_is(wanted, reader, post):
    page = reader.get(post.get_absolute_url()).content.decode()

    assert f'title="Replies to “Hot days”" href="{post.get_absolute_url()}feed/"' in page


def test_search_engines_are_asked_to_leave_it_out(wanted, feed):
    response = feed()

    assert response["X-Robots-Tag"] == "noindex"
    assert response["Content-Type"] == "application/rss+xml; charset=utf-8"


def test_an_item_is_the_reply_as_the_page_shows_it(items, show, post):
    comment = show("A **wet** scarf.", question=post.questions.first())

    (item,) = items()

    place = "https://slow-signal.example" + comment.get_absolute_url()
    assert item.findtext("title") == "Reply by Marigold"
    assert item.findtext("link") == item.findtext("guid") == place
    assert "<strong>wet</strong>" in item.findtext("description")
    assert "answering “What cools you?”" in item.findtext("description")


def test_it_holds_the_fifty_that_were_published_last(items, show):
    for number in range(52):
        show(name=f"Reader {number}")

    titles = [item.findtext("title") for item in items()]

    assert titles == [f"Reply by Reader {number}" for number in range(51, 1, -1)]


@pytest.mark.parametrize("verb", ["reject", "mark_spam", "hold_again"])
def test_what_is_not_shown_is_not_in_it(items, show, sara, verb):
    getattr(show(), verb)(by=sara)

    assert items() == []


def test_what_was_taken_back_is_gone_at_once_with_its_name(feed, items, show):
    marigold = show("My whole story.")
    show("I feel the same.", name="Bram", parent=marigold)

    marigold.withdraw()

    assert [item.findtext("title") for item in items()] == ["Reply by Bram"]
    assert b"Marigold" not in feed().content
    assert b"My whole story" not in feed().content


def test_who_took_only_the_name_back_has_none(items, show):
    Comment.objects.filter(pk=show().pk).update(name="", name_key="")

    assert [item.findtext("title") for item in items()] == ["A reply"]


def test_a_waiting_reply_is_not_in_it(items, hold):
    hold()

    assert items() == []


def test_no_address_is_in_it(feed, wanted, send, sara, post):
    send(letters="on", email="marigold@example.com")
    Comment.objects.get().publish(by=sara)

    content = feed().content

    assert b"Marigold" in content
    assert b"marigold@example.com" not in content
    assert Comment.objects.get().writer.token.encode() not in content


@pytest.mark.parametrize(
    "hidden",
    [
        {"published_at": None},
        {"published_at": timezone.now() + timedelta(days=400)},
        {"withdrawn_at": timezone.now()},
    ],
)
def test_a_post_that_is_not_public_has_none(wanted, feed, show, post, hidden):
    show()
    Post.objects.filter(pk=post.pk).update(**hidden)

    assert feed().status_code == 404


def test_a_post_that_is_not_there_has_none(wanted, reader):
    assert reader.get("/2026/11/nothing/feed/").status_code == 404


def test_another_month_in_its_address_leads_to_the_right_one(wanted, reader, post):
    response = reader.get("/1999/1/hot-days/feed/")

    assert (response.status_code, response["Location"]) == (301, f"{post.get_absolute_url()}feed/")


def test_it_is_only_read(wanted, reader, post):
    assert reader.post(f"{post.get_absolute_url()}feed/").status_code == 405


def test_no_character_of_a_reply_spoils_it(items, show):
    show("A wet\x08 scarf ]]> \ufffe<b>&", name="Mari\x08gold & <Bram>")

    (item,) = items()

    assert item.findtext("title") == "Reply by Marigold & <Bram>"


def test_more_replies_cost_no_more_queries(wanted, feed, show, post, django_assert_max_num_queries):
    for number, question in enumerate([*post.questions.all()] * 3):
        show(name=f"Reader {number}", question=question)

    with django_assert_max_num_queries(5):
        feed()
