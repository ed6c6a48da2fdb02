"""The group of processes with its real parts: web, worker, beat, broker, database, mail."""

import os
import signal
import time

import psycopg
import pytest

from tests.group import running

SERVICES = {name: os.environ.get(name, "") for name in ("DATABASE_URL", "REDIS_URL")}
BOX, FORM = "/newsletter/", "/replies/to/ccsvi-six-years-on/"
pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def services():
    """Its own database on the PostgreSQL and the Redis that the suite was given, if it was."""
    if not SERVICES["DATABASE_URL"].startswith("postgres"):
        return {}
    server, _, _ = SERVICES["DATABASE_URL"].rpartition("/")
    name = f"whole_group_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(SERVICES["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    redis = SERVICES["REDIS_URL"].rpartition("/")[0]
    return {"DATABASE_URL": f"{server}/{name}", "REDIS_URL": f"{redis}/9"}


def within(seconds, true):
    """Wait until it is true, for at most so long."""
    end = time.monotonic() + seconds
    while not (result := true()) and time.monotonic() < end:
        time.sleep(0.1)
    return result


def mails_to(group, address):
    letters = [path.read_text() for path in (group.data_dir / "mail").glob("*.eml")]
    return [letter for letter in letters if f"To: {address}" in letter]


def test_a_sign_up_gets_its_mail_through_a_real_broker_and_worker(tmp_path, services):
    with running(tmp_path, **services) as group:
        group.fetch(BOX, {"stamp": group.stamp(BOX), "email": "new.heron@example.com"})

        assert within(10, lambda: mails_to(group, "new.heron@example.com"))


def test_a_killed_worker_is_said_and_started_again(tmp_path):
    with running(tmp_path) as group:
        os.kill(group.child("worker"), signal.SIGKILL)

        assert within(5, lambda: "down" in str(group.ready()["worker"]))
        assert within(20, lambda: group.ready()["ready"])


def test_a_hung_broker_delays_mail_and_nothing_else(tmp_path):
    with running(tmp_path) as group:
        stamps = group.stamp(BOX), group.stamp(FORM)
        reply = {"stamp": stamps[1], "text": "Still here.", "name": "Heron", "consent": "on"}
        os.kill(group.child("broker"), signal.SIGSTOP)

        start = time.monotonic()
        group.fetch(BOX, {"stamp": stamps[0], "email": "new.heron@example.com"})
        signed_up = time.monotonic()
        group.fetch(FORM, reply)
        replied = time.monotonic()
        os.kill(group.child("broker"), signal.SIGCONT)
        group.manage("shell", "-v0", "-c", "from newsletter import tasks; tasks.tick()")

        # Within a second; another one for a busy test machine.
        assert signed_up - start < 2 and replied - signed_up < 2
        assert within(20, lambda: mails_to(group, "new.heron@example.com"))
