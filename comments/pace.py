"""How fast replies come: of one writer, who may be asked to rest, and of one address.

A whole clinic may share an address: from there nothing is refused, only looked at.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property

from comments.models import Writer
from comments.names import name_key

OWN, REST = 5, timedelta(minutes=10)
FROM_ONE_ADDRESS, HOUR = 60, timedelta(hours=1)


@dataclass(frozen=True)
class Pace:
    """Replies of late. `client`: today's hash of the address that they come from."""

    client: str
    name: str
    writer: Writer | None  # known by this device; else the name tells people apart

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

    def take(self) -> None:
        """One more comes: counted before anything is kept, as one journey costs less than two."""
        before = [number - 1 for number in self._count(1)]
        self.__dict__["_counted"] = dict(zip(self._times, before, strict=True))

    def give_back(self) -> None:
        """It was not kept, or had been kept before."""
        self._count(-1)

    def _count(self, by: int) -> list[int]:
        return cache.count(self._times, by)  # type: ignore[attr-defined]  # see config/broker.py

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
