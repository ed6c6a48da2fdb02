"""How much one client may do: a line per public address, counted by that day's keyed hash.

One address may be a whole clinic, so the numbers are for a waiting room, not for one person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Limit:
    """At most so many posts of one client in such a time.

    Of all clients together at most so many a minute, if that is given: then each is taken, and the
    view is told that there is a crowd.
    """

    times: int
    within: timedelta
    a_minute: int | None = None


TEN_MINUTES = timedelta(minutes=10)

# By the view's name. One-click unsubscribe is not counted: nobody may be kept from leaving.
LIMITS = {
    # Far away: comments/pace.py knows one writer from another, and refuses no waiting room.
    "comments:reply": Limit(300, TEN_MINUTES, a_minute=300),
    "comments:mine": Limit(30, TEN_MINUTES),
    "comments:change": Limit(30, TEN_MINUTES, a_minute=300),
    "comments:report": Limit(20, TEN_MINUTES),
    "comments:watch": Limit(10, TEN_MINUTES, a_minute=300),
    "comments:prove": Limit(30, TEN_MINUTES),
    "newsletter:sign-up": Limit(10, TEN_MINUTES, a_minute=300),
    "newsletter:follow": Limit(10, TEN_MINUTES, a_minute=300),
    "newsletter:confirm": Limit(30, TEN_MINUTES),
    "newsletter:find-link": Limit(10, TEN_MINUTES),
    "newsletter:address": Limit(10, TEN_MINUTES),
    "newsletter:new-address": Limit(30, TEN_MINUTES),
}
EVERYTHING_ELSE = Limit(60, TEN_MINUTES)


def limit_of(route: str) -> Limit:
    return LIMITS.get(route, EVERYTHING_ELSE)
