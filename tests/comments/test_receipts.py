"""An address given with a reply: one mail asks whose it is, and gives nothing away."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comments.models import Receipt, Writer
from newsletter.models import Subscriber, Suppression


@pytest.fixture
def give(hold, commit):
    """Somebody new writes a reply and gives this address: give("fern@example.com")."""

    def write(email, body="A wet scarf.", **how):
        with commit():
            comment = hold(body)
            comment.writer.give_address(email, **how)
        return comment

    return write


def test_one_mail_asks_whether_the_address_is_theirs(give, mailoutbox):
    comment = give("Fern@Example.com")

    [mail] = mailoutbox
    assert mail.to == ["Fern@example.com"]
    assert f"/replies/prove/{Receipt.objects.get().token}/" in mail.body
    assert comment.writer.is_proved is False


def test_it_names_neither_post_nor_words_nor_the_private_page(give, post, mailoutbox):
    comment = give("fern@example.com", body="A wet scarf.")

    said = mailoutbox[0].message().as_string() + mailoutbox[0].body
    for secret in (post.title, post.slug, "scarf", "Marigold", comment.writer.public_id):
        assert secret not in said


def test_an_address_costs_the_same_work_whoever_has_it(hold, known, db):
    known("fern")
    Suppression.objects.add_address("gone@example.com", "bounce")
    writers = [hold(f"Words {n}.").writer for n in range(3)]
    asked = []
    for writer, name in zip(writers, ["fern", "gone", "nobody"], strict=True):
        with CaptureQueriesContext(connection) as queries:
            writer.give_address(f"{name}@example.com")
        asked.append([re.sub(r"\d+|'[^']*'", "?", q["sql"]) for q in queries])

    assert [len(each) for each in asked] == [len(asked[0])] * 3


def test_a_suppressed_address_gets_no_mail(give, mailoutbox):
    Suppression.objects.add_address("fern@example.com", "complaint")
    give("fern@example.com")

    assert mailoutbox == []
    assert Receipt.objects.get().reason == "suppressed"


def test_a_mailbox_is_asked_three_times_a_day_at_most(give, mailoutbox, time_machine):
    for number in range(5):
        time_machine.move_to(timezone.now() + timedelta(minutes=6))
        give(f"fern+{number}@example.com")

    assert len(mailoutbox) == 3
    assert Receipt.objects.filter(reason="asked enough today").count() == 2


def test_two_replies_of_one_person_in_a_row_are_one_mail(give, commit, mailoutbox):
    writer = give("fern@example.com").writer
    with commit():
        writer.give_address("fern@example.com")

    assert len(mailoutbox) == 1


def test_a_machine_gets_nothing_sent_and_leaves_no_address_with_the_writer(give, mailoutbox):
    comment = give("fern@example.com", suspicion="honeypot")

    assert mailoutbox == []
    assert Receipt.objects.get().reason == "honeypot"
    assert Writer.objects.get(pk=comment.writer.pk).subscriber is None


def test_what_is_probably_spam_makes_us_write_to_nobody(give, mailoutbox, hold, commit):
    comment = hold("Cheap pills")
    type(comment).objects.filter(pk=comment.pk).update(lane="spam")
    with commit():
        comment.writer.give_address("fern@example.com")

    assert mailoutbox == []


def test_a_reply_taken_back_before_the_mail_left_is_not_asked_about(hold, commit, mailoutbox):
    comment = hold()
    with commit():
        comment.writer.give_address("fern@example.com")
        comment.withdraw()

    assert mailoutbox == []
    assert Receipt.objects.get().reason == "nothing of theirs is here"


def test_of_two_addresses_the_last_one_counts(hold, commit, mailoutbox):
    comment = hold()
    with commit():
        comment.writer.give_address("fren@example.com")
        comment.writer.give_address("fern@example.com")

    assert [mail.to for mail in mailoutbox] == [["fern@example.com"]]


def test_somebody_known_hears_that_it_has_arrived_and_has_nothing_to_prove(
    known, hold, commit, mailoutbox
):
    writer = known("fern")
    with commit():
        hold(writer=writer)
        writer.give_address("fern@example.com")

    [mail] = mailoutbox
    assert mail.subject == "Slow Signal: your reply has arrived"
    assert "prove" not in mail.body
    assert writer.get_absolute_url() in mail.body


def test_somebody_known_who_types_no_address_hears_it_too(known, hold, commit, mailoutbox):
    writer = known("fern")
    with commit():
        hold(writer=writer)
        writer.acknowledge()

    assert [mail.to for mail in mailoutbox] == [["fern@example.com"]]


@pytest.mark.parametrize("why", ["switched off", "all stopped", "paused", "decided"])
def test_it_is_not_said_to_who_does_not_want_it_or_needs_it(
    known, hold, commit, mailoutbox, sara, why
):
    writer = known("fern")
    with commit():
        comment = hold(writer=writer)
        writer.give_address("fern@example.com")
        if why == "switched off":
            writer.stop_telling("received")
        elif why == "all stopped":
            writer.subscriber.unsubscribe()
        elif why == "paused":
            writer.subscriber.pause(until=timezone.now().date() + timedelta(days=9))
        else:
            comment.reject(by=sara)

    assert mailoutbox == []
    assert Receipt.objects.get().status == "skipped"


def test_another_address_takes_the_place_of_a_proved_one_only_when_it_is_proved(
    known, hold, commit, mailoutbox
):
    writer = known("fern")
    with commit():
        hold(writer=writer)
        writer.give_address("new@example.com")
    assert writer.subscriber.email == "fern@example.com"

    Receipt.objects.get().prove()

    writer.refresh_from_db()
    assert writer.subscriber.email == "new@example.com"
    assert not Subscriber.objects.get(email="fern@example.com").is_in


def test_in_a_crowd_they_leave_slowly(hold, commit, mailoutbox):
    with commit():
        for number in range(6):
            writer = hold(f"Words {number}.").writer
            writer.give_address(f"reader{number}@example.com", a_minute=3)

    assert len(mailoutbox) == 3
    assert Receipt.objects.filter(status="queued").count() == 3
