"""Mails about replies obey what all mail obeys: reports, retention, erasure, moved addresses."""

from datetime import timedelta

import pytest
from anymail.signals import AnymailTrackingEvent, EventType
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from comments.models import Comment, Notice, Receipt, Watch, Writer
from comments.tasks import tick
from config import admin as site
from config import status
from newsletter import moving
from newsletter.models import Look, MailEvent, Subscriber, Suppression
from newsletter.models.evidence import kinds
from newsletter.outbox import Status
from newsletter.reports import read
from tests.newsletter.test_retention import everything


@pytest.fixture
def notice(known, hold, sara, time_machine):
    """A notice to fern that has left."""
    hold(writer=known("fern")).publish(by=sara)
    time_machine.move_to(timezone.now() + timedelta(minutes=11))
    row = Notice.objects.get()
    row.deliver()
    return row


def report(kind, row, number=1, **facts):
    event = AnymailTrackingEvent(
        event_type=kind,
        event_id=f"event {number}",
        timestamp=timezone.now(),
        metadata={"delivery": row.mark},
        **facts,
    )
    MailEvent.objects.note("mailgun", event).weigh()
    row.refresh_from_db()


def test_every_kind_of_mail_that_reports_come_about_is_found():
    assert {kind.__name__ for kind in kinds()} == {
        *("Delivery", "Confirmation", "Memo"),
        *("Receipt", "Notice"),
    }


def test_a_notice_that_came_back_suppresses_the_address(notice):
    report(EventType.BOUNCED, notice, reject_reason="bounced")

    assert notice.bounced_at
    assert Suppression.objects.cover("fern@example.com")


def test_who_marks_a_notice_as_spam_is_never_written_to_again(notice, known, hold, mailoutbox):
    report(EventType.COMPLAINED, notice)
    mailoutbox.clear()
    writer = Writer.objects.get()
    hold("Another.", writer=writer)
    writer.give_address("fern@example.com")
    tick()

    assert Subscriber.objects.get().status == "unsubscribed"
    assert mailoutbox == []


def test_failures_of_all_kinds_of_mail_add_up(known, hold, time_machine):
    fern = known("fern")
    for number in range(4):
        receipt = Receipt.objects.create(subscriber=fern.subscriber, writer=fern)
        time_machine.move_to(timezone.now() + timedelta(days=1))
        report(EventType.BOUNCED, receipt, number, reject_reason="timed_out")

    assert Subscriber.objects.get().bounce_score > 1


def test_a_mail_that_came_back_is_known_by_its_mark(notice):
    raw = f"""\
From: postmaster@example.com
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; example.com

Final-Recipient: rfc822; fern@example.com
Action: failed
Status: 5.1.1

--b
Content-Type: message/rfc822

X-Metadata: {{"delivery": "{notice.mark}"}}
Subject: Hello

--b--
"""
    event = read(raw.replace("\n", "\r\n").encode())

    assert event.metadata == {"delivery": notice.mark}


def test_lost_with_its_worker_it_is_held_and_not_sent_twice(known, hold, sara, later, mailoutbox):
    hold(writer=known("fern")).publish(by=sara)
    later(minutes=9)
    Notice.objects.update(due_at=timezone.now())
    Notice.objects.get()._claim()
    later(minutes=5)

    assert Notice.objects.get().status == Status.UNCERTAIN
    assert mailoutbox == []
    assert status.needs_a_look() == 1


def test_the_clock_rings_for_what_nobody_rang_for(hold, mailoutbox):
    hold().writer.give_address("fern@example.com")
    assert mailoutbox == []

    tick()

    assert [mail.to for mail in mailoutbox] == [["fern@example.com"]]


def test_the_status_page_counts_them(hold):
    hold().writer.give_address("fern@example.com")

    assert "One mail is waiting to be sent." in status.mail().words


def test_an_operator_sees_what_is_held_and_each_look_is_noted(notice, publication):
    Notice.objects.update(status=Status.UNCERTAIN, sent_at=None)
    site.make_groups()
    user = User.objects.create_user("op", is_staff=True)
    user.groups.add(Group.objects.get(name="operator"))
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    client.force_login(user)
    page = reverse("admin:comments_notice_changelist")

    assert "fern@example.com" in client.get(page).text
    assert Look.objects.get().user == user

    client.post(page, {"action": "send_again", "_selected_action": [notice.pk]})
    assert Notice.objects.get().status in {Status.QUEUED, Status.SENT}


def test_a_moderator_sees_no_addresses(notice, publication):
    Notice.objects.update(status=Status.UNCERTAIN, sent_at=None)
    site.make_groups()
    user = User.objects.create_user("mod", is_staff=True)
    user.groups.add(Group.objects.get(name="moderator"))
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    client.force_login(user)

    assert client.get(reverse("admin:comments_notice_changelist")).status_code == 403


# What is kept, and for how long ------------------------------------------------------------------


def test_they_are_forgotten_after_thirty_days(notice, hold, later):
    hold("Elsewhere.").writer.give_address("elm@example.com")
    later(days=29)
    assert Notice.objects.exists() and Receipt.objects.exists()

    later(days=2)

    assert not Notice.objects.exists() and not Receipt.objects.exists()


def test_an_address_that_never_was_confirmed_is_forgotten_with_its_reply_left(hold, later):
    from newsletter.tasks import tick as newsletter_tick

    comment = hold()
    comment.writer.give_address("fern@example.com")
    later(days=31)
    newsletter_tick()

    assert "fern@example.com" not in everything()
    assert Comment.objects.get().writer.subscriber is None


def test_an_address_is_let_go_two_years_after_its_last_use(known, hold, later):
    writer = known("fern")
    hold(writer=writer)
    later(days=729)
    assert Writer.objects.get().is_proved

    later(days=2)

    assert Writer.objects.get().subscriber is None
    assert not Subscriber.objects.get().is_in


def test_who_gets_letters_keeps_them_when_the_reply_forgets_them(known, later):
    known("fern").subscriber.confirm()
    later(days=731)

    assert Subscriber.objects.get().gets_letters


def test_erasing_somebody_leaves_replies_and_no_address(notice, post):
    Watch.objects.begin(Subscriber.objects.get(), post)
    Subscriber.objects.get().erase()

    assert "fern@example.com" not in everything()
    assert Comment.objects.get().is_published
    assert not Writer.objects.get().is_proved
    assert not Notice.objects.exists() and not Watch.objects.exists()


def test_who_was_erased_may_give_an_address_again(known, hold, mailoutbox):
    writer = known("fern")
    hold(writer=writer)
    writer.subscriber.erase()
    writer.refresh_from_db()
    writer.give_address("fern@example.com")
    tick()
    assert mailoutbox[-1].subject == "Please confirm: a reply at Slow Signal"

    Receipt.objects.get().prove()

    assert Writer.objects.get().is_proved


def test_who_moves_to_another_address_takes_replies_and_watches_along(known, post):
    fern, other = known("fern"), known("new")
    Watch.objects.begin(other.subscriber, post)
    moving.move(fern.subscriber, "new@example.com")

    person = Subscriber.objects.get(email="new@example.com")
    assert Writer.objects.proved().get() == fern
    assert Writer.objects.get(pk=other.pk).same_as == fern
    assert person.writers.get() == fern
    assert person.watches.going_on().get().post == post
    assert person.gets_notices


def test_neither_logs_nor_rings_name_an_address_or_a_reply(known, hold, sara, commit, caplog):
    caplog.set_level("DEBUG")
    comment = hold("A word that nobody else uses: xylograph.", writer=known("fern"))
    with commit():
        comment.publish(by=sara)
        comment.writer.give_address("fern@example.com")
    tick()

    assert "fern@" not in caplog.text
    assert "xylograph" not in caplog.text
    assert cache.get("draining:comments.notice") is None


def test_who_moves_to_an_address_with_replies_goes_on_hearing_of_them(known, publication):
    known("new")
    person = Subscriber.objects.create(email="old@example.com")
    person.confirm()
    moving.move(person, "new@example.com")

    assert Subscriber.objects.get().gets_notices
    assert Writer.objects.proved().get().subscriber == person
