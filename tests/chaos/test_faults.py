"""What takes half a minute to try: a deploy in mid-send, a database that somebody holds on to."""

import os
import signal
import sqlite3
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.group import running
from tests.sinks.smtp import Smtp
from tests.sinks.trouble import FOREVER

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]
BOX = "/newsletter/"
SEED = """
from django.utils import timezone
from newsletter.models import Subscriber, Edition
now = timezone.now()
Subscriber.objects.all().delete()
Subscriber.objects.bulk_create(
    Subscriber(email=f"reader{n}@example.com", status="active", confirmed_at=now)
    for n in range(600)
)
"""
STATES = """
from newsletter.models import Issue
print(Issue.objects.order_by("-pk").first().equation)
"""


def within(seconds, true):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.1)
    return False


def test_a_deploy_in_mid_digest_stops_soon_and_the_new_version_finishes(tmp_path):
    with Smtp() as sink:
        sink.trouble("dot", seconds=0.04, taken=True, times=FOREVER)
        with running(tmp_path, EMAIL_URL=sink.email_url) as group:
            group.manage("shell", "-v0", "-c", SEED)
            group.manage("send_digest", "--now")
            assert within(20, lambda: len(sink.taken) > 50)
            told = time.monotonic()
        stopped = time.monotonic() - told
        before = len(sink.taken)
        with running(tmp_path, EMAIL_URL=sink.email_url) as group:
            assert within(150, lambda: len(sink.taken) >= 600)
            said = group.manage("shell", "-v0", "-c", STATES)

    assert stopped < 30 and before < 600
    assert set(Counter(sink.recipients).values()) == {1}
    assert "sent=600" in said and "uncertain=0" in said


def test_a_database_locked_for_half_a_minute_loses_no_sign_up(tmp_path):
    with Smtp() as sink, running(tmp_path, EMAIL_URL=sink.email_url) as group:
        stamp = group.stamp(BOX)
        lock = sqlite3.connect(group.data_dir / "db.sqlite3", check_same_thread=False)
        lock.execute("BEGIN IMMEDIATE")
        threading.Timer(30, lock.rollback).start()

        def sign_up(n):
            person = {"stamp": stamp, "email": f"locked{n}@example.com"}
            group.fetch(BOX, person, client=n, patience=120)  # raises on 4xx and 5xx

        with ThreadPoolExecutor(50) as crowd:
            list(crowd.map(sign_up, range(50)))
        group.manage("shell", "-v0", "-c", "from newsletter import tasks; tasks.tick()")

        assert within(30, lambda: len({to for to in sink.recipients if "locked" in to}) == 50)


def test_two_hundred_sign_ups_while_the_broker_is_stopped_are_answered_and_sent(tmp_path):
    with Smtp() as sink, running(tmp_path, EMAIL_URL=sink.email_url) as group:
        stamp = group.stamp(BOX)
        os.kill(group.child("broker"), signal.SIGSTOP)
        slowest = 0.0
        for n in range(200):
            begun = time.monotonic()
            group.fetch(BOX, {"stamp": stamp, "email": f"stopped{n}@example.com"}, client=n)
            slowest = max(slowest, time.monotonic() - begun)
        os.kill(group.child("broker"), signal.SIGCONT)
        for _sweep in range(2):
            group.manage("shell", "-v0", "-c", "from newsletter import tasks; tasks.tick()")
            time.sleep(5)

        assert slowest < 2
        assert within(60, lambda: len({to for to in sink.recipients if "stopped" in to}) == 200)
        assert set(Counter(sink.recipients).values()) == {1}
