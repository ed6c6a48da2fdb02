"""How much one client may do: a line per public address, counted by that day's keyed hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Limit:
    """At most so many posts in such a time."""

    times: int
    within: timedelta


# By the view's name. Whatever is not listed here gets EVERYTHING_ELSE.
LIMITS = {
    "comments:reply": Limit(5, timedelta(minutes=10)),
    "newsletter:sign-up": Limit(10, timedelta(minutes=10)),
}
EVERYTHING_ELSE = Limit(60, timedelta(minutes=10))
