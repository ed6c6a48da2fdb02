"""python -m bench.flood: 10,000 replies from 2,000 addresses, to the real group on this machine."""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from threading import local
from urllib.parse import urlencode, urlsplit

from tests.group import Group, running

FORM = "/replies/to/ccsvi-six-years-on/"
REPLIES, ADDRESSES, HANDS = 10_000, 2_000, 8
COUNT = (
    "import json; from comments.models import Alert, Comment; "
    "flood = Comment.objects.filter(body__startswith='Good morning to all of you'); "
    "print(json.dumps([flood.count(), flood.published().count(), "
    "Alert.objects.filter(kind='flood').count(), "
    "Alert.objects.filter(kind='flood', status='sent').count()]))"
)
mine = local()


def send(group: Group, stamp: str, n: int) -> int:
    """One reply, over a connection that this thread keeps open; the status that it got."""
    if not hasattr(mine, "line"):
        mine.line = HTTPConnection(urlsplit(group.url).netloc, timeout=60)
    address = n % ADDRESSES
    headers = {
        "Sec-Fetch-Site": "same-origin",
        "X-Forwarded-For": f"198.{18 + address // 250}.7.{address % 250}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    words = {"text": f"Good morning to all of you, number {n}", "name": f"Bot {n}", "consent": "on"}
    mine.line.request("POST", FORM, urlencode(words | {"stamp": stamp, "step": "send"}), headers)
    answer = mine.line.getresponse()
    answer.read()
    return answer.status


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as group:
        stamp = group.stamp(FORM)
        time.sleep(3)  # nobody writes within two seconds
        cpu, clock = group.cpu_seconds(), time.perf_counter()
        with ThreadPoolExecutor(HANDS) as hands:
            answers = Counter(hands.map(lambda n: send(group, stamp, n), range(REPLIES)))
        took, spent = time.perf_counter() - clock, group.cpu_seconds() - cpu
        before = time.perf_counter()
        group.fetch(FORM)
        waited = time.perf_counter() - before
        time.sleep(70)  # the clock looks once a minute
        kept, shown, alerts, mailed = json.loads(group.manage("shell", "-v", "0", "-c", COUNT))
    print(f"{REPLIES} replies from {ADDRESSES} addresses in {took:.0f} s: {dict(answers)}")
    print(f"{spent / REPLIES * 1000:.1f} CPU-ms each, all processes; a page after: {waited:.2f} s")
    print(f"kept {kept}, published {shown}; mails about it: {alerts}, of them sent {mailed}")


if __name__ == "__main__":
    main()
