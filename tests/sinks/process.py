"""A sink as a process of its own: what it took is in a file, orders come as lines of JSON.

{"trouble": {"step": "rcpt", "answer": "451 4.7.1 later", "times": 5}}, {"greylist": true},
{"behave": true}, {"hang_up": true}: one a line, on its standard input. It ends with who started it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.sinks.trouble import Line, read_ledger

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Started:
    """A sink that runs elsewhere."""

    port: int
    ledger: Path
    process: subprocess.Popen[str]
    _read: list[Line] = field(default_factory=list)
    _offset: int = 0

    @property
    def taken(self) -> list[Line]:
        """Everything so far; only what is new is read."""
        new, self._offset = read_ledger(self.ledger, self._offset)
        self._read += new
        return self._read

    @property
    def email_url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def mailgun_url(self) -> str:
        return mailgun_url(self.port)

    @property
    def resend_url(self) -> str:
        return resend_url(self.port)

    def trouble(self, step: str, **how) -> None:
        self._tell(trouble={"step": step, **how})

    def greylist(self) -> None:
        self._tell(greylist=True)

    def behave(self) -> None:
        self._tell(behave=True)

    def hang_up(self) -> None:
        self._tell(hang_up=True)

    def _tell(self, **order) -> None:
        """Answered when it is in force."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        self.process.stdout.readline()


def mailgun_url(port: int, key: str = "KEY", domain: str = "mg.example.org") -> str:
    """The EMAIL_URL that brings anymail's Mailgun backend to a provider on this machine."""
    return f"anymail+mailgun://{key}@{domain}?api_url=http://127.0.0.1:{port}/v3/"


def resend_url(port: int, key: str = "KEY", domain: str = "example.org") -> str:
    return f"anymail+resend://{key}@{domain}?api_url=http://127.0.0.1:{port}/"


@contextlib.contextmanager
def running(module: str, ledger: Path, port: int = 0) -> Iterator[Started]:
    """`with running("tests.sinks.smtp", folder / "ledger") as sink:`"""
    command = [sys.executable, "-m", module, "--port", str(port), "--ledger", str(ledger)]
    ledger.touch()
    sink = subprocess.Popen(
        command,
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # a Ctrl-C is for who started it, who may still want to read on
    )
    try:
        assert sink.stdout
        yield Started(int(sink.stdout.readline()), ledger, sink)
    finally:
        sink.kill()
        sink.communicate()


def parse(module: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(module)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ledger", help="append a line for each mail: time, recipient, Message-ID")
    return parser.parse_args()


def obey(sink) -> None:
    """Say the port, then do as told until the pipe closes (or, without one, until killed)."""
    print(sink.port, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        for line in sys.stdin:
            for order, how in json.loads(line).items():
                verb = getattr(sink, order)
                verb(**how) if isinstance(how, dict) else verb()
            print("done", flush=True)
        if not stat.S_ISFIFO(os.fstat(0).st_mode):
            signal.pause()
