"""Redis as a convenience: when it is down or hung, pages and sign-ups go on without it.

Cache and doorbell share one breaker per process, so a hung Redis costs a request at most one
time-out, and then nothing for a few seconds.
"""

from __future__ import annotations

import logging
import time

from celery.contrib.django.task import DjangoTask
from django.core.cache.backends.redis import RedisCache
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = logging.getLogger("afterword.broker")
REST_SECONDS = 5.0
FAILURES = (RedisError, OperationalError, OSError)


class Breaker:
    """Open for a few seconds after a failure: nobody waits for what just failed."""

    def __init__(self) -> None:
        self.closed_at = 0.0

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self.closed_at

    def trip(self, error: Exception) -> None:
        if not self.is_open:
            log.warning("broker does not answer: %s", type(error).__name__)
        self.closed_at = time.monotonic() + REST_SECONDS


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
    get_many = _guarded("get_many", lambda *args, **kwargs: {})
    set_many = _guarded("set_many", lambda data, *args, **kwargs: list(data))


class NudgeTask(DjangoTask):
    """Ringing is best effort: the row is the truth, and beat rings again within the minute."""

    abstract = True

    def apply_async(self, *args, **kwargs):
        if breaker.is_open:
            return None
        try:
            return super().apply_async(*args, **kwargs)
        except FAILURES as error:
            breaker.trip(error)
            return None
