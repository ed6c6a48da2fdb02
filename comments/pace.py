"""How fast replies come: of one writer, who may be asked to rest, and of one address.

A whole clinic may share an address: from there nothing is refused, only looked at.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property

from comments.models import Writer
from comments.names import name_key

OWN, REST = 5, timedelta(minutes=10)
FROM_ONE_ADDRESS, HOUR = 60, timedelta(hours=1)


@dataclass
class Pace:
    """Replies of late. `client`: today's hash of the address that they come from."""

    client: str
    name: str
    writer: Writer | None  # known by this device; else the name tells people apart
    taken: bool = False

    @property
    def rest(self) -> timedelta | None:
        """How long this writer is asked to wait before the next one."""
        if self._counted.get(self._own, 0) < OWN:
            return None
        return REST - timedelta(seconds=self._now % REST.seconds)

    @property
    def is_many(self) -> bool:
        """Very many came from there within the hour: each of the next is looked at."""
        return self._counted.get(self._all, 0) >= FROM_ONE_ADDRESS

    def take(self, count: Callable[[dict[str, int]], list[int]]) -> None:
        """One more comes: counted before anything is kept, as one journey costs less than two.

        `count` counts these keys along with its own (see `count_post` in config/middleware.py).
        """
        before = [number - 1 for number in count(self._times)]
        self._counted = dict(zip(self._times, before, strict=True))
        self.taken = True

    def give_back(self) -> None:
        """It was not kept, or had been kept before."""
        if self.taken:
            cache.count(self._times, -1)  # type: ignore[attr-defined]  # see config/broker.py
            self.taken = False

    @cached_property
    def _now(self) -> int:
        return int(time.time())

    @cached_property
    def _counted(self) -> dict[str, int]:
        """So far, without this one."""
        return cache.get_many(list(self._times))

    @cached_property
    def _times(self) -> dict[str, int]:
        return {self._own: REST.seconds, self._all: HOUR.seconds}

    @cached_property
    def _own(self) -> str:
        who = f"writer {self.writer.pk}" if self.writer else f"{self.client} {name_key(self.name)}"
        hashed = salted_hmac("comments.pace", who, algorithm="sha256").hexdigest()
        return f"replies:own:{hashed}:{self._now // REST.seconds}"

    @property
    def _all(self) -> str:
        return f"replies:all:{self.client}:{self._now // HOUR.seconds}"
