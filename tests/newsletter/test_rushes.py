"""When machines sign strangers up: noticed by who never confirms, and slowed down."""

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from config import limits
from newsletter.models import Confirmation, Rush, Subscriber, rushes
from newsletter.tasks import tick


@pytest.fixture
def asked(publication):
    """So many asked an hour's half ago, so many of whom said yes: asked(40, confirmed=2)."""

    def make(number, *, confirmed=0, page="site", ago=timedelta(minutes=30)):
        for place in range(number):
            person = Subscriber.objects.create(email=f"{page}{place}@example.com")
            row = person.confirmations.create(
                status="sent", sent_at=timezone.now() - ago, page=page
            )
            yes = timezone.now() if place < confirmed else None
            Confirmation.objects.filter(pk=row.pk).update(
                created_at=timezone.now() - ago, used_at=yes
            )

    return make


@pytest.fixture
def rush(publication):
    return Rush.objects.create(asked=40, confirmed=1)


def test_it_begins_when_hardly_anybody_confirms(asked):
    asked(40, confirmed=3)
    tick()

    rush = Rush.objects.get()
    assert (rush.lasts, rush.asked, rush.confirmed) == (True, 40, 3)


@pytest.mark.parametrize(
    ("number", "more"),
    [
        (29, {}),  # too few
        (40, {"confirmed": 14}),  # people, a third of whom found the button
        (40, {"ago": timedelta(minutes=5)}),  # who may not have found the mail yet
        (40, {"page": "import"}),  # whom a list brought
        (40, {"ago": timedelta(hours=2)}),  # long ago
    ],
)
def test_it_does_not_begin_for_less(asked, number, more):
    asked(number, **more)
    tick()

    assert not Rush.objects.exists()


def test_mails_that_could_not_leave_are_no_rush(asked):
    asked(40)
    Confirmation.objects.update(status="queued", sent_at=None, attempts=3)
    tick()

    assert not Rush.objects.exists()


def test_it_ends_an_hour_later_when_few_ask(rush, time_machine):
    tick()
    assert Rush.objects.is_on()

    time_machine.move_to(timezone.now() + timedelta(minutes=61))
    tick()
    rush.refresh_from_db()
    assert (rush.lasts, rush.ended_at is not None) == (None, True)


def test_there_is_one_at_a_time(asked):
    asked(40)
    tick()
    tick()

    assert Rush.objects.count() == 1


def test_while_it_lasts_a_sign_up_takes_one_more_press(rush, sign_up, mailoutbox):
    response = sign_up("marigold@example.com", page="post")

    page = response.content.decode()
    assert "One more press, please" in page
    assert 'value="marigold@example.com"' in page and 'value="post"' in page
    assert not Subscriber.objects.exists()


def test_with_that_press_it_is_taken(rush, sign_up, mailoutbox):
    response = sign_up("marigold@example.com", sure="1")

    assert response["Location"] == "/newsletter/check-mail/"
    assert len(mailoutbox) == 1


def test_the_page_in_between_is_the_same_for_every_address(rush, sign_up, subscribe):
    subscribe("marigold")
    pages = [sign_up(f"{name}@example.com").content for name in ("marigold", "nobodyx1")]

    marks = [page.replace(b"marigold@", b"nobodyx1@") for page in pages]
    assert marks[0] == marks[1]


@pytest.fixture
def many(reader, stamp, commit):
    """So many people sign up, each from a place of their own."""

    def sign_up(number, **more):
        for place in range(number):
            said = {"email": f"{place}@example.com", "stamp": stamp, **more}
            with commit():
                reader.post("/newsletter/", said, REMOTE_ADDR=f"192.0.2.{place}")

    return sign_up


def test_while_it_lasts_ten_mails_a_minute_leave(rush, many, commit, mailoutbox, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    many(40, sure="1")
    counts = [len(mailoutbox)]
    for minute in (1, 2, 3):
        time_machine.move_to(start + timedelta(minutes=minute), tick=False)
        with commit():
            tick()
        counts.append(len(mailoutbox))

    assert counts == [10, 20, 30, 40]


def test_without_one_all_leave_at_once(publication, many, mailoutbox):
    many(40)

    assert len(mailoutbox) == 40


def test_in_a_crowd_all_are_taken_and_the_mails_leave_one_after_the_other(
    publication, many, mailoutbox, monkeypatch
):
    crowd = limits.Limit(10, limits.TEN_MINUTES, a_minute=20)
    monkeypatch.setitem(limits.LIMITS, "newsletter:sign-up", crowd)
    monkeypatch.setattr(rushes, "IN_A_CROWD", 20)
    # The count is by the clock's minute: all forty come in one.
    clock = SimpleNamespace(time=lambda: 2e9, perf_counter=time.perf_counter)
    monkeypatch.setattr("config.middleware.time", clock)
    many(40)

    assert Subscriber.objects.count() == 40
    assert len(mailoutbox) == 20


def test_nobody_waits_behind_those_whom_a_list_brought(rush, commit, mailoutbox):
    person = Subscriber.objects.create(email="listed@example.com")
    person.confirmations.create(page="import", due_at=timezone.now() + timedelta(days=1))
    with commit():
        Subscriber.objects.sign_up("marigold@example.com", a_minute=10)

    assert len(mailoutbox) == 1
