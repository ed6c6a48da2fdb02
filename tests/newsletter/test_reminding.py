"""One reminder, a day later, to who signed up and did not press the button."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.models import Confirmation, Memo, Rush, Subscriber, confirming
from newsletter.tasks import tick


@pytest.fixture
def asked(sign_up):
    sign_up("marigold@example.com")
    return Confirmation.objects.get()


@pytest.fixture
def reminders():
    return lambda: Memo.objects.filter(kind="reminder").count()


def days_later(time_machine, *days):
    start = timezone.now()
    for day in days:
        time_machine.move_to(start + timedelta(days=day, minutes=1), tick=False)
        tick()


def test_it_comes_after_a_day_and_not_before(asked, reminders, time_machine):
    days_later(time_machine, 0.9)
    assert reminders() == 0

    days_later(time_machine, 0.1)
    assert reminders() == 1


def test_it_comes_once(asked, reminders, time_machine):
    days_later(time_machine, *range(1, 29))

    assert reminders() == 1


def test_it_reminds_of_the_mail_that_has_the_link(asked, time_machine):
    days_later(time_machine, 1)

    assert Memo.objects.get().confirmation == asked


def test_two_mails_are_reminded_of_once(asked, sign_up, reminders, time_machine):
    time_machine.move_to(timezone.now() + timedelta(hours=1))
    sign_up("marigold@example.com")
    days_later(time_machine, 1, 2)

    assert reminders() == 1


def test_who_pressed_is_not_reminded(asked, reminders, time_machine):
    asked.confirm()
    days_later(time_machine, 1)

    assert reminders() == 0


def test_who_left_is_not_reminded(asked, reminders, time_machine):
    asked.subscriber.unsubscribe()
    days_later(time_machine, 1)

    assert reminders() == 0


def test_whom_a_list_brought_is_asked_once_only(asked, reminders, time_machine):
    Confirmation.objects.update(page="import")
    days_later(time_machine, 1)

    assert reminders() == 0


def test_whom_machines_signed_up_is_not_reminded(asked, reminders, time_machine):
    Rush.objects.create(began_at=timezone.now() + timedelta(minutes=40))
    days_later(time_machine, 1)

    assert reminders() == 0


def test_after_a_rush_is_over_people_are_reminded_again(publication, sign_up, time_machine):
    now = timezone.now()
    Rush.objects.create(
        lasts=None, began_at=now - timedelta(hours=5), ended_at=now - timedelta(hours=1)
    )
    sign_up("marigold@example.com")
    days_later(time_machine, 1)

    assert Memo.objects.filter(kind="reminder").exists()
    assert Subscriber.objects.get().status == "pending"


def test_who_asked_twice_is_reminded_a_day_after_the_newest_mail(
    asked, sign_up, mailoutbox, time_machine
):
    start = timezone.now()
    time_machine.move_to(start + timedelta(hours=6), tick=False)
    sign_up("marigold@example.com")
    days_later(time_machine, 0.8)  # a day after the first mail, whose link is replaced
    assert not Memo.objects.exists()

    days_later(time_machine, 0.3)
    assert Memo.objects.get().confirmation == Confirmation.objects.latest("pk")


def test_nobody_is_forgotten_behind_those_who_were_reminded(
    publication, asked, sign_up, monkeypatch, reminders, time_machine
):
    monkeypatch.setattr(confirming, "REMINDED_AT_ONCE", 1)
    sign_up("fern@example.com")
    days_later(time_machine, 1, 1.001)

    assert reminders() == 2
