"""What must never be, the database itself refuses."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from newsletter.models import (
    Confirmation,
    Delivery,
    Edition,
    Issue,
    IssuePost,
    MailEvent,
    Subscriber,
    Suppression,
)

NOW = timezone.now()


@pytest.fixture
def person(db):
    return Subscriber.objects.create(email="marigold@example.com")


@pytest.fixture
def issue(weekly):
    return weekly.issues.create(period=NOW)


def refused(write):
    with pytest.raises(IntegrityError), transaction.atomic():
        write()


def test_one_row_for_an_address_in_any_case(person):
    refused(lambda: Subscriber.objects.create(email="Marigold@Example.com"))


@pytest.mark.parametrize(
    "facts",
    [
        {"status": "active"},
        {"status": "paused", "paused_until": NOW.date()},
        {"status": "paused", "confirmed_at": NOW},
        {"paused_until": NOW.date()},
        {"status": "unsubscribed"},
        {"unsubscribed_at": NOW},
    ],
)
def test_a_subscribers_state_agrees_with_its_facts(person, facts):
    refused(lambda: Subscriber.objects.update(**facts))


@pytest.mark.parametrize("facts", [{"status": "sent"}, {"sent_at": NOW}])
def test_a_mail_is_sent_if_and_only_if_it_has_a_time(person, facts):
    Confirmation.objects.create(subscriber=person)

    refused(lambda: Confirmation.objects.update(**facts))


def test_a_letter_goes_once_to_a_person(person, issue):
    Delivery.objects.create(issue=issue, subscriber=person)

    refused(lambda: Delivery.objects.create(issue=issue, subscriber=person))


@pytest.mark.parametrize("facts", [{"status": "sent"}, {"sent_at": NOW}])
def test_a_delivery_is_sent_if_and_only_if_it_has_a_time(person, issue, facts):
    Delivery.objects.create(issue=issue, subscriber=person)

    refused(lambda: Delivery.objects.update(**facts))


def test_one_issue_for_a_period(issue, weekly):
    refused(lambda: weekly.issues.create(period=NOW))


@pytest.mark.parametrize(
    "facts",
    [
        {"status": "sending"},
        {"status": "paused"},
        {"status": "sent", "finished_at": NOW},
        {"status": "sent", "started_at": NOW},
        {"finished_at": NOW},
    ],
)
def test_an_issues_state_agrees_with_its_times(issue, facts):
    refused(lambda: Issue.objects.update(**facts))


def test_a_post_goes_once_into_an_edition(issue, weekly, post):
    later = weekly.issues.create(period=NOW + timedelta(days=7), status="empty")
    IssuePost.objects.create(issue=issue, edition=weekly, post=post)

    refused(lambda: IssuePost.objects.create(issue=later, edition=weekly, post=post))


def test_one_edition_of_a_kind_and_seven_weekdays(weekly):
    refused(lambda: Edition.objects.create(kind="weekly"))
    refused(lambda: Edition.objects.update(weekday=7))
    refused(lambda: Edition.objects.update(day=0))
    refused(lambda: Edition.objects.update(day=32))


def test_a_report_is_noted_once(db):
    report = {"provider": "Mailgun", "event_id": "x", "kind": "delivered", "at": NOW}
    MailEvent.objects.create(**report)

    refused(lambda: MailEvent.objects.create(**report))


def test_an_address_is_suppressed_once(db):
    Suppression.objects.create(address_hash="x", reason="bounce")

    refused(lambda: Suppression.objects.create(address_hash="x", reason="erased"))
