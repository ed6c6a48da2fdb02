"""Very many replies from everywhere: none is lost, none appears, one mail says so."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from comments.models import Alert, Comment, Report, Writer
from comments.tasks import tick
from config import limits

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _address(sara):
    sara.email = "sara@example.com"
    sara.save()


def flood(post, count):
    """As many held replies as that, of as many writers."""
    facts = {"post": post, "consent_at": timezone.now(), "consent_wording": "x", "name": "B"}
    writers = Writer.objects.bulk_create(Writer() for _n in range(count))
    Comment.objects.bulk_create(
        Comment(writer=writer, body=f"Buy {n}", **facts) for n, writer in enumerate(writers)
    )


def from_there(number):
    return Client(
        headers={
            "Sec-Fetch-Site": "same-origin",
            "X-Forwarded-For": f"198.51.{number // 250}.{number % 250}",
        }
    )


def test_of_a_flood_none_appears_and_all_are_kept(send):
    for number in range(40):
        assert (
            send(
                from_there(number), text=f"Good morning to all of you, number {number}"
            ).status_code
            == 303
        )

    assert Comment.objects.count() == 40
    assert not Comment.objects.published().exists()


def test_in_a_crowd_nothing_appears_even_where_all_may(send, post, monkeypatch):
    post.replies_mode = "open"
    post.save()
    crowd = limits.Limit(30, limits.TEN_MINUTES, a_minute=10)
    monkeypatch.setitem(limits.LIMITS, "comments:reply", crowd)

    for number in range(15):
        send(from_there(number), text=f"Good morning to all of you, number {number}")

    assert Comment.objects.count() == 15
    assert Comment.objects.published().count() <= 10


def test_thirty_patients_behind_one_address_can_all_reply_within_the_hour(send):
    clinic = from_there(1)
    answers = [send(clinic, text=f"Answer {n}", name=f"Patient {n}") for n in range(30)]

    assert {answer.status_code for answer in answers} == {303}
    assert Comment.objects.count() == 30


def test_two_thousand_bring_one_mail(post, mailoutbox):
    flood(post, 2000)

    for _minute in range(3):
        tick()

    assert [mail.subject for mail in mailoutbox] == ["Slow Signal: very many replies are coming in"]
    assert "So far 2000 of them wait, and 0 are on the page." in mailoutbox[0].body.replace(
        "\n", " "
    )


def test_the_mail_quotes_nothing(post, mailoutbox):
    flood(post, 101)

    tick()

    mail = mailoutbox[0].message().as_string()
    assert "Buy" not in mail and post.title not in mail


def test_a_hundred_in_ten_minutes_are_no_flood(post):
    flood(post, 100)

    tick()

    assert not Alert.objects.exists()


def test_six_hours_later_it_says_so_again(post, mailoutbox, time_machine):
    for hours in (0, 5, 7):
        time_machine.move_to(timezone.now() + timedelta(hours=hours))
        flood(post, 101)
        tick()

    assert len(mailoutbox) == 2


def test_who_is_no_staff_any_more_is_not_told(post, mailoutbox):
    flood(post, 101)
    User.objects.update(is_staff=False)

    tick()

    assert not mailoutbox


def test_looking_for_a_flood_is_one_query(post, django_assert_num_queries):
    flood(post, 5)

    with django_assert_num_queries(1):
        Alert.objects.mind_floods()


@pytest.mark.django_db(transaction=True)
def test_two_clocks_at_once_send_one(post, at_once):
    flood(post, 101)

    at_once(Alert.objects.mind_floods, Alert.objects.mind_floods)

    assert Alert.objects.count() == 1


@pytest.mark.parametrize(
    "rows",
    [
        lambda: Comment.objects.published().filter(name_key="bob").order_by(),
        lambda: Comment.objects.needing_care(),
        lambda: Report.objects.unsettled(),
    ],
    ids=["same name", "care", "reports"],
)
def test_what_is_asked_often_goes_neither_through_all_replies_nor_all_published(db, rows):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = rows().explain()

    assert "SCAN comments_comment\n" not in plan
    assert "(status=?)" not in plan
