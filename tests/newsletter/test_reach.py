"""Failures of a mailbox: they add up and fade; what is not its fault is held against nobody."""

import smtplib
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from newsletter import bounces, carriers
from newsletter.models import Confirmation, Delivery, Memo, Subscriber, Suppression, Tally
from newsletter.models.suppression import GRAVITY
from newsletter.tasks import tick
from tests.newsletter.ways import Fake
from tests.sinks.trouble import FOREVER

FEW = hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
DAY = timedelta(days=1)
SAID = {
    "hard": {"kind": "bounced", "reject_reason": "bounced", "code": "550 5.1.1"},
    "soft": {"kind": "bounced", "reject_reason": "bounced", "code": "552 5.2.2"},
    "ours": {"kind": "bounced", "reject_reason": "bounced", "code": "550 5.7.1"},
    "arrived": {"kind": "delivered"},
}


@pytest.fixture
def mails(subscribe):
    """So many mails to one person, all of which left: mails(5)."""
    person = subscribe()

    def make(count):
        now = timezone.now()
        return [
            Memo.objects.create(subscriber=person, kind="back", status="sent", sent_at=now)
            for _ in range(count)
        ]

    return make


def come_back(mails, days_ago, what="soft"):
    now = timezone.now()
    for mail, days in zip(mails, days_ago, strict=True):
        mail.learn(at=now - days * DAY, **SAID[what])


def is_suppressed():
    return Suppression.objects.cover("marigold@example.com")


# How many are enough -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days_ago", "suppressed"),
    [
        ([0, 0, 0], False),
        ([0, 0, 0, 0], True),
        ([0, 3, 6, 9], True),
        ([0, 7, 14, 21], False),
        ([0, 7, 14, 21, 28], True),
        ([0, 30, 60, 90, 120, 150, 180], False),
        ([100, 100, 100, 100], True),
    ],
)
def test_four_soft_bounces_within_a_short_time_are_enough(mails, days_ago, suppressed):
    come_back(mails(len(days_ago)), days_ago)

    assert is_suppressed() is suppressed


def test_one_hard_bounce_is_enough(mails):
    come_back(mails(1), [0], "hard")

    assert is_suppressed()
    assert Subscriber.objects.get().bounce_score == pytest.approx(4, abs=0.01)


def test_what_is_our_fault_is_held_against_nobody(mails):
    come_back(mails(50), [0] * 50, "ours")

    assert not is_suppressed()
    assert Subscriber.objects.get().bounce_score == 0


def test_half_of_it_is_forgotten_after_a_month(mails):
    come_back(mails(2), [30, 0])

    assert Subscriber.objects.get().bounce_score == pytest.approx(1.5, abs=0.01)


def test_a_mail_that_arrives_makes_up_for_all_before(mails):
    *failed, arrived, last = mails(5)
    come_back(failed, [3, 2, 1])
    arrived.learn("delivered", at=timezone.now())
    assert Subscriber.objects.get().bounce_score == 0

    last.learn(at=timezone.now(), **SAID["soft"])
    assert not is_suppressed()


def test_a_mail_counts_once_however_often_it_is_said_to_have_come_back(mails):
    [mail] = mails(1)
    come_back([mail] * 9, range(9))

    assert Subscriber.objects.get().bounce_score == pytest.approx(0.83, abs=0.01)
    assert not is_suppressed()


def test_each_address_is_counted_once_in_the_day(mails):
    come_back(mails(3), [0, 0, 0], "hard")

    assert Tally.objects.get(what="bounced").number == 1


def test_a_complaint_is_counted_once(mails):
    for mail in mails(2):
        mail.learn("complained", at=timezone.now())

    counts = Tally.objects.filter(what="complained").values_list("number", flat=True)
    assert list(counts) == [1]


# Any order ---------------------------------------------------------------------------------------

THINGS = st.lists(
    st.tuples(st.sampled_from(["soft", "soft", "hard", "ours"]), st.integers(0, 90)),
    min_size=1,
    max_size=7,
)


def outcome(mails, said):
    """What these reports come to, from the beginning."""
    for kind in (Memo, Suppression, Tally):
        kind.objects.all().delete()
    facts = {"bounce_score": 0, "bounce_scored_at": None, "reached_at": None}
    Subscriber.objects.update(**facts)
    rows = mails(len({number for number, *_more in said}))
    now = timezone.now()
    for number, what, days in said:
        rows[number].learn(at=now - days * DAY, **SAID[what])
    return round(Subscriber.objects.get().bounce_score, 3), is_suppressed()


@FEW
@given(things=THINGS, data=st.data())
def test_failures_come_to_the_same_in_any_order_and_however_often(
    mails, time_machine, things, data
):
    time_machine.move_to(timezone.now(), tick=False)
    said = [(number, *thing) for number, thing in enumerate(things)]
    again = data.draw(st.permutations(said + data.draw(st.lists(st.sampled_from(said)))))

    assert outcome(mails, said) == outcome(mails, again)


@FEW
@given(things=THINGS, arrived=st.lists(st.integers(0, 90), max_size=2), data=st.data())
def test_the_score_does_not_depend_on_when_a_mail_is_heard_to_have_arrived(
    mails, time_machine, things, arrived, data
):
    time_machine.move_to(timezone.now(), tick=False)
    things = things + [("arrived", days) for days in arrived]
    said = [(number, *thing) for number, thing in enumerate(things)]
    again = data.draw(st.permutations(said))

    assert outcome(mails, said)[0] == outcome(mails, again)[0]


@FEW
@given(things=THINGS, data=st.data())
def test_what_is_our_fault_changes_nothing_wherever_it_comes(mails, time_machine, things, data):
    time_machine.move_to(timezone.now(), tick=False)
    theirs = [thing for thing in things if thing[0] != "ours"]
    with_ours = data.draw(st.permutations([*theirs, ("ours", 1), ("ours", 0)]))

    assert outcome(mails, [(n, *thing) for n, thing in enumerate(theirs)]) == outcome(
        mails, [(n, *thing) for n, thing in enumerate(with_ours)]
    )


@given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from([1.0, 4.0])), max_size=30))
def test_a_score_only_fades(failures):
    now = timezone.now()
    failures = [(now - days * DAY, weight) for days, weight in failures]

    assert bounces.score(failures, at=now + DAY) <= bounces.score(failures, at=now)
    assert bounces.score(failures, at=now) <= sum(weight for _when, weight in failures)


# Forgiven ----------------------------------------------------------------------------------------


def test_who_was_let_in_again_begins_anew(mails):
    come_back(mails(4), [0] * 4)
    Suppression.objects.get().lift("they wrote to me")
    come_back(mails(1), [0])

    assert not is_suppressed()
    assert Subscriber.objects.get().bounce_score == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(("what", "days", "suppressed"), [("hard", 2, False), ("hard", 0, True)])
def test_an_old_report_that_is_read_again_brings_nothing_back(mails, what, days, suppressed):
    [mail] = mails(1)
    come_back([mail], [2], what)
    Suppression.objects.get().lift("mended")
    come_back([mail], [days], what)

    assert is_suppressed() is suppressed


@pytest.mark.parametrize("first", GRAVITY)
@pytest.mark.parametrize("then", GRAVITY)
def test_the_graver_reason_stands(publication, first, then):
    for reason in (first, then):
        Suppression.objects.add_address("marigold@example.com", reason)

    assert Suppression.objects.get().reason == max(first, then, key=GRAVITY.index)


def test_who_was_let_in_again_gets_letters_by_smtp(smtp, letter_to):
    Suppression.objects.add_address("marigold@example.com", "bounce").lift("mended")
    Suppression.objects.add_address("fern@example.com", "left")
    letter_to("marigold", "fern")
    tick()

    assert sorted(smtp.recipients) == ["fern@example.com", "marigold@example.com"]


# While it is handed over -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "answer", "suppressed", "score"),
    [
        ("rcpt", "550 5.1.1 no such user", True, 4),
        ("rcpt", "552 5.2.2 mailbox full", False, 1),
        ("rcpt", "550 5.7.1 not liked here", False, 0),
        ("dot", "550 5.1.1 no such user", True, 4),
        ("dot", "550 no", False, 0),
    ],
)
def test_a_no_at_the_door_is_the_same_as_one_that_comes_later(
    smtp, sign_up, step, answer, suppressed, score
):
    smtp.trouble(step, answer=answer, times=FOREVER)
    sign_up("marigold@example.com")

    assert Confirmation.objects.get().status == "failed"
    assert is_suppressed() is suppressed
    assert Subscriber.objects.get().bounce_score == pytest.approx(score, abs=0.01)


@pytest.mark.parametrize(
    ("answer", "score"),
    [((450, b"4.2.1 busy"), 1), ((451, b"4.7.1 greylisted"), 0)],
)
def test_what_never_came_about_counts_once_it_is_given_up(use, sign_up, later, answer, score):
    class Busy(Fake):
        def send(self, message):
            raise smtplib.SMTPRecipientsRefused({message.to[0]: answer})

    use(Busy())
    sign_up("marigold@example.com")
    while Confirmation.objects.get().status != "failed":
        assert Subscriber.objects.get().bounce_score == 0
        later(hours=8)

    assert Subscriber.objects.get().bounce_score == pytest.approx(score, abs=0.01)


def test_what_a_server_says_of_itself_is_held_against_nobody():
    error = smtplib.SMTPRecipientsRefused({"marigold@example.com": (421, b"4.2.1 too many")})

    assert carriers.whose_fault(error) is None


@pytest.mark.django_db(transaction=True)
def test_failures_at_the_same_moment_add_up(mails, at_once):
    *rows, last = mails(4)
    at_once(*(lambda row=row: row.learn(at=timezone.now(), **SAID["soft"]) for row in rows))
    assert Subscriber.objects.get().bounce_score == pytest.approx(3, abs=0.01)

    last.learn(at=timezone.now(), **SAID["soft"])
    assert is_suppressed()


def test_a_late_workers_failure_is_not_believed(mails):
    [mail] = mails(1)
    error = smtplib.SMTPRecipientsRefused({"marigold@example.com": (550, b"5.1.1 no")})

    assert mail.refused(error) is False
    assert not is_suppressed()


def test_a_letter_to_an_erased_person_may_come_back(letter_to):
    issue = letter_to("marigold")
    tick()
    Subscriber.objects.all().delete()
    delivery = Delivery.objects.get(issue=issue)
    delivery.learn(at=timezone.now(), **SAID["hard"])

    assert delivery.bounced_at
    assert not Suppression.objects.exists()
