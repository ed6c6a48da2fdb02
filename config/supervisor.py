"""A small group of processes: started in order, kept alive, stopped in reverse."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

TETHER = Path(__file__).with_name("tether.py")
TICK = 0.05
PATIENCE = 10.0
STOP_WITHIN = 28.0  # systemd and Docker users expect an end within about 30 s
RESTART_FIRST, RESTART_MOST, LIVED_WELL = 1.0, 30.0, 60.0


class StartFailed(Exception):
    """A process of the group ended before it was of use."""


@dataclass
class Child:
    """One process; `once` means that it ends, well, before the next one starts."""

    name: str
    command: list[str]
    once: bool = False
    ready: Callable[[], bool] | None = None
    grace: float = 5.0
    hint: str = "Its own message is above."

    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    up: bool = field(default=False, init=False)
    since: str = field(default="", init=False)
    restarts: int = field(default=0, init=False)
    started_at: float = field(default=0, init=False)
    delay: float = field(default=RESTART_FIRST, init=False)

    def state(self) -> dict[str, object]:
        return {
            "pid": self.process.pid if self.process else None,
            "up": self.up,
            "since": self.since,
            "restarts": self.restarts,
        }


class Supervisor:
    """Single-threaded on purpose: the tether fires when the *thread* that started a child ends."""

    def __init__(
        self,
        children: list[Child],
        state_file: Path,
        *,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        on_up: Callable[[], object] = lambda: None,
    ) -> None:
        self.children = children
        self.state_file = state_file
        self.env = env
        self.cwd = cwd
        self.on_up = on_up
        self.running: list[Child] = []
        self.stop_requests = 0

    def run(self) -> None:
        """Returns when asked to stop; StartFailed after the rest has been stopped."""
        with self._signals():
            try:
                self._start_all()
                while not self.stop_requests:
                    self._wait(None if all(child.up for child in self.running) else TICK)
                    self._watch()
            finally:
                self._stop_all()
                self.state_file.unlink(missing_ok=True)

    def _start_all(self) -> None:
        for child in self.children:
            if self.stop_requests:
                return
            self._spawn(child)
            self._settle(child)
            if not child.once:
                self.running.append(child)
        if not self.stop_requests:
            self.on_up()

    def _settle(self, child: Child) -> None:
        """Wait until the next one may start: this one has ended (`once`), or is of use."""
        told = False
        while not self.stop_requests and not self._is_settled(child):
            self._wait(TICK)
            self._watch()
            if not told and time.monotonic() - child.started_at > PATIENCE:
                told = say(f"Still waiting for: {child.name}.")

    def _is_settled(self, child: Child) -> bool:
        assert child.process is not None  # noqa: S101
        code = child.process.poll()
        if code is None:
            self._look(child)
            return child.up and not child.once
        if child.once and code == 0:
            child.process = None
            return True
        raise StartFailed(
            f"Afterword could not start: {child.name} stopped ({_how(code)}). {child.hint}"
        )

    def _watch(self) -> None:
        for child in self.running:
            if child.process is None:
                if time.monotonic() >= child.started_at:
                    self._spawn(child)
            elif child.process.poll() is not None:
                self._bury(child)
            else:
                self._look(child)

    def _look(self, child: Child) -> None:
        if not child.up and child.ready and child.ready():
            self._mark(child, up=True)

    def _spawn(self, child: Child) -> None:
        child.process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), *child.command],
            env=self.env,
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # so that a Ctrl-C in the terminal reaches us alone
        )
        child.started_at = time.monotonic()
        self._mark(child, up=child.ready is None)

    def _bury(self, child: Child) -> None:
        """Note a death and when to try again; `started_at` then lies in the future."""
        assert child.process is not None  # noqa: S101
        if time.monotonic() - child.started_at >= LIVED_WELL:
            child.delay = RESTART_FIRST
        _kill_group(child.process)  # what it left behind may hold its port
        say(
            f"The {child.name} process stopped ({_how(child.process.returncode)}); "
            f"starting it again in {child.delay:.0f} s."
        )
        child.process = None
        child.restarts += 1
        child.started_at = time.monotonic() + child.delay
        child.delay = min(child.delay * 2, RESTART_MOST)
        self._mark(child, up=False)

    def _mark(self, child: Child, *, up: bool) -> None:
        child.up = up
        child.since = datetime.now(UTC).isoformat(timespec="seconds")
        states = {
            child.name: child.state() for child in self.children if child.since and not child.once
        }
        draft = self.state_file.with_suffix(".draft")
        with contextlib.suppress(OSError):  # a full disk must not stop what still works
            draft.write_text(json.dumps({"pid": os.getpid(), "children": states}, indent=1))
            draft.replace(self.state_file)

    def _stop_all(self) -> None:
        deadline = time.monotonic() + STOP_WITHIN
        for child in reversed(self.children):
            if child.process:
                self._stop(child, min(child.grace, max(deadline - time.monotonic(), 1)))

    def _stop(self, child: Child, grace: float) -> None:
        assert child.process is not None  # noqa: S101
        if child.process.poll() is None:
            child.process.terminate()
        give_up_at = time.monotonic() + grace
        while child.process.poll() is None and not self._hurry(give_up_at):
            self._wait(TICK)
        _kill_group(child.process)
        child.process.wait()
        child.process = None
        self._mark(child, up=False)

    def _hurry(self, give_up_at: float) -> bool:
        return self.stop_requests > 1 or time.monotonic() > give_up_at

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Every signal also wakes `_wait` through a socket, so that none is slept through."""
        self._wake, alarm = socket.socketpair()
        for end in (self._wake, alarm):
            end.setblocking(False)
        signal.set_wakeup_fd(alarm.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
                signal.signal(number, self._ask_to_stop)
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1)

    def _ask_to_stop(self, number: int, frame: object) -> None:
        self.stop_requests += 1

    def _wait(self, seconds: float | None) -> None:
        if select.select([self._wake], [], [], seconds)[0]:
            self._wake.recv(4096)


def say(sentence: str) -> bool:
    """The terminal may be gone before we are."""
    with contextlib.suppress(OSError):
        print(sentence, flush=True)
    return True


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
