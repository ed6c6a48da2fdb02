"""Many workers at once, dead ones and late ones: each person one mail."""

from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.utils import timezone

from newsletter import carriers
from newsletter.models import Delivery
from newsletter.outbox import LOST, Status
from newsletter.tasks import tick
from tests.newsletter import ways
from tests.newsletter.ways import only, states

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


def test_a_late_worker_does_not_speak_for_who_has_it_now(letter_to, time_machine):
    issue = letter_to(2)
    late = Delivery.objects.claim(issue, 2, carriers.current())
    first, second = late._rows(Status.QUEUED)
    late._submit(first, after=None)
    time_machine.move_to(timezone.now() + configured.MAIL_LEASE + timedelta(seconds=1))
    Delivery.objects.reclaim()
    Delivery.objects.filter(pk=first.pk).send_again()
    now = Delivery.objects.claim(issue, 2, carriers.current())
    assert now._submit(now._rows(Status.QUEUED)[-1], after=None)
    assert now._submit(now._rows(Status.QUEUED)[0], after=None)

    assert not late._submit(second, after=first)
    assert not first.settle(Status.SENT, sent_at=timezone.now(), reason="")
    assert states(issue) == {"sending": 2}


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
