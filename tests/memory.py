"""A cache in plain memory that can do what ours can."""

from django.core.cache.backends.locmem import LocMemCache


class Memory(LocMemCache):
    def count(self, key, *, seconds):
        self.add(key, 0, timeout=seconds)
        return self.incr(key)
