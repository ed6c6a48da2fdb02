"""No window ever sees more mail than it may, however many machines ask; a carrier may rest."""

from datetime import timedelta

import pytest
import time_machine as clock
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.models import Bucket, Confirmation, Issue, Rest, Subscriber
from newsletter.tasks import tick
from newsletter.throttle import CLOCKS_DIFFER, FIRST_REST, LONGEST_REST

NOON = "2026-11-25 12:00 +0000"


@pytest.fixture
def limit(db, time_machine):
    """limit(100, 60): a hundred a minute; time stands still."""
    time_machine.move_to(NOON, tick=False)

    def make(allowed, seconds=60, carrier="smtp"):
        return Bucket.objects.create(carrier=carrier, seconds=seconds, allowed=allowed)

    return make


@pytest.fixture
def later(time_machine):
    return lambda **gap: time_machine.move_to(timezone.now() + timedelta(**gap), tick=False)


@pytest.fixture
def issue(weekly, post):
    return weekly.compose(timezone.now())


@pytest.fixture
def take():
    return Bucket.objects.take


# In any window -----------------------------------------------------------------------------------

WINDOWS = st.sampled_from([1, 60, 3600, 86400])
LIMITS = st.dictionaries(WINDOWS, st.integers(0, 500), min_size=1, max_size=3)


@st.composite
def steps(draw):
    """Waits of a blink up to two windows, each with a wish for some mails."""
    longest = draw(st.sampled_from([0.1, 1, 60, 3600, 86400]))
    wait = st.floats(0, 2 * longest)
    return draw(st.lists(st.tuples(wait, st.integers(0, 300), st.booleans()), max_size=25))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(limits=LIMITS, steps=steps())
def test_in_any_window_no_more_than_allowed_is_granted(issue, limits, steps):
    Bucket.objects.all().delete()
    granted = []
    with clock.travel(NOON, tick=False) as traveller:
        for seconds, allowed in limits.items():
            Bucket.objects.create(carrier="smtp", seconds=seconds, allowed=allowed)
        begun = timezone.now()
        for wait, wanted, is_issue in steps:
            traveller.shift(wait)
            number = Bucket.objects.take("smtp", wanted, issue=issue if is_issue else None)
            granted.append(((timezone.now() - begun).total_seconds(), number))

    for seconds, allowed in limits.items():
        for start, _number in granted:
            window = [number for at, number in granted if start <= at < start + seconds]
            assert sum(window) <= allowed


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(allowed=st.integers(1, 2_000), seconds=WINDOWS)
def test_what_is_allowed_does_go_in_the_long_run(db, allowed, seconds):
    Bucket.objects.all().delete()
    with clock.travel(NOON, tick=False) as traveller:
        Bucket.objects.create(carrier="smtp", seconds=seconds, allowed=allowed)
        granted = 0
        for _ in range(40):
            traveller.shift(seconds / 20)
            granted += Bucket.objects.take("smtp", 10_000)

    # Over two windows nine tenths flow in evenly; a small bucket runs over between two looks.
    assert granted >= int(0.9 * allowed)


def test_machines_whose_clocks_differ_do_not_count_the_same_seconds_twice(
    limit, take, time_machine
):
    limit(600)
    here = timezone.now()
    granted = 0
    for _ in range(50):
        for clocks in (here, here + timedelta(seconds=2)):
            time_machine.move_to(clocks, tick=False)
            granted += take("smtp", 1_000)

    assert granted <= 60 + 2 * 9


def test_a_clock_that_was_far_ahead_stops_nothing_for_long(limit, take, later):
    limit(600)
    take("smtp", 1_000)
    Bucket.objects.update(filled_at=timezone.now() + timedelta(seconds=CLOCKS_DIFFER + 1))
    assert take("smtp", 1_000) == 0

    later(seconds=2)
    assert take("smtp", 1_000) == 18


def test_nothing_allowed_lets_nothing_go(limit, take, later):
    limit(0)
    later(days=1)

    assert take("smtp", 1) == 0


def test_without_a_limit_everything_goes(db, take):
    assert take("smtp", 1_000) == 1_000


def test_another_carriers_limit_is_not_ours(limit, take):
    limit(0, carrier="mailgun")

    assert take("smtp", 7) == 7


def test_the_narrowest_of_several_limits_decides(limit, take, later):
    limit(1_000, 60)
    limit(200, 3600)
    assert take("smtp", 500) == 20

    later(seconds=20)
    assert take("smtp", 500) == 1


def test_what_one_limit_refuses_costs_the_other_nothing(limit, take):
    wide = limit(1_000, 60)
    limit(0, 3600)
    take("smtp", 50)

    wide.refresh_from_db()
    assert wide.left == 100


# Letters and confirmations -----------------------------------------------------------------------


def test_a_letter_leaves_the_reserve_to_confirmations(limit, take, issue):
    limit(1_000)

    assert take("smtp", 1_000, issue=issue) == 90
    assert take("smtp", 1_000, issue=issue) == 0
    assert take("smtp", 10) == 10


def test_the_smallest_limit_has_no_reserve_and_stops_no_letter(limit, take, issue):
    limit(5)

    assert take("smtp", 10, issue=issue) == 1


def test_a_letters_own_speed_holds_for_it_alone(limit, take, issue):
    limit(1_000)
    issue.set_speed(60)

    assert take("smtp", 100, issue=issue) == 6
    assert take("smtp", 10) == 10


def test_a_change_of_speed_holds_from_the_next_claim(db, take, issue, later):
    issue.set_speed(600)
    assert take("smtp", 1_000, issue=issue) == 60

    issue.set_speed(60)
    later(minutes=1)
    assert take("smtp", 1_000, issue=issue) == 6

    issue.set_speed(None)
    assert take("smtp", 1_000, issue=issue) == 1_000


def test_a_change_of_the_limit_holds_from_the_next_claim(limit, take):
    limit(1_000)
    take("smtp", 1)
    Bucket.objects.update(allowed=100)

    assert take("smtp", 1_000) == 10


def test_a_slow_letter_is_sent_at_its_speed(
    weekly, post, subscribe, mailoutbox, time_machine, commit
):
    time_machine.move_to(timezone.now(), tick=False)
    for number in range(9):
        subscribe(f"reader{number}")
    issue = weekly.compose(timezone.now())
    issue.set_speed(60)
    Issue.objects.get().start()
    Issue.objects.get().deliveries.deliver_due(seconds=0.05)
    assert len(mailoutbox) == 6

    time_machine.move_to(timezone.now() + timedelta(seconds=3), tick=False)
    Issue.objects.get().deliveries.deliver_due(seconds=0.05)
    assert len(mailoutbox) == 8


# Given back --------------------------------------------------------------------------------------


def test_what_was_not_needed_is_given_back(limit, take, issue):
    limit(1_000)
    take("smtp", 50, issue=issue)
    Bucket.objects.give_back("smtp", 30, issue=issue)

    assert take("smtp", 1_000, issue=issue) == 70


def test_given_back_too_much_it_is_only_full(limit, take, issue):
    limit(1_000)
    take("smtp", 1)
    Bucket.objects.give_back("smtp", 10_000, issue=issue)

    assert take("smtp", 1_000) == 100


def test_a_letters_own_share_is_given_back_too(limit, take, issue):
    issue.set_speed(600)
    take("smtp", 60, issue=issue)
    Bucket.objects.give_back("smtp", 60, issue=issue)

    assert take("smtp", 60, issue=issue) == 60


# All machines together ---------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_together_all_machines_keep_to_the_limit(limit, at_once):
    limit(400)
    limit(3_000, 3600)
    granted = []

    def ask():
        for _ in range(5):
            granted.append(Bucket.objects.take("smtp", 3))

    at_once(*[ask] * 6)
    assert sum(granted) == 40


@pytest.mark.django_db(transaction=True)
def test_together_all_machines_keep_to_a_letters_speed(issue, time_machine, at_once):
    time_machine.move_to(NOON, tick=False)
    issue.set_speed(100)
    granted = []
    at_once(*[lambda: granted.append(Bucket.objects.take("smtp", 7, issue=issue))] * 6)

    assert sum(granted) == 10
    assert Bucket.objects.count() == 1


# Rests -------------------------------------------------------------------------------------------


def test_a_rest_ends_by_itself(limit, later):
    limit(1)
    Rest.objects.begin("smtp")
    assert Rest.objects.of("smtp")
    assert not Rest.objects.of("mailgun")

    later(seconds=FIRST_REST.total_seconds())
    assert not Rest.objects.of("smtp")


def test_each_rest_is_twice_as_long_as_the_last_up_to_a_quarter_of_an_hour(limit, later):
    limit(1)
    gaps = []
    for _ in range(14):
        Rest.objects.begin("smtp")
        gaps.append(Rest.objects.get().until - timezone.now())
        later(hours=1)

    assert gaps[:4] == [FIRST_REST * 2**times for times in range(4)]
    assert gaps[-1] == LONGEST_REST


def test_a_rest_is_as_long_as_the_carrier_asks_for(limit):
    limit(1)
    Rest.objects.begin("smtp", asked=timedelta(minutes=40))

    assert Rest.objects.get().until == timezone.now() + timedelta(minutes=40)


def test_after_a_mail_that_went_the_next_rest_is_a_short_one(limit, later):
    limit(1)
    for _ in range(5):
        Rest.objects.begin("smtp")
        later(hours=1)
    Rest.objects.end("smtp")
    Rest.objects.begin("smtp")

    assert Rest.objects.get().until == timezone.now() + FIRST_REST


def test_who_finds_out_during_a_rest_makes_it_no_longer(limit, later):
    limit(1)
    Rest.objects.begin("smtp")
    until = Rest.objects.get().until
    later(seconds=1)
    Rest.objects.begin("smtp")

    assert (Rest.objects.get().until, Rest.objects.get().times) == (until, 1)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_find_out_at_once_one_begins_the_rest(limit, at_once):
    limit(1)
    at_once(*[lambda: Rest.objects.begin("smtp")] * 6)

    assert Rest.objects.get().times == 1


def test_while_a_carrier_rests_no_letter_leaves_and_afterwards_all_do(
    weekly, post, subscribe, mailoutbox, time_machine
):
    subscribe()
    Rest.objects.begin("locmem")
    issue = weekly.compose(timezone.now())
    issue.start()
    tick()
    assert mailoutbox == []

    time_machine.move_to(timezone.now() + FIRST_REST + timedelta(seconds=1))
    tick()
    assert len(mailoutbox) == 1


def test_what_a_person_waits_for_always_goes_and_letters_wait_for_it(publication):
    Bucket.objects.create(carrier="locmem", seconds=3600, allowed=20)
    for number in range(3):
        person = Subscriber.objects.create(email=f"reader{number}@example.com")
        assert Confirmation.objects.create(subscriber=person).deliver()

    assert Bucket.objects.get().left < 0
    assert Bucket.objects.take("locmem", 1) == 0
