"""Many workers, dead ones, late ones, and people who change their mind in between."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.db import connection
from django.utils import timezone

from newsletter import carriers, emails
from newsletter.models import Delivery, Issue, Subscriber, Suppression
from newsletter.outbox import LOST, Status
from newsletter.tasks import tick
from tests.newsletter import ways
from tests.sinks.smtp import Smtp
from tests.sinks.trouble import FOREVER


class Meddled(Smtp):
    """A server in whose hands something happens, just when it has taken so many mails."""

    after, then = 0, None

    def _take(self, recipients, raw):
        super()._take(recipients, raw)
        if len(self.taken) == self.after:
            with ThreadPoolExecutor(1) as elsewhere:  # Django allows no queries in a loop's thread
                elsewhere.submit(_and_close, self.then).result()


def _and_close(thing):
    try:
        thing()
    finally:
        connection.close()


@pytest.fixture
def meddled(settings):
    with Meddled() as sink:
        ways.by_smtp(settings, sink)
        settings.EMAIL_TIMEOUT = 5
        yield sink
    carriers.current().close()


@pytest.fixture(params=[ways.by_mailgun, ways.by_resend])
def company(request, settings, provider):
    request.param(settings, provider)
    return provider


@pytest.fixture
def unrung():
    """Nobody answers the doorbell."""
    from config.celery import app

    app.conf.task_always_eager = False
    app.conf.task_ignore_result = True
    yield
    app.conf.task_always_eager = True


def only(number):
    return f"reader{number:03}@example.com"


def person(number):
    return Subscriber.objects.get(email=only(number))


def states(issue):
    return issue.deliveries.counts()


# Two at once -------------------------------------------------------------------------------------


def test_two_claims_never_share_a_row(letter_to):
    issue = letter_to(10)
    carrier = carriers.current()
    first, second = (Delivery.objects.claim(issue, 6, carrier) for _ in range(2))

    assert (first.deliveries.count(), second.deliveries.count()) == (6, 4)
    assert Delivery.objects.claim(issue, 6, carrier) is None


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_claim_each_row_once(letter_to, at_once, unrung):
    issue = letter_to(60)
    chunks = []

    def claim_all():
        while chunk := Delivery.objects.claim(issue, 7, carriers.current()):
            chunks.append((chunk, list(chunk.deliveries.values_list("pk", flat=True))))

    at_once(*[claim_all] * 3)
    claimed = [pk for _chunk, pks in chunks for pk in pks]
    assert sorted(claimed) == sorted(issue.deliveries.values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("choose", [ways.by_smtp, ways.by_mailgun, ways.by_resend])
def test_three_workers_at_once_send_each_person_one_mail(
    choose, letter_to, at_once, unrung, settings, smtp, provider
):
    sink = smtp if choose is ways.by_smtp else provider
    choose(settings, sink)
    issue = letter_to(120)
    at_once(*[Delivery.objects.deliver_due] * 3)

    assert sorted(sink.recipients) == [only(number) for number in range(120)]
    assert states(issue) == {"sent": 120}


# Dead and late workers ---------------------------------------------------------------------------


def test_what_a_dead_worker_had_not_begun_is_sent_and_what_it_had_in_hands_is_held(
    smtp, letter_to, later
):
    issue = letter_to(10)
    chunk = Delivery.objects.claim(issue, 10, carriers.current())
    assert chunk._submit(chunk._rows(Status.QUEUED)[0], after=None)
    tick()
    assert smtp.taken == []

    later(seconds=configured.MAIL_LEASE.total_seconds() + 1)
    assert states(issue) == {"sent": 9, "uncertain": 1}
    assert issue.deliveries.get(status="uncertain").reason == LOST


def test_a_worker_that_lost_its_lease_begins_nothing_more(smtp, letter_to, time_machine):
    issue = letter_to(3)
    late = Delivery.objects.claim(issue, 3, carriers.current())
    rows = late._rows(Status.QUEUED)
    time_machine.move_to(timezone.now() + configured.MAIL_LEASE + timedelta(seconds=1))

    assert not late._submit(rows[0], after=None)
    Delivery.objects.deliver_due()
    assert not late._submit(rows[1], after=None)
    assert sorted(smtp.recipients) == [only(number) for number in range(3)]


@pytest.mark.parametrize("end", [Status.QUEUED, Status.FAILED, Status.UNCERTAIN, Status.SKIPPED])
def test_a_late_worker_settles_nothing_but_its_success(end, letter_to, time_machine):
    issue = letter_to(1)
    late = Delivery.objects.claim(issue, 1, carriers.current())
    [row] = late._rows(Status.QUEUED)
    late._submit(row, after=None)
    time_machine.move_to(timezone.now() + configured.MAIL_LEASE + timedelta(seconds=1))
    Delivery.objects.reclaim()

    assert not row.settle(end, reason="late")
    assert states(issue) == {"uncertain": 1}
    assert row.settle(Status.SENT, sent_at=timezone.now(), reason="")
    assert states(issue) == {"sent": 1}


def test_a_late_success_changes_nothing_of_a_newer_attempt(smtp, letter_to, time_machine, commit):
    issue = letter_to(1)
    late = Delivery.objects.claim(issue, 1, carriers.current())
    [row] = late._rows(Status.QUEUED)
    late._submit(row, after=None)
    time_machine.move_to(timezone.now() + configured.MAIL_LEASE + timedelta(seconds=1))
    Delivery.objects.reclaim()
    smtp.trouble("rcpt", answer="550 5.7.1 no")
    with commit():
        issue.resend_held()

    assert not row.settle(Status.SENT, sent_at=timezone.now(), reason="")
    assert states(issue) == {"failed": 1}


def test_a_call_that_a_dead_worker_had_made_is_made_again_only_where_that_is_harmless(
    company, letter_to, later
):
    issue = letter_to(5)
    company.trouble(taken=True, drop=True)
    with pytest.MonkeyPatch.context() as patch:  # dies with the call in the air
        patch.setattr("newsletter.models.batches.Batch._failed", lambda self, error: 0)
        tick()
    assert states(issue) == {"sending": 5}
    later(seconds=configured.MAIL_LEASE.total_seconds() + 1)

    knows_keys = carriers.current().repeats_for is not None
    assert states(issue) == {"sent" if knows_keys else "uncertain": 5}
    assert len(company.taken) == 5


# A change of mind --------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", ["pause", "cancel"])
def test_pause_and_cancel_hold_from_the_next_mail_on(verb, meddled, letter_to, unrung):
    issue = letter_to(20)
    meddled.after, meddled.then = 7, getattr(Issue.objects.get(pk=issue.pk), verb)
    Delivery.objects.deliver_due()

    assert len(meddled.taken) == 7
    assert states(issue) == {"sent": 7, "queued" if verb == "pause" else "skipped": 13}


@pytest.mark.django_db(transaction=True)
def test_pause_holds_from_the_next_call_on(provider, settings, letter_to, unrung):
    ways.by_resend(settings, provider)
    issue = letter_to(250)
    taken = provider.take

    def take(call):
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(_and_close, Issue.objects.get(pk=issue.pk).pause).result()
        return taken(call)

    provider.take = take
    Delivery.objects.deliver_due()

    assert (provider.calls, states(issue)) == (1, {"sent": 100, "queued": 150})


LEAVE = {
    "unsubscribed": lambda: person(15).unsubscribe(),
    "erased": lambda: person(15).delete(),
    "suppressed": lambda: Suppression.objects.add_address(only(15), "complaint"),
    "no newsletter": lambda: Subscriber.objects.filter(email=only(15)).update(frequency="none"),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("reason", LEAVE)
def test_who_leaves_between_the_claim_and_their_turn_gets_nothing(
    reason, meddled, letter_to, unrung
):
    issue = letter_to(20)
    meddled.after, meddled.then = 7, LEAVE[reason]
    Delivery.objects.deliver_due()

    assert only(15) not in meddled.recipients
    assert issue.deliveries.get(status="skipped").reason == reason
    assert len(meddled.taken) == 19


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("reason", LEAVE)
def test_who_leaves_while_others_are_in_the_air_gets_nothing(
    reason, provider, settings, letter_to, unrung
):
    """The quiet ones of a chunk go in a call of their own, after the first."""
    ways.by_mailgun(settings, provider)
    issue = letter_to(20)
    Subscriber.objects.filter(email__gte=only(10)).update(quiet=True)
    taken = provider.take

    def take(call):
        if provider.calls == 1:
            with ThreadPoolExecutor(1) as elsewhere:
                elsewhere.submit(_and_close, LEAVE[reason]).result()
        return taken(call)

    provider.take = take
    Delivery.objects.deliver_due()

    assert only(15) not in provider.recipients
    assert (len(provider.taken), provider.calls) == (19, 2)
    assert issue.deliveries.get(status="skipped").reason == reason


def test_a_cancelled_issue_adds_up_whatever_its_last_mail_came_to(smtp, letter_to, later):
    issue = letter_to(3)
    chunk = Delivery.objects.claim(issue, 3, carriers.current())
    [row, *_others] = chunk._rows(Status.QUEUED)
    chunk._submit(row, after=None)
    issue.cancel()
    row.again(OSError())  # greylisted, say: it would have been tried again
    later(minutes=10)

    assert issue.equation.holds
    assert states(issue) == {"skipped": 3}
    assert not Delivery.objects.wants_a_worker()


def test_the_held_of_a_cancelled_issue_stay_held(smtp, letter_to, later):
    issue = letter_to(2)
    smtp.trouble("dot", drop=True, who="reader000@*")
    smtp.trouble("rcpt", answer="451 4.7.1 later", who="reader001@*")
    tick()
    issue.cancel()

    assert issue.resend_held() == 0
    assert states(issue) == {"uncertain": 1, "skipped": 1}


# Limits ------------------------------------------------------------------------------------------


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
    from newsletter.models import Edition

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
