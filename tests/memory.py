"""A cache in plain memory that can do what ours can."""

from django.core.cache.backends.locmem import LocMemCache


class Memory(LocMemCache):
    def count(self, seconds, by=1):
        for key, time_out in seconds.items():
            self.add(key, 0, timeout=time_out)
        return [self.incr(key, by) for key in seconds]
