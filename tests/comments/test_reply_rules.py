"""What a post and its questions take, until when, and what is answered when they do not."""

from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from blog.models import Post, Publication
from comments.models import Comment

pytestmark = pytest.mark.django_db

CLOSES = datetime(2026, 12, 4, tzinfo=UTC)  # London has no summer time then


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def said(response):
    return " ".join(soup(response).main.get_text().split())


def hidden(response):
    form = soup(response).find("textarea").find_parent("form")
    return {box["name"]: box.get("value", "") for box in form.find_all("input", type="hidden")}


@pytest.fixture
def closing(post):
    """It takes replies until the end of 3 December 2026."""
    post.published_at = datetime(2026, 11, 3, 14, 5, tzinfo=UTC)
    post.replies_close_after = 30
    post.save()
    return post


@pytest.fixture
def last_minute(closing, time_machine):
    time_machine.move_to(CLOSES - timedelta(minutes=1), tick=False)


@pytest.fixture
def too_late(closing, time_machine):
    time_machine.move_to(CLOSES, tick=False)


def named(post, position):
    return post.questions.get(position=position).public_id


def move_first_to_the_end(post):
    first = post.questions.first()
    first.position = 99
    first.save()
    post.number_questions()


def test_an_answer_goes_to_the_question_that_was_read_wherever_it_stands_now(
    reader, send, address, post
):
    page = reader.get(address, {"question": named(post, 2)})

    move_first_to_the_end(post)
    send(**hidden(page))

    assert Comment.objects.get().question.text == "When did you learn?"


def test_the_check_page_keeps_the_question_whatever_moves(send, post):
    checked = send(step="check", question=named(post, 2))
    kept = {box["name"]: box.get("value", "") for box in soup(checked).find_all("input")}

    move_first_to_the_end(post)
    send(**kept)

    assert Comment.objects.get().question.text == "When did you learn?"


@pytest.mark.parametrize("typed", ["2", " 2 "])
def test_a_number_that_somebody_types_means_the_place(reader, address, typed):
    page = soup(reader.get(address, {"question": typed}))

    assert page.find(class_="question").get_text() == "When did you learn?"


@pytest.mark.parametrize("typed", ["", "0", "-1", "4", "²", "２", "x", "2'--", "a" * 5000])
def test_what_names_no_question_is_a_reply_to_the_post(reader, address, typed):
    page = reader.get(address, {"question": typed})

    assert page.status_code == 200
    assert soup(page).h1.get_text(strip=True) == "Your reply"


def test_another_posts_question_is_not_answered_here(send, sara, post):
    other = Post.objects.create(title="B", author=sara.author, body="B.")
    theirs = other.questions.create(text="And you?")

    response = send(question=theirs.public_id)

    assert "not there any more" in said(response)
    assert not Comment.objects.exists()


def test_an_answer_to_a_question_that_closed_meanwhile_comes_back(send, post):
    name = named(post, 2)
    post.questions.filter(position=2).update(mode="closed")

    response = send(question=name, text="Late, but mine.")

    assert "That question takes no more answers." in said(response)
    assert soup(response).textarea.get_text().strip() == "Late, but mine."
    assert not Comment.objects.exists()


def test_sent_again_it_is_a_reply_to_the_post(send, post):
    name = named(post, 2)
    post.questions.filter(position=2).update(mode="closed")

    send(**hidden(send(question=name)))

    assert Comment.objects.get().question is None


def test_a_link_to_a_closed_question_says_so_and_offers_the_post(reader, address, post):
    post.questions.filter(position=2).update(mode="closed")

    page = reader.get(address, {"question": named(post, 2)})

    assert "“When did you learn?” takes no more answers." in said(page)
    assert hidden(page)["question"] == ""


def test_a_question_that_was_deleted_leaves_its_answers_readable(show, reader, post):
    question = post.questions.first()
    first = show(question=question)
    show(parent=first, name="Bram")

    question.delete()
    page = said(reader.get(post.get_absolute_url()))

    assert "A wet scarf." in page and "Bram" in page
    assert "answering" not in page


def test_an_answer_stands_beside_the_words_that_it_answered(show, reader, desk, post):
    comment = show(question=post.questions.first())
    question = post.questions.first()
    question.text = "What cools you best?"
    question.save()
    later = show(question=question, name="Bram")

    page = soup(reader.get(post.get_absolute_url()))
    mine = said(reader.get(comment.writer.get_absolute_url()))
    admin = said(desk.get(f"/admin/comments/comment/{comment.pk}/change/"))

    for shown in (page.find(id=comment.anchor).get_text(), mine, admin):
        assert "answering “What cools you?”" in shown
    assert "answering “What cools you best?”" in page.find(id=later.anchor).get_text()


def test_more_answers_to_old_words_cost_no_more_queries(
    show, reader, post, django_assert_max_num_queries
):
    for number in range(10):
        show(question=post.questions.first(), name=f"Reader {number}")
    for question in post.questions.all():
        question.text += " Really?"
        question.save()

    with django_assert_max_num_queries(12):
        reader.get(post.get_absolute_url())


def test_pages_say_on_which_day_replies_close(last_minute, reader, address, closing):
    sentence = "Replies to this post close on 3 December 2026."

    assert sentence in said(reader.get(address))
    assert sentence in said(reader.get(closing.get_absolute_url()))


def test_the_last_minute_of_that_day_is_in_time(last_minute, send):
    assert send().status_code == 303


def test_afterwards_pages_say_when_they_closed(too_late, reader, address, closing):
    form, page = reader.get(address), reader.get(closing.get_absolute_url())

    assert form.status_code == 403
    for shown in (form, page):
        assert "Replies to this post are closed They closed on 3 December 2026." in said(shown)


def test_what_was_typed_before_the_closing_is_given_back(too_late, send):
    response = send(text="Two hours of work.\n\n*All of it*")

    assert response.status_code == 403
    assert soup(response).textarea.get_text() == "\nTwo hours of work.\n\n*All of it*"
    assert not Comment.objects.exists()


def test_a_post_closed_by_its_mode_names_no_day(reader, closing, time_machine):
    time_machine.move_to(CLOSES - timedelta(days=1))
    closing.replies_mode = "closed"
    closing.save()

    page = said(reader.get(closing.get_absolute_url()))

    assert "Replies to this post are closed" in page
    assert "December" not in page


def test_a_post_without_days_of_its_own_closes_as_the_site_says(post, publication):
    publication.replies_close_after = 2
    publication.save()

    assert not Post.objects.get(pk=post.pk).takes_replies


def test_nought_days_keep_a_post_open_whatever_the_site_says(post, publication):
    publication.replies_close_after = 2
    publication.save()
    post.replies_close_after = 0
    post.save()

    assert Post.objects.get(pk=post.pk).takes_replies


def test_a_post_that_is_opened_again_takes_replies_again(too_late, closing, send):
    closing.replies_close_after = 0
    closing.save()

    assert send().status_code == 303


@given(
    published=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
    days=st.integers(1, 3000),
    zone=st.sampled_from(["Europe/London", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"]),
)
def test_the_day_that_is_named_is_whole(published, days, zone):
    post = Post(published_at=published, replies_close_after=days)
    post.publication = Publication(time_zone=zone)
    here = post.publication.zone

    end, named = post.replies_close_at, timezone.localtime(post.last_day_for_replies, here)

    assert named.date() == timezone.localtime(published, here).date() + timedelta(days=days)
    assert timezone.localtime(end, here).date() > named.date()
    assert end >= published + timedelta(days=days, hours=-1)


@pytest.mark.parametrize("mode", ["", "open", "first", "all", "closed"])
@pytest.mark.parametrize("of_post", ["", "open", "first", "all"])
@pytest.mark.parametrize("of_site", ["", "all", "closed"])
def test_the_nearest_rule_holds(post, publication, mode, of_post, of_site):
    question = post.questions.first()
    publication.replies_mode, post.replies_mode, question.mode = of_site, of_post, mode
    post.publication = publication

    assert post.mode_for(question) == next(filter(None, [mode, of_post, of_site, "first"]))
    post_open = (of_post or of_site) != "closed"
    assert post.takes_answers(question) == (post_open and post.mode_for(question) != "closed")
