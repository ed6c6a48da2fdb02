"""Redis down, hung or back again: pages go on, at most half a second slower, then not at all."""

import os
import signal
import socket
import subprocess
import threading
import time

import pytest
from celery import shared_task
from django.core.cache import caches
from django.test import Client

from config import broker, embedded
from config.celery import app

SOON = 1.0  # half a second, and as much again for a busy test machine


@shared_task(ignore_result=True)
def ring(pk):
    """Stands for any task of ours."""


@pytest.fixture(autouse=True)
def _closed_breaker():
    broker.breaker.reset()
    yield
    broker.breaker.reset()


@pytest.fixture
def closed_port():
    with socket.socket() as finder:
        finder.bind(("127.0.0.1", 0))
        return finder.getsockname()[1]


@pytest.fixture
def hung_port():
    """Accepts, and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield listener.getsockname()[1]


@pytest.fixture
def dropping_port():
    """Accepts and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer():
        while True:
            try:
                listener.accept()[0].close()
            except OSError:
                return

    threading.Thread(target=answer, daemon=True).start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.fixture(params=["closed_port", "hung_port", "dropping_port"])
def dead_broker(request, use_broker):
    port = request.getfixturevalue(request.param)
    return use_broker(f"redis://127.0.0.1:{port}/0")


@pytest.fixture
def use_broker(settings):
    """Points cache and doorbell there, as the settings would."""
    before = app.conf.broker_url

    def use(url):
        settings.CACHES = {
            "default": {
                "BACKEND": "config.broker.ForgivingCache",
                "LOCATION": url,
                "OPTIONS": {"socket_timeout": 0.25, "socket_connect_timeout": 0.25},
            }
        }
        settings.REDIS_URL = url
        app.conf.task_always_eager = False
        app.conf.broker_url = url.replace("unix:", "redis+socket:")
        app._pool = app.amqp._producer_pool = None
        return url

    yield use
    app.conf.broker_url = before
    app._pool = app.amqp._producer_pool = None


def seconds(act):
    start = time.monotonic()
    act()
    return time.monotonic() - start


def test_a_dead_broker_costs_one_request_a_moment_and_the_next_nothing(dead_broker):
    cache = caches["default"]

    def a_request():
        cache.count({"count": 60})
        ring.delay(1)
        ring.delay(2)

    assert seconds(a_request) < SOON
    assert seconds(a_request) < 0.2


def test_ringing_first_costs_no_more(dead_broker):
    def a_request():
        ring.delay(1)
        caches["default"].get("anything")

    assert seconds(a_request) < SOON
    assert broker.breaker.is_open


@pytest.mark.django_db(transaction=True)
def test_a_ring_after_commit_does_not_break_the_request_that_caused_it(dead_broker):
    assert seconds(lambda: ring.delay_on_commit(1)) < SOON


@pytest.mark.django_db
@pytest.mark.urls("tests.config.urls_for_tests")
def test_forms_are_taken_while_the_broker_is_dead(dead_broker):
    reader = Client(headers={"Sec-Fetch-Site": "same-origin"})

    answers = []
    assert seconds(lambda: answers.extend(reader.post("/t/gentle/") for _ in range(40))) < 2
    assert {"retry=None" in answer.content.decode() for answer in answers} == {True}


@pytest.mark.parametrize("hung_at", ["hung_port"])
def test_every_cache_verb_forgives(hung_at, request, use_broker):
    use_broker(f"redis://127.0.0.1:{request.getfixturevalue(hung_at)}/0")
    cache = caches["default"]

    assert cache.get("a", "missing") == "missing"
    assert cache.get_or_set("a", "made") == "made"
    assert cache.set("a", 1) is None
    assert cache.add("a", 1) is True
    assert cache.incr("a") == 1
    assert cache.count({"a": 60, "b": 9}) == [1, 1]
    assert "a" not in cache
    assert cache.get_many(["a"]) == {}
    assert cache.set_many({"a": 1}) == ["a"]
    assert cache.touch("a") is False
    assert cache.delete("a") is False
    assert cache.delete_many(["a"]) is None
    assert cache.clear() is False


def test_the_log_says_it_once_and_names_no_address(dead_broker, caplog):
    for _ in range(5):
        caches["default"].get("a")

    assert len(caplog.messages) == 1
    assert "127.0.0.1" not in caplog.text


def test_an_eager_task_runs_even_while_the_breaker_is_open():
    rung = []

    @shared_task(name="tests.rung", ignore_result=True)
    def note(pk):
        rung.append(pk)

    broker.breaker.trip(OSError())
    note.delay(7)

    assert rung == [7]


def test_what_hung_and_came_back_is_used_again(tmp_path, use_broker):
    server = subprocess.Popen(embedded.command(tmp_path))
    path = embedded.socket_path(tmp_path)
    try:
        while not embedded.answers(path):
            time.sleep(0.02)
        use_broker(embedded.url(tmp_path))
        cache = caches["default"]
        cache.set("a", 1)
        ring.delay(1)
        assert not broker.breaker.is_open

        os.kill(server.pid, signal.SIGSTOP)
        assert seconds(lambda: ring.delay(2)) < SOON
        assert broker.breaker.is_open
        os.kill(server.pid, signal.SIGCONT)
        broker.breaker.reset()

        ring.delay(3)
        assert cache.get("a") == 1
        assert not broker.breaker.is_open
    finally:
        os.kill(server.pid, signal.SIGCONT)
        server.kill()
        server.wait()
