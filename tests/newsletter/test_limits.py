"""What stops an issue, slows it down, or must not be in its way."""

from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.utils import timezone

from newsletter import emails
from newsletter.models import Delivery, Edition, Issue
from newsletter.tasks import tick
from tests.newsletter import ways
from tests.newsletter.ways import only, states
from tests.sinks.trouble import FOREVER


def outcomes(issue, **facts):
    """As if mails had left already: outcomes(issue, sent=195, bounced=5)."""
    rows = iter(issue.deliveries.order_by("pk"))
    now = timezone.now()
    known = {
        "sent": {"status": "sent", "sent_at": now},
        "bounced": {"status": "failed", "bounced_at": now},
        "complained": {"status": "sent", "sent_at": now, "complained_at": now},
    }
    for name, count in facts.items():
        for _ in range(count):
            Delivery.objects.filter(pk=next(rows).pk).update(**known[name])


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ({"sent": 188, "bounced": 11}, "bounces"),
        ({"sent": 189, "bounced": 10}, ""),
        ({"sent": 198, "complained": 1}, "complaints"),
        ({"sent": 100, "bounced": 98}, ""),
    ],
)
def test_an_issue_that_does_harm_stops_after_two_hundred_and_says_why(before, why, letter_to):
    issue = letter_to(202)
    outcomes(issue, **before)
    Delivery.objects.filter(status="queued").update(due_at=timezone.now() + timedelta(hours=1))
    waiting = Delivery.objects.filter(status="queued").order_by("pk").first()
    Delivery.objects.filter(pk=waiting.pk).update(due_at=timezone.now())
    tick()

    issue.refresh_from_db()
    assert (issue.status, issue.stopped_because) == ("paused" if why else "sending", why)


def test_an_issue_of_which_nobody_exists_stops_too(smtp, letter_to):
    issue = letter_to(401)
    smtp.trouble("rcpt", answer="550 5.1.1 no such user", times=FOREVER)
    tick()

    issue.refresh_from_db()
    assert (issue.status, issue.stopped_because) == ("paused", "bounces")
    assert states(issue) == {"failed": 200, "queued": 201}


def test_a_person_who_lets_it_go_on_is_not_overruled(smtp, letter_to, commit):
    issue = letter_to(401)
    smtp.trouble("rcpt", answer="550 5.1.1 no such user", times=200)
    tick()
    with commit():
        Issue.objects.get(pk=issue.pk).resume()

    assert states(issue) == {"failed": 200, "sent": 201}


def test_its_speed_may_change_while_it_runs(letter_to):
    issue = letter_to(50)
    issue.set_speed(100)
    Delivery.objects.deliver_due(seconds=0.5)
    assert 1 <= states(issue)["sent"] <= 11

    issue.set_speed(None)
    Delivery.objects.deliver_due()
    assert states(issue) == {"sent": 50}


def test_of_two_issues_at_once_a_slow_one_keeps_nobody_waiting(letter_to, weekly, subscribe):
    subscribe("monthly", frequency="monthly")
    monthly = Edition.objects.create(
        kind=Edition.Kind.MONTHLY, since=weekly.since, switched_on_at=weekly.switched_on_at
    )
    slow = letter_to(30)
    slow.set_speed(10)
    other = monthly.compose(timezone.now())
    other.start()
    Delivery.objects.deliver_due(seconds=0.5)
    assert states(other) == {"sent": 1}
    assert states(slow)["queued"] >= 28

    slow.set_speed(None)
    tick()
    assert states(slow) == {"sent": 30}


@pytest.mark.parametrize("way", ["smtp", "mailgun"])
def test_a_row_that_nobody_can_write_is_parked_in_the_end_and_the_others_go(
    way, settings, smtp, provider, letter_to, monkeypatch, later
):
    if way == "mailgun":
        ways.by_mailgun(settings, provider)
    issue = letter_to(5)
    build = emails.copy

    def copy(delivery, reader, publication, **more):
        if reader.email == only(2):
            raise ValueError(reader.email)
        return build(delivery, reader, publication, **more)

    monkeypatch.setattr(emails, "copy", copy)
    tick()
    assert states(issue) == {"sent": 4, "queued": 1}
    for _ in range(configured.MAIL_MAX_ATTEMPTS):
        later(hours=8)

    row = issue.deliveries.get(status="failed")
    assert (row.attempts, row.reason) == (configured.MAIL_MAX_ATTEMPTS, "ValueError")
