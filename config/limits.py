"""How much one client may do: a line per public address, counted by that day's keyed hash.

One address may be a whole clinic, so the numbers are for a waiting room, not for one person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Limit:
    """At most so many posts in such a time."""

    times: int
    within: timedelta


TEN_MINUTES = timedelta(minutes=10)

# By the view's name. One-click unsubscribe is not counted: nobody may be kept from leaving.
LIMITS = {
    "comments:reply": Limit(30, TEN_MINUTES),
    "comments:mine": Limit(30, TEN_MINUTES),
    "newsletter:sign-up": Limit(10, TEN_MINUTES),
    "newsletter:confirm": Limit(30, TEN_MINUTES),
    "newsletter:find-link": Limit(10, TEN_MINUTES),
    "newsletter:address": Limit(10, TEN_MINUTES),
    "newsletter:new-address": Limit(30, TEN_MINUTES),
}
EVERYTHING_ELSE = Limit(60, TEN_MINUTES)


def limit_of(route: str) -> Limit:
    return LIMITS.get(route, EVERYTHING_ELSE)
