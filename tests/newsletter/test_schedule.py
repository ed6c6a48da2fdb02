"""Sunday at nine is Sunday at nine, in every zone and through every change of the clocks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.schedule import Rhythm, instant, last_slot, next_slot

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
ZONES = [
    *("UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"),
    *("Africa/Casablanca", "America/Havana", "Pacific/Apia", "Asia/Beirut"),
]
SUNDAY_AT_NINE = Rhythm(6, time(9), LONDON)


def at(text):
    return datetime.fromisoformat(text)


def test_the_next_letter_goes_on_the_next_sunday_at_nine():
    assert next_slot(SUNDAY_AT_NINE, at("2026-11-23T12:00Z")) == at("2026-11-29T09:00Z")


def test_a_slot_that_comes_this_instant_has_come():
    slot = at("2026-11-29T09:00Z")

    assert last_slot(SUNDAY_AT_NINE, slot) == slot
    assert next_slot(SUNDAY_AT_NINE, slot) == slot + timedelta(days=7)


def test_nine_in_summer_is_eight_in_utc():
    assert next_slot(SUNDAY_AT_NINE, at("2026-07-01T12:00Z")) == at("2026-07-05T08:00Z")


def test_monthly_is_the_first_sunday():
    monthly = Rhythm(6, time(9), LONDON, monthly=True)

    assert next_slot(monthly, at("2026-11-23T12:00Z")) == at("2026-12-06T09:00Z")
    assert last_slot(monthly, at("2026-11-23T12:00Z")) == at("2026-11-01T09:00Z")


def test_a_time_that_the_clocks_leave_out_becomes_the_next_minute_they_show():
    assert instant(date(2026, 3, 29), time(1, 30), LONDON) == at("2026-03-29T01:00Z")
    assert instant(date(2026, 3, 8), time(2, 30), NEW_YORK) == at("2026-03-08T07:00Z")


def test_a_time_that_the_clocks_show_twice_is_the_first_one():
    assert instant(date(2026, 10, 25), time(1, 30), LONDON) == at("2026-10-25T00:30Z")
    assert instant(date(2026, 11, 1), time(1, 30), NEW_YORK) == at("2026-11-01T05:30Z")


def test_a_day_that_a_country_left_out_becomes_the_next_one():
    apia = ZoneInfo("Pacific/Apia")

    assert instant(date(2011, 12, 30), time(9), apia) == at("2011-12-30T10:00Z")


def first_shown(day, wall_time, zone):
    """By brute force: the first minute of the real day whose clock shows this or later."""
    minute = datetime.combine(day, time(), tzinfo=UTC) - timedelta(hours=26)
    wanted = datetime.combine(day, wall_time)
    while minute.astimezone(zone).replace(tzinfo=None) < wanted:
        minute += timedelta(minutes=1)
    return minute


@pytest.mark.parametrize("name", ZONES)
@settings(max_examples=15, deadline=None)
@given(
    day=st.dates(date(2005, 1, 1), date(2035, 12, 31)),
    wall_time=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
def test_an_instant_is_what_a_clock_on_the_wall_would_say(name, day, wall_time):
    zone = ZoneInfo(name)

    assert instant(day, wall_time, zone) == first_shown(day, wall_time, zone)


@settings(max_examples=100, deadline=None)
@given(
    rhythm=st.builds(
        Rhythm,
        weekday=st.integers(0, 6),
        at=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
        zone=st.sampled_from(ZONES).map(ZoneInfo),
        monthly=st.booleans(),
    ),
    moment=st.datetimes(datetime(2005, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC)),
)
def test_the_slots_around_a_moment_are_neighbours(rhythm, moment):
    before, after = last_slot(rhythm, moment), next_slot(rhythm, moment)

    assert before <= moment < after
    assert next_slot(rhythm, before) == after
    assert last_slot(rhythm, after - timedelta(minutes=1)) == before
