"""Sunday at nine is Sunday at nine, in every zone and through every change of the clocks."""

import functools
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.schedule import Rhythm, instant, last_slot, next_slot

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
EVERY_ZONE = sorted(zoneinfo.available_timezones())
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2037, 1, 1, tzinfo=UTC)
SUNDAY_AT_NINE = Rhythm(6, time(9), LONDON)
# Where a calendar left out a day, and the one that had a day twice.
DATE_LINE = [
    ("Pacific/Apia", "2011-12-30T10:00Z"),
    ("Pacific/Fakaofo", "2011-12-30T11:00Z"),
    ("Pacific/Kiritimati", "1994-12-31T10:00Z"),
    ("Pacific/Enderbury", "1994-12-31T11:00Z"),
    ("Pacific/Kwajalein", "1993-08-21T12:00Z"),
    ("Pacific/Kwajalein", "1969-09-30T13:00Z"),
]


def at(text):
    return datetime.fromisoformat(text)


# In single cases


def test_the_next_letter_goes_on_the_next_sunday_at_nine():
    assert next_slot(SUNDAY_AT_NINE, at("2026-11-23T12:00Z")) == at("2026-11-29T09:00Z")


def test_a_slot_that_comes_this_instant_has_come():
    slot = at("2026-11-29T09:00Z")

    assert last_slot(SUNDAY_AT_NINE, slot) == slot
    assert next_slot(SUNDAY_AT_NINE, slot) == slot + timedelta(days=7)


def test_nine_in_summer_is_eight_in_utc():
    assert next_slot(SUNDAY_AT_NINE, at("2026-07-01T12:00Z")) == at("2026-07-05T08:00Z")


def test_monthly_is_a_day_of_the_month():
    monthly = Rhythm(6, time(9), LONDON, day=5)

    assert next_slot(monthly, at("2026-11-23T12:00Z")) == at("2026-12-05T09:00Z")
    assert last_slot(monthly, at("2026-11-23T12:00Z")) == at("2026-11-05T09:00Z")


@pytest.mark.parametrize(
    ("month", "last"), [("2026-02", 28), ("2028-02", 29), ("2026-04", 30), ("2026-12", 31)]
)
def test_the_thirty_first_of_a_short_month_is_its_last_day(month, last):
    monthly = Rhythm(6, time(9), ZoneInfo("UTC"), day=31)

    assert next_slot(monthly, at(f"{month}-01T00:00Z")) == at(f"{month}-{last}T09:00Z")


def test_a_time_that_the_clocks_leave_out_becomes_the_next_minute_they_show():
    assert instant(date(2026, 3, 29), time(1, 30), LONDON) == at("2026-03-29T01:00Z")
    assert instant(date(2026, 3, 8), time(2, 30), NEW_YORK) == at("2026-03-08T07:00Z")


def test_a_time_that_the_clocks_show_twice_is_the_first_one():
    assert instant(date(2026, 10, 25), time(1, 30), LONDON) == at("2026-10-25T00:30Z")
    assert instant(date(2026, 11, 1), time(1, 30), NEW_YORK) == at("2026-11-01T05:30Z")


def test_a_day_that_a_country_left_out_becomes_the_next_one():
    apia = ZoneInfo("Pacific/Apia")

    assert instant(date(2011, 12, 30), time(9), apia) == at("2011-12-30T10:00Z")


# Against a clock on the wall, read minute by minute


class Clock:
    """What a clock there shows, minute by minute around a change. Knows nothing of schedule.py."""

    def __init__(self, zone, change, span):
        begin = change - span
        minutes = (begin + n * MINUTE for n in range(int(2 * span / MINUTE) + 1))
        self.shown = [(m, m.astimezone(zone).replace(tzinfo=None)) for m in minutes]

    def first(self, walls):
        """For each of these times, in order: the first minute that shows it or a later one."""
        found, n = [], 0
        for wall in walls:
            while self.shown[n][1] < wall:
                n += 1
            found.append(self.shown[n][0])
        return found

    def walls(self, margin):
        """Every time from so long after the first reading to so long before the last."""
        wall, end = self.shown[0][1] + margin, self.shown[-1][1] - margin
        while wall <= end:
            yield wall
            wall += MINUTE


def offset(zone, moment):
    return moment.astimezone(zone).utcoffset()


@functools.cache
def changes(zone):
    """The minutes of 2026-2036 from which the clocks there are set otherwise."""
    days = [START + n * DAY for n in range((END - START).days + 1)]
    offsets = [offset(zone, day) for day in days]
    return tuple(
        bisected(zone, day) for n, day in enumerate(days[:-1]) if offsets[n] != offsets[n + 1]
    )


def bisected(zone, day):
    """The minute of this day in which the clocks change."""
    early, late = 0, 24 * 60
    while late - early > 1:
        middle = (early + late) // 2
        if offset(zone, day + middle * MINUTE) == offset(zone, day):
            early = middle
        else:
            late = middle
    return day + late * MINUTE


@functools.cache
def every_change():
    """Each change of the clocks once, however many zones make it: what it is, and who."""
    found = {}
    for name in EVERY_ZONE:
        zone = ZoneInfo(name)
        for change in changes(zone):
            what = change, offset(zone, change - MINUTE), offset(zone, change)
            found.setdefault(what, zone)
    return found


@functools.cache
def distinct_zones():
    """One of each set of zones that keep the same time from 2026 to 2036."""
    found = {}
    for name in EVERY_ZONE:
        zone = ZoneInfo(name)
        found.setdefault((offset(zone, START), *changes(zone)), zone)
    return list(found.values())


def test_every_time_around_every_change_of_the_clocks_is_when_a_wall_clock_shows_it():
    assert len(every_change()) > 300
    for (change, *_), zone in every_change().items():
        clock = Clock(zone, change, 3 * HOUR)
        walls = list(clock.walls(margin=HOUR / 2))

        slots = [instant(wall.date(), wall.time(), zone) for wall in walls]

        assert slots == clock.first(walls), (zone, change)


@pytest.mark.parametrize(("name", "change"), DATE_LINE)
def test_around_the_date_line_too(name, change):
    zone = ZoneInfo(name)
    clock = Clock(zone, at(change), 3 * DAY)
    walls = list(clock.walls(margin=DAY))[::7]
    assert abs(offset(zone, at(change)) - offset(zone, at(change) - MINUTE)) > 20 * HOUR

    slots = [instant(wall.date(), wall.time(), zone) for wall in walls]

    assert slots == clock.first(walls)


def rhythms_on(wall, zone):
    """Weekly and monthly ones that fall on this time, on the last day by its largest number too."""
    yield Rhythm(wall.weekday(), wall.time(), zone)
    yield Rhythm(0, wall.time(), zone, day=wall.day)
    if (wall + DAY).day == 1:
        yield Rhythm(0, wall.time(), zone, day=31)


def test_the_slots_of_both_rhythms_meet_every_change_of_the_clocks():
    for (change, before, after), zone in every_change().items():
        clock = Clock(zone, change, 6 * HOUR)
        edge = (change + before).replace(tzinfo=None)  # as the clock showed it till then
        walls = sorted({edge + n * abs(after - before) / 2 for n in (-2, -1, 0, 1, 2)})
        for wall, slot in zip(walls, clock.first(walls), strict=True):
            for rhythm in rhythms_on(wall, zone):
                assert next_slot(rhythm, slot - MINUTE) == slot
                assert last_slot(rhythm, slot) == slot
                assert next_slot(rhythm, slot) > slot + 6 * DAY
                assert last_slot(rhythm, slot - MINUTE) < slot - 6 * DAY


def walk(rhythm):
    """Every slot of eleven years, one after the other."""
    slot = next_slot(rhythm, START - DAY)
    while slot < END + DAY:
        yield slot
        slot = next_slot(rhythm, slot)


@pytest.mark.parametrize("hour", [time(0), time(2, 30), time(23, 59)], ids=str)
def test_no_month_is_skipped_and_none_has_two_letters(hour):
    for zone in distinct_zones():
        days = [s.astimezone(zone).date() for s in walk(Rhythm(0, hour, zone, day=31))]
        months = [(day.year, day.month) for day in days if 2026 <= day.year <= 2036]

        assert months == [(y, m) for y in range(2026, 2037) for m in range(1, 13)]
        assert all((day + DAY).day == 1 for day in days)


def test_no_week_is_skipped_and_none_has_two_letters():
    for zone in distinct_zones():
        days = [s.astimezone(zone).date() for s in walk(Rhythm(6, time(2, 30), zone))]

        assert {later - earlier for earlier, later in zip(days, days[1:], strict=False)} == {
            timedelta(days=7)
        }


@settings(max_examples=200, deadline=None)
@given(
    rhythm=st.builds(
        Rhythm,
        weekday=st.integers(0, 6),
        at=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
        zone=st.sampled_from(EVERY_ZONE).map(ZoneInfo),
        day=st.none() | st.integers(1, 31),
    ),
    moment=st.datetimes(datetime(1990, 1, 1), datetime(2036, 12, 31), timezones=st.just(UTC)),
)
def test_the_slots_around_a_moment_are_neighbours(rhythm, moment):
    before, after = last_slot(rhythm, moment), next_slot(rhythm, moment)

    assert before <= moment < after
    assert next_slot(rhythm, before) == after
    assert last_slot(rhythm, after - MINUTE) == before
