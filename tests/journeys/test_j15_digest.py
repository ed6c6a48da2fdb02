"""J15: Sara prepares the digest, tests it, approves it, changes her mind, and lets it go."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.models import Edition, Quote, Subscriber
from newsletter.tasks import tick
from tests.person import Person


@pytest.fixture
def readers(publication):
    for name in ("wren", "heron", "lark"):
        Subscriber.objects.create(email=f"{name}@example.com").confirm()
    Subscriber.objects.create(email="owl@example.com").confirm()
    Subscriber.objects.get(email="owl@example.com").pause(
        until=timezone.now().date() + timedelta(days=9)
    )


@pytest.fixture
def at_the_desk(desk, sara, post, readers):
    """Sara on the first page, with a new post, a reply that may be quoted, and four readers."""
    sara.email = "sara@example.com"
    sara.save()
    now = timezone.now()
    Edition.objects.create(
        kind="weekly", since=now - timedelta(days=10), switched_on_at=now - timedelta(days=30)
    )
    Quote.objects.create(reference="r1", post=post, text="Shade helps.", name="Wren")
    return Person(desk).open("/admin/")


def to(mails):
    return sorted(address for mail in mails for address in mail.to)


def prepared(sara):
    sara.follow("Prepare this week’s digest").press("Begin")
    return sara.fill("Note on top", "Dear all, it is hot.").tick("Shade helps.").press("Save")


def test_prepared_tested_and_approved_everybody_gets_it_once(at_the_desk, mailoutbox, time_machine):
    sara = prepared(at_the_desk)
    sara.press("Send a test to me")
    assert to(mailoutbox) == ["sara@example.com"]
    assert "Dear all, it is hot." in mailoutbox[0].body
    assert "Shade helps." in mailoutbox[0].body

    sara.press("Send it in ten minutes")
    assert sara.sees("It goes on")
    for minutes in (5, 11, 12, 13):
        time_machine.move_to(timezone.now() + timedelta(minutes=minutes), tick=False)
        tick()

    assert to(mailoutbox[1:]) == ["heron@example.com", "lark@example.com", "wren@example.com"]
    sara.open("/admin/newsletter/issue/").follow("Hot days")
    assert sara.sees("It is sent. 3 of 3 have it.")
    assert sara.sees("3 sent + 0 failed + 0 left out + 0 not certain = 3 = 4 people − 1 who paused")


def test_within_ten_minutes_one_press_stops_it(at_the_desk, mailoutbox, time_machine):
    sara = prepared(at_the_desk).press("Send it in ten minutes")
    time_machine.move_to(timezone.now() + timedelta(minutes=9), tick=False)
    tick()

    sara.press("Stop. Do not send it")

    assert sara.sees("Stopped. 0 sent.")
    assert sara.value("Note on top").strip() == "Dear all, it is hot."
    time_machine.move_to(timezone.now() + timedelta(minutes=5), tick=False)
    tick()
    assert mailoutbox == []


def test_the_same_button_pressed_too_late_stops_what_is_left(
    at_the_desk, mailoutbox, time_machine, monkeypatch
):
    sara = prepared(at_the_desk).press("Send it in ten minutes")
    monkeypatch.setattr("newsletter.outbox.drain.delay", lambda label: None)  # no worker is there
    time_machine.move_to(timezone.now() + timedelta(minutes=11), tick=False)
    tick()

    sara.press("Stop. Do not send it")

    assert sara.sees("Stopped. 0 of 3 have it.")
    assert mailoutbox == []


def test_skipped_its_post_comes_with_the_next_one(at_the_desk, mailoutbox):
    sara = prepared(at_the_desk).press("Skip this one").press("Skip this one")
    assert sara.sees("Nobody got it, and its posts wait for the next one.")

    sara.open("/admin/").follow("Prepare this week’s digest").press("Begin")

    assert sara.sees("Hot days")
    assert mailoutbox == []
