"""Who pauses, cancels, leaves or is erased while letters are on their way: the next mail knows."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from newsletter import carriers, emails
from newsletter.models import Delivery, Issue, Subscriber, Suppression
from newsletter.outbox import Status
from newsletter.tasks import tick
from tests.newsletter import ways
from tests.newsletter.ways import only, states
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


def person(number):
    return Subscriber.objects.get(email=only(number))


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


@pytest.fixture
def searched(company, unrung):
    """A company that never takes reader000; `searched(thing)` happens after its first refusal."""
    company.trouble(answer="400", who=only(0), times=FOREVER)
    meet = company.met

    def after_the_first(thing):
        def met(recipients):
            if company.calls == 1:
                with ThreadPoolExecutor(1) as elsewhere:
                    elsewhere.submit(_and_close, thing).result()
            return meet(recipients)

        company.met = met
        Delivery.objects.deliver_due()
        return company

    return after_the_first


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("reason", LEAVE)
def test_who_leaves_while_a_refused_call_goes_again_by_halves_gets_nothing(
    reason, searched, letter_to
):
    issue = letter_to(20)
    company = searched(LEAVE[reason])

    assert only(15) not in company.recipients
    assert issue.deliveries.get(status="skipped").reason == reason
    assert states(issue) == {"sent": 18, "failed": 1, "skipped": 1}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", ["pause", "cancel"])
def test_pause_and_cancel_hold_while_a_refused_call_goes_again_by_halves(verb, searched, letter_to):
    issue = letter_to(20)
    company = searched(getattr(Issue.objects.get(pk=issue.pk), verb))
    tick()

    assert company.taken == []
    assert states(issue) == {"queued" if verb == "pause" else "skipped": 20}


@pytest.mark.parametrize("reason", ["unsubscribed", "erased", "no newsletter"])
def test_who_leaves_while_the_call_is_put_together_gets_nothing(
    reason, company, letter_to, monkeypatch
):
    issue = letter_to(20)
    build, leave = emails.copy, [LEAVE[reason]]

    def copy(delivery, reader, publication, **more):
        if reader.email == only(19) and leave:
            leave.pop()()
        return build(delivery, reader, publication, **more)

    monkeypatch.setattr(emails, "copy", copy)
    tick()

    assert only(15) not in company.recipients
    assert (len(company.taken), states(issue)) == (19, {"sent": 19, "skipped": 1})


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
