"""Dates as other services write them. A date that could mean two days is none."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

# 2023-01-01 10:00:00.123456789 +0000 UTC: as Go prints it.
GO = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?)\d* ([+-]\d{4})(?: .*)?")
OTHERS = ["%Y/%m/%d", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y", "%d.%m.%Y %H:%M"]
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
CLOCKS_DIFFER = timedelta(days=1)


def read(text: str) -> datetime | None:
    """The moment, if it can be one at which somebody signed up or left; else None."""
    moment = _moment(text) if text else None
    if moment is None or moment > datetime.now(UTC) + CLOCKS_DIFFER:
        return None
    return moment


@lru_cache(maxsize=64)
def _moment(text: str) -> datetime | None:
    """Remembered for as long as it takes to look at all cells of a line."""
    try:
        moment = _parsed(text.strip())
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment >= EARLIEST else None


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        if found := GO.fullmatch(text):
            return datetime.fromisoformat(f"{found[1]}{found[2]}")
    for pattern in OTHERS:
        try:
            return datetime.strptime(text, pattern)
        except ValueError:
            continue
    raise ValueError("no date")
