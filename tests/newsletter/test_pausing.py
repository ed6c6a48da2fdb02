"""A relapse, a holiday, or no strength: nothing until the day, no pile after, one mail then."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from newsletter import schedule
from newsletter.models import Memo, Subscriber
from newsletter.tasks import tick
from tests.person import Person


@pytest.fixture
def marigold(subscribe):
    return subscribe("marigold")


@pytest.fixture
def page(marigold, time_machine):
    time_machine.move_to("2026-11-30 10:00:00+00:00")
    return Person().open(reverse("newsletter:manage", args=[marigold.manage_token]))


@pytest.mark.parametrize(
    ("button", "until"),
    [
        ("1 month to 30 December 2026", date(2026, 12, 30)),
        ("3 months to 28 February 2027", date(2027, 2, 28)),
        ("6 months to 30 May 2027", date(2027, 5, 30)),
    ],
)
def test_a_pause_ends_on_the_day_that_its_button_says(page, marigold, button, until):
    page.press(button)

    marigold.refresh_from_db()
    assert (marigold.status, marigold.paused_until) == ("paused", until)
    assert page.sees(f"You are pausing until {until.day} {until:%B %Y}.")


def test_who_pauses_can_pause_longer_or_carry_on(page, marigold):
    page.press("1 month to 30 December 2026").press("6 months to 30 May 2027")
    marigold.refresh_from_db()
    assert marigold.paused_until == date(2027, 5, 30)

    page.press("Carry on now")
    marigold.refresh_from_db()
    assert (marigold.status, marigold.paused_until) == ("active", None)
    assert page.sees("Your pause is over. You get one letter a week, on Sunday morning.")


def test_what_is_chosen_during_a_pause_is_kept_for_later(page, marigold):
    page.press("1 month to 30 December 2026")
    page.page.find("input", attrs={"value": "weekly"}).attrs.pop("checked")
    page.tick("Once a month").press("Save my choices")

    marigold.refresh_from_db()
    assert (marigold.status, marigold.frequency) == ("paused", "monthly")
    assert page.sees("After that, you get one letter a month.")


@given(day=st.dates(date(1990, 1, 1), date(2200, 1, 1)), months=st.sampled_from([1, 3, 6]))
def test_so_many_months_later_is_the_same_day_or_the_last_of_that_month(day, months):
    later = schedule.months_later(day, months)

    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1 and later.day < day.day


def pause_until(someone, day):
    someone.pause(until=day)
    return someone


def test_it_ends_on_its_day_by_the_publications_clock(marigold, publication, time_machine):
    publication.time_zone = "Pacific/Auckland"
    publication.save()
    pause_until(marigold, date(2026, 12, 10))
    time_machine.move_to("2026-12-09 10:59:00+00:00")  # a minute to midnight there
    tick()
    marigold.refresh_from_db()
    assert marigold.status == "paused"

    time_machine.move_to("2026-12-09 11:00:00+00:00")
    tick()
    marigold.refresh_from_db()
    assert (marigold.status, marigold.paused_until) == ("active", None)


def test_one_mail_welcomes_them_back(marigold, mailoutbox, later):
    pause_until(marigold, timezone.localdate() + timedelta(days=30))
    later(days=31)
    later(minutes=1)

    [mail] = mailoutbox
    assert (mail.to, mail.subject) == (["marigold@example.com"], "Welcome back to Slow Signal")
    for choice in ("Carry on", "Pause longer", "Stop all letters"):
        assert choice in mail.body


def test_no_pile_of_old_letters_comes(weekly, post, marigold, mailoutbox, later, time_machine):
    pause_until(marigold, timezone.localdate() + timedelta(days=30))
    time_machine.move_to(timezone.now() + timedelta(days=8))
    tick()
    assert weekly.issues.started().exists()
    for _ in range(4):
        later(days=8)

    assert [mail.subject for mail in mailoutbox] == ["Welcome back to Slow Signal"]


def test_who_pauses_longer_at_the_last_moment_does_pause_longer(marigold):
    today = timezone.localdate()
    ending = pause_until(marigold, today)
    Subscriber.objects.get(pk=marigold.pk).pause(until=today + timedelta(days=30))

    assert not ending.come_back()
    assert Memo.objects.count() == 0
    assert ending.status == "paused"


@pytest.mark.parametrize("then", ["unsubscribe", "pause"])
def test_the_welcome_is_left_out_when_they_left_or_pause_again(marigold, unrung, then, mailoutbox):
    pause_until(marigold, timezone.localdate())
    Subscriber.objects.end_pauses()
    marigold.refresh_from_db()
    if then == "pause":
        marigold.pause(until=timezone.localdate() + timedelta(days=9))
    else:
        marigold.unsubscribe()
    Memo.objects.deliver_due()

    assert (Memo.objects.get().status, mailoutbox) == ("skipped", [])


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_welcome_them_back_once(marigold, unrung, at_once):
    pause_until(marigold, timezone.localdate())
    at_once(Subscriber.objects.end_pauses, Subscriber.objects.end_pauses)

    assert Memo.objects.filter(kind="back").count() == 1


def test_pauses_end_in_bounded_numbers(subscribe, monkeypatch):
    monkeypatch.setattr("newsletter.models.people.PAUSES_AT_ONCE", 2)
    for number in range(3):
        pause_until(subscribe(f"reader{number}"), timezone.localdate())

    assert [Subscriber.objects.end_pauses() for _ in range(3)] == [2, 1, 0]
