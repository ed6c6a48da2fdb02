"""Redis as a convenience: when it is down or hung, pages and sign-ups go on without it.

Cache and doorbell share one breaker per process, so a hung Redis costs a request at most one
time-out, and then nothing for a few seconds.
"""

from __future__ import annotations

import logging
import time
from functools import cached_property

from celery.contrib.django.task import DjangoTask
from django.core.cache.backends.redis import RedisCache
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from config.faults import note_fault

log = logging.getLogger("afterword.broker")
REST_SECONDS = 5.0
# As seen on real sockets: the cache raises redis-py's own errors, a publisher kombu's wrapping.
FAILURES = (RedisError, OperationalError, OSError)


# One command instead of two for each key: redis-py's own work is most of what such a journey costs.
COUNT = """
local counts = {}
for i, key in ipairs(KEYS) do
    counts[i] = redis.call('INCRBY', key, ARGV[1])
    if redis.call('TTL', key) < 0 then redis.call('EXPIRE', key, ARGV[i + 1]) end
end
return counts
"""


class Breaker:
    """Open for a few seconds after a failure: nobody waits for what just failed."""

    def __init__(self) -> None:
        self.open_until = 0.0

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self.open_until

    def trip(self, error: Exception) -> None:
        if not self.is_open:
            log.warning("the broker does not answer: %s", type(error).__name__)
        self.open_until = time.monotonic() + REST_SECONDS

    def reset(self) -> None:
        self.open_until = 0.0


breaker = Breaker()


def _guarded(name: str, on_failure):
    method = getattr(RedisCache, name)

    def call(self, *args, **kwargs):
        if breaker.is_open:
            return on_failure(*args, **kwargs)
        try:
            return method(self, *args, **kwargs)
        except FAILURES as error:
            breaker.trip(error)
            return on_failure(*args, **kwargs)

    return call


class ForgivingCache(RedisCache):
    """A cache whose failure is a miss."""

    get = _guarded("get", lambda key, default=None, version=None: default)
    set = _guarded("set", lambda *args, **kwargs: None)
    add = _guarded("add", lambda *args, **kwargs: True)
    incr = _guarded("incr", lambda key, delta=1, version=None: delta)
    touch = _guarded("touch", lambda *args, **kwargs: False)
    delete = _guarded("delete", lambda *args, **kwargs: False)
    has_key = _guarded("has_key", lambda *args, **kwargs: False)
    get_many = _guarded("get_many", lambda *args, **kwargs: {})
    set_many = _guarded("set_many", lambda data, *args, **kwargs: list(data))
    delete_many = _guarded("delete_many", lambda *args, **kwargs: None)
    clear = _guarded("clear", lambda *args, **kwargs: False)

    def count(self, seconds: dict[str, int], by: int = 1) -> list[int]:
        """How often each key was counted in so many seconds, this time included: in one journey.

        `by` -1 takes one back.
        """
        if breaker.is_open:
            return [1 for _key in seconds]
        try:
            return self._count([*map(self.make_and_validate_key, seconds)], [by, *seconds.values()])
        except FAILURES as error:
            breaker.trip(error)
            return [1 for _key in seconds]

    @cached_property
    def _count(self):
        return self._cache.get_client(write=True).register_script(COUNT)


class NudgeTask(DjangoTask):
    """Ringing is best effort: the row is the truth, and beat rings again within the minute."""

    abstract = True

    def apply_async(self, *args, **kwargs):
        if self.app.conf.task_always_eager:
            return super().apply_async(*args, **kwargs)  # runs here and now: there is no broker
        if breaker.is_open:
            return None
        try:
            return super().apply_async(*args, **kwargs)
        except FAILURES as error:
            breaker.trip(error)
            return None

    def on_failure(self, exc, task_id, args, kwargs, einfo):
        """As for pages: where it broke, without the error's own words. Celery would print them."""
        note_fault(exc, where=self.name)
