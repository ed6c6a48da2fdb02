"""A mail company at its worst: nobody twice, nobody forgotten, and as few held as can be."""

from datetime import timedelta

import pytest
from anymail.message import AnymailRecipientStatus
from django.conf import settings as configured
from django.utils import timezone
from requests.exceptions import SSLError

from newsletter import carriers
from newsletter.carriers.resend import EmailBackend
from newsletter.models import Delivery, Subscriber
from newsletter.tasks import tick
from newsletter.throttle import Rest
from tests.newsletter import ways
from tests.newsletter.ways import once_each, only, states
from tests.sinks.trouble import FOREVER

SILENT = [{"drop": True}, {"seconds": 0.5, "drop": True}]
TAKEN_AND_SILENT = [{"taken": True, **how} for how in SILENT]


@pytest.fixture
def mailgun(settings, provider):
    ways.by_mailgun(settings, provider)
    return provider


@pytest.fixture
def resend(settings, provider):
    ways.by_resend(settings, provider)
    return provider


# No answer ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [*SILENT, *TAKEN_AND_SILENT, {"answer": "500"}])
def test_resend_is_asked_again_under_the_same_key(how, resend, letter_to, later):
    issue = letter_to(5)
    resend.trouble(**how)
    tick()
    for _ in range(4):
        later(minutes=1)

    assert once_each(resend, 5)
    assert states(issue) == {"sent": 5}


@pytest.mark.parametrize("how", SILENT)
def test_who_wants_a_plain_subject_now_makes_nobody_elses_plain(how, resend, letter_to, later):
    """Asked again under one key, it is one call: with one subject for all of them."""
    letter_to(5)
    Subscriber.objects.update(quiet=True)
    resend.trouble(**how)
    tick()
    Subscriber.objects.filter(email=only(0)).update(quiet=False)
    for _ in range(4):
        later(minutes=1)

    assert once_each(resend, 5)
    assert {mail.subject for mail in resend.taken} == {"New post from Slow Signal"}


@pytest.mark.parametrize("how", [*SILENT, *TAKEN_AND_SILENT, {"answer": "500"}])
def test_who_left_before_resend_was_asked_again(how, resend, letter_to, later):
    issue = letter_to(5)
    resend.trouble(**how)
    tick()
    Subscriber.objects.get(email=only(3)).unsubscribe()
    for _ in range(4):
        later(minutes=1)

    taken = bool(how.get("taken"))
    row = issue.deliveries.get(subscriber__email=only(3))
    assert (row.status, resend.recipients.count(only(3))) == ("sent" if taken else "skipped", taken)
    assert len(set(resend.recipients)) == len(resend.recipients) == 4 + taken
    assert states(issue).get("uncertain", 0) == 0


def test_resend_is_not_asked_while_it_rests(resend, letter_to, later):
    letter_to(5)
    resend.trouble(drop=True)
    resend.trouble(answer="429", retry_after=600)
    tick()
    later(seconds=40)
    assert resend.calls == 2
    later(seconds=300)
    Delivery.objects.deliver_due()
    assert resend.calls == 2

    later(seconds=310)
    assert once_each(resend, 5)


def test_what_resend_never_answers_is_held_in_the_end(resend, letter_to, later):
    issue = letter_to(5)
    resend.trouble(drop=True, times=FOREVER)
    tick()
    for _ in range(configured.MAIL_MAX_ATTEMPTS + 2):
        later(hours=2)

    assert states(issue) == {"uncertain": 5}


@pytest.mark.parametrize("how", [*SILENT, *TAKEN_AND_SILENT, {"answer": "500"}])
def test_whom_mailgun_perhaps_has_is_held(how, mailgun, letter_to, later):
    issue = letter_to(5)
    mailgun.trouble(**how)
    tick()
    later(hours=12)

    assert states(issue) == {"uncertain": 5}
    assert len(mailgun.taken) == 5 * bool(how.get("taken"))


@pytest.mark.parametrize("said", ["queued", "delivered", "deferred", "bounced", "complained"])
def test_a_report_of_one_person_proves_mailguns_whole_call(said, mailgun, letter_to):
    issue = letter_to(5)
    mailgun.trouble(taken=True, drop=True)
    tick()
    issue.deliveries.first().learn(said, at=timezone.now(), code="550 5.1.1")

    assert states(issue).get("uncertain", 0) == 0
    assert states(issue)["sent"] >= 4


def test_a_call_that_mailgun_itself_threw_away_proves_nothing(mailgun, letter_to):
    issue = letter_to(5)
    mailgun.trouble(taken=True, drop=True)
    tick()
    issue.deliveries.first().learn("rejected", at=timezone.now())

    assert states(issue) == {"uncertain": 4, "failed": 1}


def test_a_report_about_an_earlier_call_proves_nothing_of_the_later_one(
    mailgun, letter_to, later, commit
):
    issue = letter_to(5)
    mailgun.trouble(taken=True, drop=True)
    mailgun.trouble(drop=True)
    tick()
    with commit():
        issue.resend_held()
    later(minutes=1)  # it rested after a call that it had not answered
    assert states(issue) == {"uncertain": 5}
    issue.deliveries.first().learn("delivered", at=timezone.now())

    assert states(issue) == {"sent": 1, "uncertain": 4}


def test_elsewhere_a_report_is_about_one_person(resend, letter_to):
    issue = letter_to(5)
    resend.trouble(taken=True, drop=True)
    tick()
    issue.deliveries.first().learn("delivered", at=timezone.now())

    assert states(issue) == {"sent": 1, "sending": 4}


def test_a_paused_issue_asks_nobody_again(resend, letter_to, later, commit):
    issue = letter_to(5)
    resend.trouble(drop=True)
    tick()
    issue.pause()
    later(hours=1)
    assert (resend.calls, states(issue)) == (1, {"sending": 5})

    with commit():
        issue.resume()
    assert once_each(resend, 5)


def test_a_cancelled_issue_asks_nobody_again_and_says_whom_it_may_have_reached(
    resend, letter_to, later
):
    issue = letter_to(5)
    resend.trouble(drop=True)
    tick()
    issue.cancel()
    later(hours=1)

    assert (resend.calls, states(issue)) == (1, {"uncertain": 5})
    assert issue.equation.holds


def test_when_the_only_one_in_doubt_has_left_it_stays_a_doubt(resend, letter_to, later):
    issue = letter_to(1)
    resend.trouble(taken=True, drop=True)
    tick()
    Subscriber.objects.get().unsubscribe()
    later(hours=1)

    assert (len(resend.taken), states(issue)) == (1, {"uncertain": 1})


# Not now -----------------------------------------------------------------------------------------


def test_a_company_that_asks_for_a_rest_gets_it(company, letter_to, later):
    issue = letter_to(5)
    company.trouble(answer="429", retry_after=120)
    tick()
    calls = company.calls
    asked = Rest.objects.get().until - timezone.now()
    assert timedelta(seconds=110) < asked < timedelta(seconds=121)
    later(seconds=100)
    assert (company.calls, states(issue)) == (calls, {"queued": 5})

    later(seconds=60)
    assert once_each(company, 5)


def test_a_wrong_key_fails_nobody(company, letter_to, later, settings):
    issue = letter_to(5)
    right = settings.ANYMAIL
    settings.ANYMAIL = right | {"MAILGUN_API_KEY": "wrong", "RESEND_API_KEY": "wrong"}
    tick()
    later(minutes=30)
    assert states(issue) == {"queued": 5}

    settings.ANYMAIL = right
    later(hours=1)
    assert once_each(company, 5)


def test_a_key_that_is_missing_holds_nobody(company, letter_to, later, settings):
    issue = letter_to(5)
    right = settings.ANYMAIL
    settings.ANYMAIL = {name: value for name, value in right.items() if "_API_KEY" not in name}
    tick()
    assert states(issue) == {"queued": 5}

    settings.ANYMAIL = right
    later(hours=1)
    assert once_each(company, 5)


def test_a_company_that_is_not_there_only_delays(company, letter_to, later, settings):
    issue = letter_to(5)
    right = settings.ANYMAIL
    gone = {"MAILGUN_API_URL": "http://127.0.0.1:1/v3/", "RESEND_API_URL": "http://127.0.0.1:1/"}
    settings.ANYMAIL = right | gone
    tick()
    assert states(issue) == {"queued": 5}

    settings.ANYMAIL = right
    later(hours=1)
    assert once_each(company, 5)


def test_a_company_whose_certificate_is_not_its_own_has_got_nothing():
    refused = SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    assert carriers.meaning(refused) is carriers.Meaning.REST
    assert carriers.meaning(SSLError("EOF occurred")) is carriers.Meaning.UNCERTAIN


# Never -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("poison", [{3}, {0, 1}, {0, 7}, {2, 5, 6}])
def test_an_address_that_cannot_be_accepted_is_found_and_the_others_go(
    poison, company, letter_to, later
):
    issue = letter_to(8)
    for number in poison:
        company.trouble(answer="400", who=only(number), times=FOREVER)
    tick()
    for _ in range(3):
        later(minutes=10)

    assert sorted(company.recipients) == [only(n) for n in range(8) if n not in poison]
    found = issue.deliveries.filter(status="failed")
    assert {row.subscriber.email for row in found} == {only(number) for number in poison}
    assert all("400" in row.reason and "@" not in row.reason for row in found)


@pytest.mark.parametrize("answer", ["400", "413", "422"])
def test_when_everything_is_refused_nobody_has_failed(answer, company, letter_to, later):
    issue = letter_to(8)
    company.trouble(answer=answer, times=FOREVER)
    tick()
    assert states(issue) == {"queued": 8}
    assert company.calls < 8  # it does not try them all to find out

    company.behave()
    for _ in range(2):
        later(minutes=10)
    assert once_each(company, 8)


def test_a_company_that_wants_a_rest_in_the_middle_of_the_search_gets_it(mailgun, letter_to, later):
    issue = letter_to(8)
    mailgun.trouble(answer="400", times=1)
    mailgun.trouble(answer="429", retry_after=30, times=1)
    tick()
    assert (mailgun.calls, states(issue)) == (2, {"queued": 8})

    later(minutes=5)
    assert once_each(mailgun, 8)


def test_a_person_who_is_refused_in_a_good_answer_is_the_only_one(resend, letter_to, monkeypatch):
    parse = EmailBackend.parse_recipient_status

    def with_a_refusal(self, response, payload, message):
        refused = AnymailRecipientStatus(message_id="x", status="rejected")
        return parse(self, response, payload, message) | {only(2): refused}

    monkeypatch.setattr(EmailBackend, "parse_recipient_status", with_a_refusal)
    issue = letter_to(5)
    tick()

    assert states(issue) == {"sent": 4, "failed": 1}
    row = issue.deliveries.get(status="failed")
    assert (row.subscriber.email, row.reason) == (only(2), "rejected")


def test_more_people_than_a_call_takes_are_several_calls(resend, letter_to):
    issue = letter_to(205)
    tick()

    assert (sorted(resend.sizes), states(issue)) == ([5, 100, 100], {"sent": 205})
    assert Delivery.objects.values("chunk").distinct().count() == 3
