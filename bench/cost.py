"""CPU that requests cost the whole group: web, worker, beat, broker and parent together."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.group import running

ARTICLE = "/2012/07/ccsvi-and-the-liberation-treatment/"


def measure(name: str, prepare, one, *, times: int = 200, settle: float = 0) -> None:
    """Print the CPU of `one(group, prepared, n)`, the mean of `times`, after 20 to warm up."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as group:
        prepared = prepare(group)
        for n in range(20):
            one(group, prepared, -n - 1)
        time.sleep(2)
        cpu, web, clock = group.cpu_seconds(), group.cpu_seconds("web"), time.perf_counter()
        for n in range(times):
            one(group, prepared, n)
        took = time.perf_counter() - clock
        answering = group.cpu_seconds("web") - web
        time.sleep(settle)
        spent = group.cpu_seconds() - cpu
    print(f"{name}: {spent / times * 1000:.1f} CPU-ms each, all processes", end="; ")
    print(f"{answering / times * 1000:.1f} of it to answer", end="; ")
    print(f"{took / times * 1000:.1f} ms of wall time ({times} in a row)")
