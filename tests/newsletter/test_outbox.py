"""The database is the queue: nothing is lost or sent twice, and one bad mail stops no other."""

import smtplib
import socket
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from newsletter import emails, outbox
from newsletter.models import Confirmation, Delivery, Subscriber
from newsletter.tasks import tick


class Troubled(EmailBackend):
    """Raises what stands in `errors` first, then works."""

    errors: list[Exception] = []
    opening: list[Exception] = []
    closing: list[Exception] = []

    def open(self):
        if self.opening:
            raise self.opening.pop(0)

    def close(self):
        if self.closing:
            raise self.closing.pop(0)

    def send_messages(self, messages):
        if self.errors:
            raise self.errors.pop(0)
        return super().send_messages(messages)


@pytest.fixture
def trouble(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Troubled"
    Troubled.errors, Troubled.opening, Troubled.closing = [], [], []
    return Troubled


@pytest.fixture
def confirmation(publication):
    return Confirmation.objects.create(
        subscriber=Subscriber.objects.create(email="marigold@example.com")
    )


@pytest.fixture
def issue(weekly, post, subscribe):
    """Started, with one delivery that nobody has rung for."""
    subscribe("marigold")
    issue = weekly.compose(timezone.now())
    issue.start()
    return issue


@pytest.fixture
def delivery(issue):
    return issue.deliveries.get()


def test_a_due_mail_is_sent_and_its_row_says_when(confirmation, mailoutbox):
    assert confirmation.deliver()

    assert (confirmation.status, len(mailoutbox)) == ("sent", 1)
    assert confirmation.sent_at >= confirmation.first_tried_at


def test_a_claim_is_taken_once(confirmation):
    rival = Confirmation.objects.get()

    assert confirmation._claim()
    assert not rival._claim()


def test_the_same_task_twice_is_one_mail(confirmation, mailoutbox):
    for _ in range(2):
        outbox.deliver("newsletter.confirmation", confirmation.pk)

    assert len(mailoutbox) == 1


def test_a_task_for_a_row_that_is_gone_does_nothing(db):
    outbox.deliver("newsletter.confirmation", 4711)


def test_a_confirmation_lost_with_its_worker_is_sent_again_after_the_lease(
    confirmation, mailoutbox, time_machine
):
    confirmation._claim()
    tick()
    assert mailoutbox == []

    time_machine.move_to(timezone.now() + configured.MAIL_LEASE)
    tick()
    assert len(mailoutbox) == 1


def test_a_delivery_lost_with_its_worker_is_held_and_not_repeated(
    delivery, mailoutbox, time_machine
):
    delivery._claim()
    time_machine.move_to(timezone.now() + configured.MAIL_LEASE)
    tick()

    delivery.refresh_from_db()
    assert (delivery.status, delivery.reason) == ("uncertain", "worker lost")
    assert mailoutbox == []


def test_what_was_held_goes_after_one_press(delivery, mailoutbox, time_machine, commit):
    delivery._claim()
    time_machine.move_to(timezone.now() + configured.MAIL_LEASE)
    tick()
    delivery.refresh_from_db()

    with commit():
        assert delivery.send_again()
    assert len(mailoutbox) == 1
    assert not delivery.send_again()


def test_a_late_worker_that_did_send_is_believed(confirmation, mailoutbox, time_machine):
    confirmation._claim()
    time_machine.move_to(timezone.now() + configured.MAIL_LEASE)
    Confirmation.objects.reclaim()

    assert confirmation.settle(outbox.Status.SENT, sent_at=timezone.now())
    tick()
    assert mailoutbox == []


def test_a_late_worker_that_failed_changes_nothing_of_the_new_attempt(confirmation, time_machine):
    late = Confirmation.objects.get()
    late._claim()
    time_machine.move_to(timezone.now() + configured.MAIL_LEASE)
    Confirmation.objects.reclaim()
    confirmation._claim()

    assert not late.again(OSError())
    confirmation.refresh_from_db()
    assert (confirmation.status, confirmation.attempts) == ("sending", 2)


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPDataError(451, b"greylisted"),
        smtplib.SMTPRecipientsRefused({"marigold@example.com": (450, b"later")}),
        smtplib.SMTPSenderRefused(421, b"busy", "newsletter@example.org"),
        ConnectionRefusedError(),
        socket.gaierror(),
    ],
)
def test_what_was_surely_not_taken_is_tried_again(delivery, trouble, error, mailoutbox):
    trouble.errors = [error]
    delivery.deliver()

    assert delivery.status == "queued"
    assert delivery.due_at > timezone.now() + timedelta(seconds=40)


@pytest.mark.parametrize("error", [TimeoutError(), smtplib.SMTPServerDisconnected(), OSError()])
def test_whatever_fails_before_the_first_word_is_tried_again(delivery, trouble, error):
    trouble.opening = [error]
    delivery.deliver()

    assert (delivery.status, delivery.reason) == ("queued", type(error).__name__)


def test_a_farewell_that_fails_does_not_repeat_what_was_taken(delivery, trouble, mailoutbox):
    trouble.closing = [smtplib.SMTPResponseException(500, b"line too long")]
    delivery.deliver()

    assert (delivery.status, len(mailoutbox)) == ("sent", 1)


def test_a_mail_server_that_is_away_for_a_day_only_delays(delivery, trouble, time_machine):
    back = timezone.now() + timedelta(days=1)
    while timezone.now() < back:
        trouble.opening = [ConnectionRefusedError()]
        delivery.deliver()
        assert delivery.status == "queued"
        time_machine.move_to(delivery.due_at)

    trouble.opening = []
    delivery.deliver()
    assert delivery.status == "sent"


@pytest.mark.parametrize("error", [TimeoutError(), smtplib.SMTPServerDisconnected()])
def test_what_was_perhaps_taken_is_held_for_a_letter(delivery, trouble, error):
    trouble.errors = [error]
    delivery.deliver()

    assert (delivery.status, delivery.reason) == ("uncertain", type(error).__name__)


def test_what_was_perhaps_taken_is_repeated_for_a_confirmation(confirmation, trouble):
    trouble.errors = [TimeoutError()]
    confirmation.deliver()

    assert confirmation.status == "queued"


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPRecipientsRefused({"marigold@example.com": (550, b"5.1.1 no such user")}),
        smtplib.SMTPDataError(554, b"no"),
    ],
)
def test_a_refusal_for_good_is_not_tried_again(delivery, trouble, error):
    trouble.errors = [error]
    delivery.deliver()

    assert delivery.status == "failed"
    assert "marigold" not in delivery.reason


def test_one_refused_address_does_not_keep_the_letter_from_the_others(
    weekly, post, subscribe, trouble, mailoutbox, commit
):
    for number in range(5):
        subscribe(f"reader{number}")
    refused = smtplib.SMTPRecipientsRefused({"reader0@example.com": (550, b"5.1.1")})
    trouble.errors = [refused]
    with commit():
        issue = weekly.send_now()

    assert len(mailoutbox) == 4
    assert (issue.equation.failed, issue.equation.sent) == (1, 4)


def test_each_gap_is_longer_than_the_last(confirmation, trouble, time_machine):
    gaps = []
    for _ in range(5):
        trouble.errors = [ConnectionRefusedError()]
        confirmation.deliver()
        gaps.append(confirmation.due_at - timezone.now())
        time_machine.move_to(confirmation.due_at)

    assert gaps == sorted(gaps)
    assert gaps[-1] > 8 * gaps[0]


def test_after_enough_attempts_a_mail_is_parked(confirmation, trouble, time_machine):
    for _ in range(configured.MAIL_MAX_ATTEMPTS):
        trouble.errors = [ConnectionRefusedError()]
        confirmation.deliver()
        time_machine.move_to(max(confirmation.due_at, timezone.now()))

    assert (confirmation.status, confirmation.reason) == ("failed", "ConnectionRefusedError")


def test_a_mail_that_kills_its_worker_each_time_is_parked(confirmation, time_machine):
    for _ in range(configured.MAIL_MAX_ATTEMPTS):
        Confirmation.objects.get()._claim()
        time_machine.move_to(timezone.now() + configured.MAIL_LEASE)
        Confirmation.objects.reclaim()

    confirmation.refresh_from_db()
    assert confirmation.status == "failed"


def test_a_mail_that_cannot_be_built_is_never_in_the_way(
    weekly, post, subscribe, mailoutbox, monkeypatch
):
    people = [subscribe(f"reader{number}") for number in range(3)]
    issue = weekly.compose(timezone.now())
    issue.start()
    build = emails.copy

    def copy(delivery, reader, publication, **more):
        if reader == people[0]:
            raise ValueError("reader0@example.com")
        return build(delivery, reader, publication, **more)

    monkeypatch.setattr(emails, "copy", copy)
    tick()

    assert len(mailoutbox) == 2
    assert issue.deliveries.get(subscriber=people[0]).status == "queued"


def test_no_address_stands_in_the_log(confirmation, trouble, caplog):
    trouble.errors = [smtplib.SMTPRecipientsRefused({"marigold@example.com": (450, b"later")})]
    confirmation.deliver()

    assert "SMTPRecipientsRefused" in caplog.text
    assert "marigold" not in caplog.text


def test_a_row_that_is_erased_while_its_mail_leaves_is_no_error(confirmation, monkeypatch):
    erase = lambda self, messages: Subscriber.objects.all().delete()  # noqa: E731
    monkeypatch.setattr(EmailBackend, "send_messages", erase)

    assert not confirmation.deliver()


@pytest.mark.parametrize(
    ("leave", "reason"),
    [
        (lambda person: person.unsubscribe(), "unsubscribed"),
        (lambda person: person.pause(until=timezone.now().date() + timedelta(days=9)), "paused"),
        (lambda person: person.delete(), "erased"),
        (
            lambda person: Subscriber.objects.filter(pk=person.pk).update(frequency="none"),
            "no newsletter",
        ),
    ],
)
def test_who_leaves_while_a_letter_is_queued_does_not_get_it(delivery, leave, reason, mailoutbox):
    leave(delivery.subscriber)
    tick()

    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.reason) == ("skipped", reason)
    assert mailoutbox == []


def test_who_is_suppressed_while_a_letter_is_queued_does_not_get_it(delivery, mailoutbox):
    from newsletter.models import Suppression

    Suppression.objects.add_address("Marigold@example.com", "complaint")
    tick()

    delivery.refresh_from_db()
    assert (delivery.status, delivery.reason, mailoutbox) == ("skipped", "suppressed", [])


def test_a_confirmation_is_not_sent_to_who_confirmed_meanwhile(confirmation, mailoutbox):
    confirmation.subscriber.confirm()

    confirmation.deliver()
    assert (confirmation.status, mailoutbox) == ("skipped", [])


def test_a_drain_stops_after_its_seconds_and_says_there_is_more(publication, mailoutbox):
    for number in range(3):
        person = Subscriber.objects.create(email=f"reader{number}@example.com")
        Confirmation.objects.create(subscriber=person)

    assert Confirmation.objects.deliver_due(seconds=0) == 1
    assert Confirmation.objects.due().count() == 2


def test_only_one_drain_of_a_kind_is_at_work(confirmation, mailoutbox):
    from django.core.cache import cache

    cache.set("draining:newsletter.confirmation", 1)
    outbox.drain("newsletter.confirmation")
    assert mailoutbox == []

    cache.delete("draining:newsletter.confirmation")
    outbox.drain("newsletter.confirmation")
    assert len(mailoutbox) == 1


def test_one_bad_part_of_a_tick_does_not_stop_the_others(confirmation, monkeypatch, mailoutbox):
    from newsletter.models import Edition

    def fail(self):
        raise ValueError("marigold@example.com")

    monkeypatch.setattr(type(Edition.objects), "weekly", fail)
    tick()

    assert len(mailoutbox) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_the_same_mail_send_it_once(confirmation, mailoutbox, at_once):
    rows = [Confirmation.objects.get() for _ in range(2)]
    at_once(*[row.deliver for row in rows])

    assert len(mailoutbox) == 1


@pytest.mark.django_db(transaction=True)
def test_a_hundred_mails_and_three_workers_make_a_hundred_mails(publication, mailoutbox, at_once):
    for number in range(100):
        person = Subscriber.objects.create(email=f"reader{number}@example.com")
        Confirmation.objects.create(subscriber=person)
    at_once(*[Confirmation.objects.deliver_due] * 3)

    assert sorted(mail.to[0] for mail in mailoutbox) == sorted(
        f"reader{number}@example.com" for number in range(100)
    )
