"""The same words from the same client within the hour are one reply."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from comments.models import Comment, Writer
from comments.tasks import tidy


def browser(**facts):
    return Client(headers={"Sec-Fetch-Site": "same-origin"}, **facts)


def test_a_double_click_makes_one_reply_and_the_same_page(send):
    first, second = send(), send()

    assert first.url == second.url
    assert (Comment.objects.count(), Writer.objects.count()) == (1, 1)


def test_an_hour_later_it_is_a_new_one(send, time_machine):
    first = send()
    time_machine.move_to(timezone.now() + timedelta(minutes=61))

    second = send()

    assert first.url != second.url
    assert Comment.objects.count() == 2


def test_fifty_minutes_later_it_is_still_the_same_one(send, time_machine):
    time_machine.move_to(timezone.now().replace(hour=12))
    first = send()
    time_machine.move_to(timezone.now() + timedelta(minutes=50))

    assert send().url == first.url


@pytest.mark.parametrize(
    "other",
    [{"text": "A wet scarf!"}, {"name": "Bram"}, {"question": "1"}],
    ids=["words", "name", "place"],
)
def test_anything_else_makes_another_reply(send, other):
    send()
    send(**other)

    assert Comment.objects.count() == 2


def test_somebody_elses_equal_words_are_their_own(send):
    first, second = send(), send(browser(REMOTE_ADDR="203.0.113.9"))

    assert first.url != second.url
    assert Comment.objects.count() == 2


def test_words_taken_back_can_be_sent_again(send):
    send()
    Comment.objects.get().withdraw()

    send()

    assert Comment.objects.waiting().count() == 1


def test_a_published_reply_sent_again_is_still_that_one(send, sara, reader):
    send()
    Comment.objects.get().publish(by=sara)

    page = reader.get(send().url, follow=True)

    assert Comment.objects.count() == 1
    assert b"It is published" in page.content


@pytest.mark.django_db(transaction=True)
def test_pressed_four_times_at_once_it_is_one_reply_and_no_writer_is_left_behind(post, at_once):
    same = {"client": "c", "post": post, "name": "Bram", "body": "Ice."}
    links = []

    at_once(*[lambda: links.append(Comment.objects.hold(**same).private_token)] * 4)

    assert len(links) == 4 and len(set(links)) == 1
    assert (Comment.objects.count(), Writer.objects.count()) == (1, 1)


def test_the_hash_is_forgotten_after_the_hour(hold, time_machine):
    comment = hold()
    time_machine.move_to(timezone.now() + timedelta(minutes=61))

    tidy()

    comment.refresh_from_db()
    assert comment.fingerprint is None


def test_the_hash_is_kept_within_the_hour(hold):
    comment = hold()

    tidy()

    comment.refresh_from_db()
    assert comment.fingerprint


def test_who_copies_a_reply_from_the_page_gets_no_link_to_it_and_changes_nothing(
    send, sara, time_machine
):
    time_machine.move_to(timezone.now().replace(hour=12))
    send()
    comment = Comment.objects.get()
    comment.publish(by=sara)
    time_machine.shift(120)

    answer = send(browser(), email="other@example.com", known="on", quote="on")

    comment.refresh_from_db()
    assert answer.url == comment.get_absolute_url() and not answer.cookies
    assert not comment.may_quote and comment.writer.subscriber is None
    assert Comment.objects.count() == 1


def test_who_copies_the_reply_of_somebody_known_at_once_gets_no_link_either(
    send, hold, sara, time_machine
):
    time_machine.move_to(timezone.now().replace(hour=12))
    send(known="on")
    writer = Writer.objects.get()
    hold("Another.", writer=writer)
    Comment.objects.get(body="A wet scarf.").publish(by=sara)

    assert writer.token not in send(browser()).url
