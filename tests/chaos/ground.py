"""Where chaos happens: a database, a broker and a mail server of its own, and the rows to check."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import redis

from config import embedded
from tests import with_services
from tests.chaos.crew import started

SHORT = {"MAIL_LEASE_SECONDS": "3", "TICK_SECONDS": "1"}
DATABASES = ["sqlite", "postgresql"]


@contextlib.contextmanager
def services(database: str, folder: Path) -> Iterator[Broker]:
    """Sets the environment for this process and those that it starts; Django comes after."""
    for name in ("DATABASE_URL", "REDIS_URL", "SITE_URL", "SECRET_KEY"):
        os.environ.pop(name, None)
    os.environ |= {"DATA_DIR": str(folder / "var"), "DJANGO_SETTINGS_MODULE": "config.settings"}
    (folder / "var").mkdir(mode=0o700)
    if database == "sqlite":
        with _embedded(folder) as broker:
            yield broker
        return
    programs, server = with_services.find_postgres(), shutil.which("redis-server")
    if not programs or not server:
        sys.exit("This needs PostgreSQL and Redis: apt-get install postgresql redis-server")
    with (
        with_services.postgres(programs, folder) as database_url,
        with_services.redis_server(server, folder) as redis_url,
    ):
        os.environ |= {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
        yield Broker(redis_url)


class Broker:
    """A doorbell that may be emptied, or stop for a while."""

    def __init__(self, url: str):
        self.url = url

    def ask(self, command: str):
        with contextlib.closing(redis.Redis.from_url(self.url, socket_timeout=5)) as client:
            return client.execute_command(command)

    def flush(self) -> None:
        self.ask("FLUSHALL")

    def hang(self, seconds: float) -> None:
        """Deaf and dumb for so long; what it knew it still knows."""
        pid = self.ask("INFO")["process_id"]
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            os.kill(pid, signal.SIGCONT)


class Embedded(Broker):
    """The one that comes with us, which may also die."""

    def __init__(self, data_dir: Path):
        super().__init__(embedded.url(data_dir))
        self.data_dir = data_dir
        self.start()

    def start(self) -> None:
        log = embedded.log_file(self.data_dir)
        command = embedded.command(self.data_dir)
        self.process = started([*command], log)
        end = time.monotonic() + 30
        while not embedded.answers(embedded.socket_path(self.data_dir)):
            if time.monotonic() > end:
                sys.exit(f"The broker did not start. See {log}.")
            time.sleep(0.02)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def _embedded(folder: Path) -> Iterator[Broker]:
    broker = Embedded(folder / "var")
    try:
        yield broker
    finally:
        broker.kill()


def migrate() -> None:
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--noinput", "--verbosity=0"],
        cwd=with_services.__file__.rpartition("/tests/")[0],
        check=True,
    )
