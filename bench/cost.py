"""CPU that requests cost the whole group: web, worker, beat, broker and parent together."""

from __future__ import annotations

import html
import re
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

from tests.group import Group, running

ARTICLE = "/2012/07/ccsvi-and-the-liberation-treatment/"


def fetch(group: Group, path: str, data: dict[str, str] | None = None, client: int = 1) -> str:
    """One request as a browser makes it. The parent believes the proxy's word on this machine, so
    each client number is a client of its own to the limits."""
    headers = {"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": f"192.0.2.{client % 250}"}
    body = urllib.parse.urlencode(data).encode() if data else None
    request = urllib.request.Request(group.url + path, body, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


def stamp(page: str) -> str:
    """The dated stamp that a form on this page carries."""
    field = re.search(r'<input[^>]*name="stamp"[^>]*>', page)
    value = re.search(r'value="([^"]*)"', field.group()) if field else None
    if not value:
        raise SystemExit("the page carries no form stamp")
    return html.unescape(value.group(1))


def measure(name: str, prepare, one, *, times: int = 200, settle: float = 0) -> None:
    """Print the CPU of `one(group, prepared, n)`, the mean of `times`, after 20 to warm up."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as group:
        prepared = prepare(group)
        for n in range(20):
            one(group, prepared, -n - 1)
        time.sleep(2)
        cpu, clock = group.cpu_seconds(), time.perf_counter()
        for n in range(times):
            one(group, prepared, n)
        took = time.perf_counter() - clock
        time.sleep(settle)
        spent = group.cpu_seconds() - cpu
    print(f"{name}: {spent / times * 1000:.1f} CPU-ms each, all processes", end="; ")
    print(f"{took / times * 1000:.1f} ms of wall time ({times} in a row)")
