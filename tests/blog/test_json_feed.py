"""The feed of posts for programs: JSON Feed 1.1, and the questions in both feeds."""

import json
import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from blog.feeds import NAMESPACE
from blog.models import Post, Tag

pytestmark = pytest.mark.django_db

HOST = "https://slow-signal.example"
TEXTS = {"title", "description", "user_comment", "language"}
ADDRESSES = {"home_page_url", "feed_url", "next_url", "icon", "favicon"}
ITEM_TEXTS = {"id", "title", "content_html", "content_text", "summary", "language"}
ITEM_ADDRESSES = {"url", "external_url", "image", "banner_image"}
DATES = {"date_published", "date_modified"}
LISTS = {"authors", "tags", "attachments"}
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


@pytest.fixture(autouse=True)
def _own_name(settings):
    settings.SITE_URL = HOST
    settings.ALLOWED_HOSTS = ["*"]


def feed(reader):
    return json.loads(reader.get("/feed.json", headers={"host": "evil.example"}).content)


def is_address(value) -> bool:
    return isinstance(value, str) and urlsplit(value).scheme in {"http", "https"}


def own(names) -> set[str]:
    """Names of one's own begin with an underscore and a letter, and have no dot."""
    return {name for name in names if re.fullmatch(r"_[A-Za-z][^.]*", name)}


def check(feed) -> None:
    """What jsonfeed.org says of version 1.1, as far as a feed like ours can break it."""
    known = TEXTS | ADDRESSES | {"version", "items", "authors", "expired", "hubs"}
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert isinstance(feed["title"], str) and isinstance(feed["items"], list)
    assert not set(feed) - known - own(feed)
    assert all(isinstance(feed[name], str) for name in TEXTS & set(feed))
    assert all(is_address(feed[name]) for name in ADDRESSES & set(feed))
    assert len({item["id"] for item in feed["items"]}) == len(feed["items"])
    for item in feed["items"]:
        check_item(item)


def check_item(item) -> None:
    assert not set(item) - ITEM_TEXTS - ITEM_ADDRESSES - DATES - LISTS - own(item)
    assert {"content_html", "content_text"} & set(item)
    assert all(isinstance(item[name], str) and item[name] for name in ITEM_TEXTS & set(item))
    assert all(is_address(item[name]) for name in ITEM_ADDRESSES & set(item))
    for name in DATES & set(item):
        assert RFC_3339.fullmatch(item[name]) and datetime.fromisoformat(item[name])
    assert all(isinstance(tag, str) for tag in item.get("tags", []))
    for author in item.get("authors", []):
        assert author and not set(author) - {"name", "url", "avatar"} - own(author)
    assert all(isinstance(item[name], dict) for name in own(item))


def test_the_feed_keeps_the_rules_of_json_feed(reader, post):
    post.tags.add(Tag.objects.create(name="heat", slug="heat"))
    Post.objects.create(
        title="Bare \x0b\uffff <b>", author=post.author, body=".", published_at=post.published_at
    )

    check(feed(reader))
    assert len(feed(reader)["items"]) == 2


@pytest.mark.parametrize(
    "broken",
    [
        {"id": ""},
        {"url": "/2012/07/x/"},
        {"date_published": "3 May 2026"},
        {"questions": []},
        {"_afterword": "none"},
        {"authors": [{}]},
    ],
)
def test_the_check_of_the_rules_would_notice(reader, post, broken):
    (item,) = feed(reader)["items"]

    with pytest.raises(AssertionError):
        check_item(item | broken)


def test_an_empty_publication_has_an_empty_feed(reader, publication):
    check(feed(reader))
    assert feed(reader)["items"] == []


def test_it_comes_under_its_own_type(reader, post):
    assert reader.get("/feed.json")["Content-Type"] == "application/feed+json; charset=utf-8"
    assert reader.post("/feed.json").status_code == 405


def test_an_item_says_what_the_other_feed_says(reader, post):
    (item,) = feed(reader)["items"]
    (other,) = ElementTree.fromstring(reader.get("/feed/").content).findall("channel/item")  # noqa: S314

    assert item["url"] == item["id"] == HOST + post.get_absolute_url() == other.findtext("link")
    assert item["content_html"] == other.findtext("description")
    assert item["authors"] == [{"name": "Sara", "url": f"{HOST}/authors/sara/"}]


def test_both_feeds_name_the_closing_questions_and_where_they_stand(reader, post):
    post.questions.filter(position=3).update(mode="closed")
    first = post.questions.first()
    place = f"{HOST}{post.get_absolute_url()}#q-{first.public_id}"

    (item,) = feed(reader)["items"]
    tree = ElementTree.fromstring(reader.get("/feed/").content)  # noqa: S314
    asked = tree.findall(f"channel/item/{{{NAMESPACE}}}question")

    questions = item["_afterword"]["questions"]
    assert questions[0] == {
        "id": first.public_id,
        "url": place,
        "text": "What cools you?",
        "open": True,
    }
    assert [question["open"] for question in questions] == [True, True, False]
    assert [element.attrib | {"text": element.text} for element in asked] == [
        question | {"open": "true" if question["open"] else "false"} for question in questions
    ]


def test_a_place_in_the_feed_is_a_place_on_the_page(reader, post):
    (item,) = feed(reader)["items"]
    page = reader.get(post.get_absolute_url()).content.decode()

    for question in item["_afterword"]["questions"]:
        assert f'id="{urlsplit(question["url"]).fragment}"' in page
        assert question["url"] in item["content_html"]


def test_a_post_without_questions_asks_nothing(reader, post):
    post.questions.all().delete()

    (item,) = feed(reader)["items"]

    assert item["_afterword"] == {"questions": []}
    assert "asks" not in item["content_html"]


def test_no_character_of_a_question_spoils_a_feed(reader, post):
    post.questions.update(text='Is "it"\x08 <hot> & ]]>\uffff?')

    (item,) = feed(reader)["items"]

    assert item["_afterword"]["questions"][0]["text"].startswith('Is "it"')
    assert ElementTree.fromstring(reader.get("/feed/").content) is not None  # noqa: S314


@pytest.mark.parametrize(
    "hidden",
    [
        {"unlisted": True},
        {"published_at": None},
        {"published_at": timezone.now() + timedelta(days=400)},
        {"withdrawn_at": timezone.now()},
    ],
)
def test_what_is_not_listed_is_not_in_it(reader, post, hidden):
    Post.objects.filter(pk=post.pk).update(**hidden)

    assert feed(reader)["items"] == []


@pytest.mark.parametrize("path", ["/feed/", "/feed.json"])
def test_more_posts_cost_no_more_queries(reader, post, path, django_assert_max_num_queries):
    for number in range(8):
        other = Post.objects.create(
            title=f"P {number}", author=post.author, body=".", published_at=post.published_at
        )
        other.questions.create(text="And you?")

    with django_assert_max_num_queries(4):
        reader.get(path)


def test_every_page_says_where_it_is(reader, publication):
    page = reader.get("/").content.decode()

    assert 'type="application/feed+json" title="Feed of posts, as JSON" href="/feed.json"' in page
