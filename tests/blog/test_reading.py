"""One post's own page, as a reader meets it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from blog.models import Author, Page, Post, Tag

pytestmark = pytest.mark.django_db


def shown(reader, post) -> str:
    return reader.get(post.get_absolute_url()).content.decode()


def in_order(page: str, *marks: str) -> bool:
    places = [page.find(mark) for mark in marks]
    return -1 not in places and places == sorted(places)


def another(post, **facts):
    facts = {"title": "Cold days", "body": "Words.", "published_at": timezone.now()} | facts
    return Post.objects.create(author=post.author, **facts)


def test_a_post_begins_with_title_byline_and_in_short(reader, post):
    page = shown(reader, post)

    assert in_order(page, "<h1>Hot days</h1>", "by <a", "about 1 minute", "In short", "Opening")


def test_the_byline_names_the_author_and_the_day_in_full(reader, post):
    post.published_at = timezone.now().replace(year=2012, month=7, day=15, hour=12)
    post.save()

    page = shown(reader, post)

    assert 'by <a href="/authors/sara/">Sara</a>' in page
    assert '<time datetime="2012-07-15">15 July 2012</time>' in page


def test_after_the_text_come_questions_replies_form_and_neighbours(reader, post):
    page = shown(reader, post)

    assert in_order(page, "It slows.", "Sara asks", 'id="replies"', 'id="reply"', "Other posts")


def test_each_closing_question_leads_to_the_form_that_answers_it(reader, post):
    page = shown(reader, post)

    assert "What cools you?" in page
    third = post.questions.last()
    assert f'href="/replies/to/{post.slug}/?question={third.public_id}"' in page


def test_a_post_without_questions_has_no_band_of_questions(reader, post):
    post.questions.all().delete()

    assert "Sara asks" not in shown(reader, post)


def test_a_post_closed_to_replies_keeps_its_questions_but_no_button(reader, post):
    post.replies_closed_at = timezone.now()
    post.save()

    page = shown(reader, post)

    assert "What cools you?" in page
    assert "Answer this" not in page


def test_two_headings_make_no_contents_list_and_three_do(reader, post):
    before = shown(reader, post)
    post.body += "\n\n## When to call\n\nAfter a day."
    post.save()

    assert "In this post" not in before
    assert in_order(shown(reader, post), "In this post", "#what-heat-does", "three questions")


def test_the_house_rules_stand_beside_the_form(reader, post):
    Page.objects.create(slug="house-rules", title="House rules", body="Be gentle.")

    assert in_order(shown(reader, post), 'id="rules"', "Be gentle.")


def test_the_only_post_is_first_and_newest_in_words(reader, post):
    page = shown(reader, post)

    assert "This is the first post." in page
    assert "This is the newest post." in page


def test_neighbours_are_named_by_title_and_day(reader, post):
    later = another(post)

    assert in_order(shown(reader, post), "This is the first post.", "Next post, ", "Cold days")
    assert in_order(shown(reader, later), "Previous post, ", "Hot days", "the newest post.")


def test_posts_of_the_same_moment_are_neighbours_too(reader, post):
    twin = another(post, published_at=post.published_at)

    assert post.around.next == twin
    assert twin.around.previous == post


def test_unlisted_and_unpublished_posts_are_nobodys_neighbours(reader, post):
    another(post, unlisted=True)
    another(post, published_at=None)

    assert "This is the newest post." in shown(reader, post)


@pytest.mark.parametrize(
    "address", ["/1999/01/hot-days/", "/2012/7/hot-days/", "/0000/99/hot-days/"]
)
def test_a_wrong_month_leads_to_the_right_address_for_good(reader, post, address):
    response = reader.get(address)

    assert response.status_code == 301
    assert response["Location"] == post.get_absolute_url()


def test_months_are_written_with_two_digits(post):
    post.published_at = timezone.now().replace(year=2012, month=7, day=15, hour=12)

    assert post.get_absolute_url() == "/2012/07/hot-days/"


def test_an_address_follows_the_publications_own_clock(reader, post):
    post.published_at = timezone.datetime.fromisoformat("2012-07-31T23:30:00+00:00")
    post.save()

    assert reader.get("/2012/08/hot-days/").status_code == 200


def test_drafts_are_not_there(reader, post):
    post.published_at = None
    post.save()

    assert reader.get(post.get_absolute_url()).status_code == 404


def test_a_scheduled_post_appears_by_itself(reader, post, time_machine):
    now = timezone.now()
    post.published_at = now + timedelta(hours=1)
    post.save()
    before = reader.get(post.get_absolute_url())

    time_machine.move_to(now + timedelta(hours=1, seconds=1))

    assert before.status_code == 404
    assert reader.get(post.get_absolute_url()).status_code == 200
    assert "Hot days" in reader.get("/").content.decode()


def test_a_withdrawn_post_says_that_it_was_taken_back(reader, post):
    post.withdrawn_at = timezone.now()
    post.save()

    response = reader.get(post.get_absolute_url())

    assert response.status_code == 410
    assert "taken back" in response.content.decode()
    assert "It slows." not in response.content.decode()


def test_an_unlisted_post_is_read_by_address_only(reader, post):
    post.unlisted = True
    post.save()

    assert '<meta name="robots" content="noindex">' in shown(reader, post)
    assert "Hot days" not in reader.get("/").content.decode()


def test_a_listed_post_may_be_found_by_search_engines(reader, post):
    assert "noindex" not in shown(reader, post)


def test_what_authors_write_stays_text(reader, post):
    post.title = post.summary = post.in_short = "<script>alert(1)</script>"
    post.save()
    post.tags.add(Tag.objects.create(name="<b>bold</b>", slug="bold"))

    assert "<script>alert" not in shown(reader, post)
    assert "<b>bold" not in shown(reader, post) + reader.get("/").content.decode()


def test_a_title_keeps_to_one_line_without_control_characters(post):
    post.title = "Hot\r\nBcc: everyone@example.com\x00\u202e days"
    post.save()

    assert post.title == "Hot Bcc: everyone@example.com days"


def test_reading_sets_no_cookie(reader, post):
    reader.get("/")
    reader.get(post.get_absolute_url())

    assert not reader.cookies


def test_everybody_gets_the_same_page(reader, desk, post):
    address = post.get_absolute_url()

    assert "Cookie" not in reader.get(address).headers.get("Vary", "")
    assert "Cookie" not in desk.get(address).headers.get("Vary", "")


def test_a_longer_post_costs_no_more_queries(reader, post, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as short:
        reader.get(post.get_absolute_url())
    for number in range(4, 20):
        post.questions.create(position=number, text=f"Question {number}?")
        post.tags.add(Tag.objects.create(name=f"tag {number}", slug=f"tag-{number}"))

    with django_assert_num_queries(len(short)):
        reader.get(post.get_absolute_url())


def test_only_reading_is_offered(reader, post):
    assert reader.post(post.get_absolute_url()).status_code == 405


def test_the_byline_stays_when_the_account_goes(reader, post, sara):
    sara.delete()

    assert Author.objects.get(slug="sara").user is None
    assert "Sara" in shown(reader, post)
