"""When letters go: wall-clock time in the publication's zone, turned into instants. Pure."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
LONGEST_WAIT = 35  # days, more than any month and the edges of its last day


@dataclass(frozen=True)
class Rhythm:
    """Such a time on such a weekday, or, when a day is given, on that day of each month.

    A month that is too short for the day has its slot on its last one.
    """

    weekday: int
    at: time
    zone: ZoneInfo
    day: int | None = None

    def falls_on(self, date: date) -> bool:
        if self.day is None:
            return date.weekday() == self.weekday
        return date.day == min(self.day, calendar.monthrange(date.year, date.month)[1])


def next_slot(rhythm: Rhythm, after: datetime) -> datetime:
    """The first slot later than this."""
    return next(slot for slot in _slots(rhythm, after, range(-2, LONGEST_WAIT)) if slot > after)


def last_slot(rhythm: Rhythm, before: datetime) -> datetime:
    """The latest slot that has come by then."""
    return next(
        slot for slot in _slots(rhythm, before, range(2, -LONGEST_WAIT, -1)) if slot <= before
    )


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When clocks there show this: the first time if twice, the next minute they do if never."""
    wall = datetime.combine(day, at)
    if not _is_shown(wall, zone):
        wall = wall.replace(second=0, microsecond=0)
        while not _is_shown(wall, zone):
            wall += MINUTE
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def months_later(day: date, months: int) -> date:
    """The same day so many months on, or the last one of a month that is too short for it."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _slots(rhythm: Rhythm, around: datetime, days: Iterable[int]) -> Iterable[datetime]:
    today = around.astimezone(rhythm.zone).date()
    for offset in days:
        if rhythm.falls_on(day := today + offset * DAY):
            yield instant(day, rhythm.at, rhythm.zone)


def _is_shown(wall: datetime, zone: ZoneInfo) -> bool:
    """False in the hour that clocks leave out in spring."""
    there_and_back = wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return there_and_back.replace(tzinfo=None) == wall
