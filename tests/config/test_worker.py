"""A real worker, as `serve` starts it: it takes tasks, and says that it lives."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config import embedded

ROOT = Path(__file__).parents[2]
QUESTION = (
    "from config import status; status.BEAT.last() or __import__('config.tasks').tasks.heartbeat"
    ".delay(); print(bool(status.WORKER.last()), bool(status.BEAT.last()))"
)


@pytest.fixture
def env(tmp_path):
    kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    return kept | {"DATA_DIR": str(tmp_path)}


@pytest.fixture
def running(tmp_path, env):
    """Broker and worker; stopped at the end."""
    broker = subprocess.Popen(embedded.command(tmp_path))
    while not embedded.answers(embedded.socket_path(tmp_path)):
        time.sleep(0.02)
    worker = subprocess.Popen(
        [
            *(sys.executable, "-W", "ignore", "-m", "celery", "--quiet", "-A", "config.celery:app"),
            *("worker", "--pool=threads", "--concurrency=2", "--loglevel=warning"),
            *("--without-mingle", "--without-gossip", "--without-heartbeat"),
        ],
        cwd=ROOT,
        env=env,
    )
    yield worker
    worker.terminate()
    worker.wait(20)
    broker.kill()
    broker.wait()


def test_a_worker_says_that_it_lives_and_answers_the_clock(running, env):
    end = time.monotonic() + 40
    said = ""
    while said != "True True" and time.monotonic() < end:
        result = subprocess.run(
            [sys.executable, "-W", "ignore", "manage.py", "shell", "-v0", "-c", QUESTION],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
        )
        said = result.stdout.strip()

    assert said == "True True", result.stderr
    assert running.poll() is None
