"""A mail server at its worst: nothing is lost, nobody gets a letter twice."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from newsletter.models import Confirmation, Delivery, Subscriber, Suppression
from newsletter.tasks import tick
from newsletter.throttle import Rest
from tests.newsletter import ways
from tests.newsletter.ways import once_each, states
from tests.sinks.trouble import FOREVER

BEFORE_DATA = ["greeting", "ehlo", "mail", "rcpt", "data"]


def pytest_generate_tests(metafunc):
    """Servers that let us say all of an envelope at once, and those that want line by line."""
    if "smtp" in metafunc.fixturenames:
        metafunc.parametrize("smtp", ["at once", "line by line"], indirect=True)


# Not now -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        *[(step, "421 4.3.2 shutting down") for step in (*BEFORE_DATA, "dot")],
        *[("rcpt", answer) for answer in ("450 4.2.1 busy", "451 4.7.1 later", "452 4.2.2 full")],
        ("mail", "451 4.3.0 later"),
        ("data", "451 4.3.0 later"),
        ("dot", "452 4.3.1 no room"),
    ],
)
def test_not_now_means_later(step, answer, smtp, letter_to, later):
    issue = letter_to(5)
    smtp.trouble(step, answer=answer, times=2)
    tick()
    for _ in range(4):
        later(minutes=10)

    assert once_each(smtp, 5)
    assert states(issue) == {"sent": 5}


def test_a_server_that_lets_nobody_in_at_first_gets_everything_the_second_time(
    smtp, letter_to, later
):
    issue = letter_to(5)
    smtp.greylist()
    tick()
    assert states(issue) == {"queued": 5}

    later(minutes=5)
    assert once_each(smtp, 5)


@pytest.mark.parametrize("step", BEFORE_DATA)
@pytest.mark.parametrize("how", [{"drop": True}, {"seconds": float("inf")}])
def test_who_is_silent_before_the_letter_gets_it_later(step, how, smtp, letter_to, later):
    issue = letter_to(5)
    smtp.trouble(step, times=2, **how)
    tick()
    for _ in range(4):
        later(minutes=10)

    assert once_each(smtp, 5)
    assert states(issue) == {"sent": 5}


def test_a_server_that_wants_a_new_connection_now_and_then_gets_one(smtp, letter_to):
    letter_to(6)
    smtp.trouble("rcpt", answer="421 4.7.0 enough for one connection", who="reader003@*")
    tick()

    assert once_each(smtp, 6)
    assert smtp.connections == 2


def test_an_idle_connection_that_was_closed_meanwhile_costs_nothing(smtp, sign_up, letter_to):
    sign_up("marigold@example.com")
    smtp.hang_up()
    sign_up("fern@example.com")

    assert smtp.recipients == ["marigold@example.com", "fern@example.com"]


def test_a_server_that_is_not_there_only_delays(smtp, sign_up, settings, later):
    settings.EMAIL_PORT = 1
    sign_up("marigold@example.com")
    confirmation = Confirmation.objects.get()
    assert (confirmation.status, confirmation.reason) == ("queued", "ConnectionRefusedError")

    settings.EMAIL_PORT = smtp.port
    later(minutes=5)
    assert smtp.recipients == ["marigold@example.com"]


# Never -------------------------------------------------------------------------------------------


def test_one_address_of_a_hundred_that_does_not_exist(smtp, letter_to, weekly, sara, later):
    issue = letter_to(100)
    smtp.trouble("rcpt", answer="550 5.1.1 no such user", who="reader042@*", times=FOREVER)
    tick()
    later(hours=12)

    gone = issue.deliveries.get(subscriber__email="reader042@example.com")
    assert states(issue) == {"sent": 99, "failed": 1}
    assert (bool(gone.bounced_at), gone.attempts, len(smtp.taken)) == (True, 1, 99)
    assert Suppression.objects.among(["reader042@example.com"])


def test_an_address_that_does_not_exist_is_not_tried_by_the_next_issue(
    smtp, letter_to, weekly, post, later
):
    letter_to(3)
    smtp.trouble("rcpt", answer="550 5.1.1 no such user", who="reader001@*", times=FOREVER)
    tick()
    post.pk, post.slug, post.published_at = None, "cool-days", timezone.now()
    post.save()
    second = weekly.compose(timezone.now())
    second.start()
    tick()

    spared = second.deliveries.get(subscriber__email="reader001@example.com")
    assert (spared.reason, spared.attempts) == ("suppressed", 0)


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("rcpt", "550 5.7.1 not liked here"),
        ("rcpt", "552 5.2.2 mailbox full"),
        ("dot", "554 5.7.1 looks like spam"),
        ("dot", "552 5.3.4 too large"),
        ("data", "554 5.5.1 no valid recipients"),
    ],
)
def test_a_letter_that_is_not_liked_is_not_held_against_the_reader(step, answer, smtp, letter_to):
    issue = letter_to(4)
    smtp.trouble(step, answer=answer, who="reader001@*", times=FOREVER)
    tick()

    row = issue.deliveries.get(subscriber__email="reader001@example.com")
    assert (row.status, row.bounced_at, Suppression.objects.count()) == ("failed", None, 0)
    assert states(issue) == {"sent": 3, "failed": 1}


def test_a_sender_who_is_not_liked_is_nobodys_fault(smtp, letter_to, later):
    issue = letter_to(4)
    smtp.trouble("mail", answer="550 5.7.1 sender refused", times=3)
    tick()
    assert states(issue) == {"queued": 4}

    for _ in range(4):
        later(minutes=20)
    assert once_each(smtp, 4)


# Nobody knows ------------------------------------------------------------------------------------

IN_DOUBT = [
    ("body", {"drop": True}),
    ("body", {"seconds": float("inf")}),
    ("dot", {"drop": True}),
    ("dot", {"drop": True, "taken": True}),
    ("dot", {"seconds": float("inf"), "taken": True}),
]


@pytest.mark.parametrize(("step", "how"), IN_DOUBT)
def test_whoever_perhaps_got_a_letter_is_held(step, how, smtp, letter_to, later):
    issue = letter_to(5)
    smtp.trouble(step, who="reader002@*", times=FOREVER, **how)
    tick()
    later(hours=12)

    assert states(issue) == {"sent": 4, "uncertain": 1}
    assert smtp.recipients.count("reader002@example.com") == bool(how.get("taken"))
    assert len(set(smtp.recipients)) == len(smtp.recipients)


@pytest.mark.parametrize(("step", "how"), IN_DOUBT)
def test_a_confirmation_is_repeated_as_the_same_mail(step, how, smtp, sign_up, later):
    smtp.trouble(step, **how)
    sign_up("marigold@example.com")
    later(minutes=10)

    mails = ways.of_smtp(smtp)
    assert len(mails) == 1 + bool(how.get("taken"))
    assert len({(mail.headers["message-id"], mail.headers["date"]) for mail in mails}) == 1


# Time --------------------------------------------------------------------------------------------


def test_gaps_grow_and_the_person_is_still_reached(smtp, letter_to, later, time_machine):
    issue = letter_to(1)
    smtp.trouble("rcpt", answer="451 4.7.1 later", times=6)
    gaps = []
    while not smtp.taken:
        tick()
        row = issue.deliveries.get()
        gaps.append(row.due_at - timezone.now())
        time_machine.move_to(max(row.due_at, timezone.now()))

    assert gaps[:6] == sorted(gaps[:6])
    assert gaps[5] > 10 * gaps[0]


def test_a_carrier_at_rest_is_left_alone_and_afterwards_everything_goes(
    smtp, letter_to, later, time_machine
):
    issue = letter_to(5)
    smtp.trouble("greeting", answer="421 4.3.2 busy")
    tick()
    connections = smtp.connections
    for _ in range(5):
        tick()
    assert (smtp.connections, smtp.taken) == (connections, [])

    time_machine.move_to(Rest.objects.get().until + timedelta(seconds=1))
    tick()
    assert len(smtp.taken) == 4  # the one that met the trouble has a gap of its own
    later(minutes=2)
    assert once_each(smtp, 5) and states(issue) == {"sent": 5}


def test_each_rest_is_longer_than_the_last_until_something_is_taken(smtp, letter_to, time_machine):
    letter_to(3)
    smtp.trouble("greeting", answer="421 4.3.2 busy", times=5)
    rests = []
    while not smtp.taken:
        tick()
        rest = Rest.objects.get()
        rests.append((rest.until or timezone.now()) - timezone.now())
        time_machine.move_to(timezone.now() + timedelta(minutes=20))

    assert rests[:5] == sorted(rests[:5]) and rests[4] > 10 * rests[0]
    assert Rest.objects.get().times == 0


def test_a_drain_at_a_slow_server_ends_in_time(smtp, letter_to):
    letter_to(50)
    smtp.trouble("dot", seconds=0.1, times=FOREVER)
    start = time.monotonic()
    Delivery.objects.deliver_due(seconds=0.5)

    assert time.monotonic() - start < 1.5
    assert 1 <= len(smtp.taken) < 10
    assert Delivery.objects.due().count() == 50 - len(smtp.taken)


@pytest.mark.django_db(transaction=True)
def test_a_letter_at_a_slow_server_does_not_delay_a_confirmation(smtp, letter_to, settings, unrung):
    settings.EMAIL_TIMEOUT = 5
    letter_to(3)
    confirmation = Confirmation.objects.create(
        subscriber=Subscriber.objects.create(email="marigold@example.com")
    )
    smtp.trouble("dot", who="reader*", seconds=2, times=FOREVER)
    letters = threading.Thread(target=_drain_letters)
    letters.start()
    time.sleep(0.3)
    start = time.monotonic()
    confirmation.deliver()

    assert time.monotonic() - start < 1
    assert smtp.recipients == ["marigold@example.com"]
    letters.join()


def _drain_letters():
    try:
        Delivery.objects.deliver_due(seconds=1)
    finally:
        connection.close()
