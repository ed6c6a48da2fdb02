"""Home, topics, authors and fixed pages."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from blog.models import Page, Post, Tag

pytestmark = pytest.mark.django_db

GARBAGE = [
    "0",
    "-1",
    "7",
    "99999999999999999999",
    "1e9",
    "NaN",
    "",
    "9" * 5000,
    "1;--",
    "٣",
    "\x00",
]


def text(client, address: str) -> str:
    return client.get(address).content.decode()


@pytest.fixture
def seven(sara):
    """Post 1, the newest, to post 7, the oldest."""
    posts = [
        Post.objects.create(
            title=f"Post {number}",
            author=sara.author,
            summary=f"Summary {number}.",
            body="Words.",
            published_at=timezone.now() - timedelta(days=number),
        )
        for number in range(1, 8)
    ]
    for post in posts:
        post.questions.create(text=f"What of {post.title}?")
    return posts


def test_home_shows_the_five_newest(reader, seven):
    page = text(reader, "/")

    assert page.index("Post 1<") < page.index("Post 5<")
    assert "Post 6<" not in page
    assert "Page 1 of 2." in page


def test_the_second_page_has_the_rest_and_a_way_back(reader, seven):
    page = text(reader, "/?page=2")

    assert "Post 6<" in page
    assert "Post 5<" not in page
    assert 'href="?page=1">Newer posts</a>' in page


def test_only_the_newest_post_asks_in_the_list(reader, seven):
    assert text(reader, "/").count("Sara asks") == 1
    assert "Sara asks" not in text(reader, "/?page=2")


@pytest.mark.parametrize("number", GARBAGE)
@pytest.mark.parametrize("address", ["/", "/authors/sara/"])
def test_a_page_number_that_is_none_is_answered_in_words(reader, seven, address, number):
    response = reader.get(address, {"page": number})

    assert response.status_code == 404
    assert "There is no page at this address" in response.content.decode()


def test_a_list_says_when_how_long_and_how_many_questions(reader, seven):
    page = text(reader, "/")

    assert "about 1 minute · 1 question · no replies yet" in page
    assert "Summary 1." in page


def test_a_post_without_summary_is_summed_up_by_its_first_line(reader, post):
    assert "<p>Heat slows a bare nerve.</p>" in text(reader, "/")


def test_home_is_titled_by_the_tagline_and_marks_its_own_link(reader, publication):
    page = text(reader, "/")

    assert "<h1>Plain notes on living with MS, by Sara and her readers</h1>" in page
    assert '<a href="/" aria-current="page">Posts</a>' in page


def test_an_empty_site_says_so(reader, publication):
    response = reader.get("/")

    assert response.status_code == 200
    assert "There is no post yet." in response.content.decode()


def test_a_site_that_nobody_has_set_up_still_answers(reader, db):
    assert reader.get("/").status_code == 200


def test_topics_count_listed_posts_in_words(reader, seven):
    research, heat = (Tag.objects.create(name=name, slug=name) for name in ("research", "heat"))
    Tag.objects.create(name="unused", slug="unused")
    for post in seven[:3]:
        post.tags.add(research)
    seven[0].tags.add(heat)
    Post.objects.filter(pk=seven[2].pk).update(unlisted=True)

    page = text(reader, "/")

    assert page.index("research, two posts") < page.index("heat, one post")
    assert "unused" not in page


def test_the_box_holds_four_topics_and_a_page_holds_all(reader, seven):
    for number in range(1, 7):
        seven[0].tags.add(Tag.objects.create(name=f"topic {number}", slug=f"topic-{number}"))

    assert "topic 5, one post" not in text(reader, "/")
    assert '<a href="/tags/">All topics</a>' in text(reader, "/")
    assert "topic 6, one post" in text(reader, "/tags/")


def test_a_topic_shows_its_posts_only(reader, seven):
    seven[2].tags.add(Tag.objects.create(name="daily life", slug="daily-life"))

    page = text(reader, "/tags/daily-life/")

    assert "<h1>Posts about daily life</h1>" in page
    assert "Post 3<" in page
    assert "Post 1<" not in page


def test_a_topic_without_posts_says_so(reader, publication):
    Tag.objects.create(name="new", slug="new")

    assert "There is no post yet." in text(reader, "/tags/new/")


def test_an_author_has_a_page(reader, post):
    post.author.about = "Sara has had MS since 2009."
    post.author.save()

    page = text(reader, "/authors/sara/")

    assert "Sara has had MS since 2009." in page
    assert "Hot days" in page


@pytest.mark.parametrize("address", ["/tags/none/", "/authors/none/", "/help/", "/none/"])
def test_what_nobody_wrote_is_not_there(reader, publication, address):
    assert reader.get(address).status_code == 404


@pytest.mark.parametrize("slug", Page.ADDRESSES)
def test_fixed_pages_stand_at_their_own_address(reader, publication, slug):
    page = Page.objects.create(slug=slug, title="A page", body="Some **plain** words.")

    assert page.get_absolute_url() == f"/{slug}/"
    assert "Some <strong>plain</strong> words." in text(reader, f"/{slug}/")


def test_more_posts_on_a_page_cost_no_more_queries(reader, seven, django_assert_num_queries):
    with CaptureQueriesContext(connection) as two_posts:
        reader.get("/?page=2")

    with django_assert_num_queries(len(two_posts)):
        reader.get("/")


def test_an_empty_site_on_ones_own_machine_says_what_to_do_first(reader, publication):
    page = text(reader, "/")

    assert "What to do first" in page
    assert page.index("Log in to") < page.index("the first post<")


def test_an_empty_site_on_the_web_tells_strangers_nothing_of_the_admin(
    reader, publication, settings
):
    settings.LOCAL_MODE = False

    assert "What to do first" not in text(reader, "/")
